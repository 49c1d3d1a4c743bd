//! What a Reconciler permits, and in which words it is told that it does not.

use crate::house::manifest;
use innkeeper_core::contract::{Manifest, Scope, Wish};
use innkeeper_core::permissions::{Permission, Permissions, Reach};

fn permission(group: &str, kinds: &[&str], reach: Reach, namespaces: &[&str]) -> Permission {
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    Permission { group: group.into(), kinds: owned(kinds), reach, namespaces: owned(namespaces) }
}

fn reading(read: Vec<Permission>) -> Permissions {
    Permissions { read, ..Permissions::default() }
}

#[test]
fn what_is_read_everywhere_leaves_out_kubernetes_own_namespaces_but_those_that_are_named() {
    let all = reading(vec![
        permission("", &["ConfigMap"], Reach::All, &["kube-public", "mine"]),
        permission("", &["ConfigMap"], Reach::Named, &["kube-system", "kube-public"]),
        permission("", &["ConfigMap"], Reach::Own, &["kube-own"]),
        permission("", &["Secret"], Reach::Named, &["kube-secret"]),
    ]);
    assert_eq!(all.may_read_everywhere("", "ConfigMap"), Ok(vec!["kube-public".into(), "kube-system".into()]));
    let denied = all.may_read_everywhere("", "Secret").unwrap_err();
    assert!(denied.contains("does not reach every namespace: Secret, which needs reach All"), "{denied}");
    assert!(all.may_read_some("", "Secret").is_ok());
    let denied = all.may_read_some("apps", "Deployment").unwrap_err();
    assert!(denied.ends_with("does not list Deployment.apps"), "{denied}");
}

#[test]
fn each_verb_asks_its_own_list_and_says_which_it_was() {
    let list = || vec![permission("apps", &["Deployment"], Reach::Own, &[])];
    type May = fn(&Permissions, Option<&str>) -> Result<(), String>;
    let may: [(&str, Permissions, May); 4] = [
        ("apply", Permissions { apply: list(), ..Permissions::default() }, |p, ns| {
            p.may_apply("apps", "Deployment", ns, Some("a"))
        }),
        ("contribute", Permissions { contribute: list(), ..Permissions::default() }, |p, ns| {
            p.may_contribute("apps", "Deployment", ns, Some("a"))
        }),
        ("read", reading(list()), |p, ns| p.may_read("apps", "Deployment", ns, Some("a"))),
        ("delete", Permissions { delete: list(), ..Permissions::default() }, |p, ns| {
            p.may_delete("apps", "Deployment", ns, Some("a"))
        }),
    ];
    for (verb, permissions, may) in may {
        assert_eq!(may(&permissions, Some("a")), Ok(()), "{verb}");
        let told = |ns| may(&permissions, ns).unwrap_err();
        let beyond = format!("spec.permissions.{verb} of the Reconciler does not reach there: Deployment.apps, ");
        assert_eq!(told(Some("b")), format!("{beyond}in namespace b"));
        assert_eq!(told(None), format!("{beyond}cluster-scoped"));
        let unlisted = may(&Permissions::default(), Some("a")).unwrap_err();
        let missing = format!("spec.permissions.{verb} of the Reconciler does not list that kind: Deployment.apps, ");
        assert_eq!(unlisted, format!("{missing}in its own namespace"));
    }
}

#[test]
fn a_kind_of_the_same_name_in_another_group_is_another_kind() {
    let all = reading(vec![permission("apps", &["Deployment", "DaemonSet"], Reach::All, &[])]);
    assert!(all.may_read("apps", "DaemonSet", Some("b"), Some("a")).is_ok());
    assert!(all.may_read("example.com", "Deployment", Some("b"), Some("a")).is_err());
    assert!(all.may_read("apps", "ReplicaSet", Some("b"), Some("a")).is_err());
}

#[test]
fn each_reach_ends_where_it_says() {
    let may = |reach, namespaces: &[&str], ns: Option<&str>, own: Option<&str>| {
        let all = reading(vec![permission("", &["ConfigMap"], reach, namespaces)]);
        all.may_read("", "ConfigMap", ns, own).is_ok()
    };
    let system = Some("kube-system");
    assert!(may(Reach::Own, &["kube-system"], system, system), "its own, and named");
    assert!(!may(Reach::Own, &["kube-system"], system, Some("a")), "named, but not its own");
    assert!(!may(Reach::Own, &["b"], Some("b"), Some("a")));
    assert!(may(Reach::Named, &["b"], Some("b"), Some("a")) && !may(Reach::Named, &["b"], Some("a"), Some("a")));
    assert!(may(Reach::All, &[], Some("b"), Some("a")) && may(Reach::All, &["kube-system"], system, Some("a")));
    assert!(!may(Reach::All, &[], None, Some("a")));
    assert!(may(Reach::Cluster, &[], None, Some("a")) && !may(Reach::Cluster, &[], Some("a"), Some("a")));
}

#[test]
fn a_module_from_a_folder_gets_what_it_asks_for_in_its_own_namespace_and_no_power_over_the_cluster() {
    let wish = |group: &str, scope| Wish { group: group.into(), kinds: vec!["Thing".into()], scope };
    let asked = vec![
        wish("example.com", Scope::All),
        wish("nodes.example.com", Scope::Cluster),
        wish("rbac.authorization.k8s.io", Scope::Own),
        wish("admissionregistration.k8s.io", Scope::Own),
        wish("apiextensions.k8s.io", Scope::Own),
        wish("innkeeper.dev", Scope::Own),
    ];
    let manifest = Manifest {
        applies: asked.clone(),
        contributes: asked.clone(),
        reads: asked.clone(),
        deletes: asked,
        ..manifest(false)
    };
    let granted = vec![permission("example.com", &["Thing"], Reach::Own, &[])];
    let Permissions { apply, contribute, read, delete } = Permissions::first(&manifest);
    assert_eq!([apply, contribute, read, delete], [granted.clone(), granted.clone(), granted.clone(), granted]);
}
