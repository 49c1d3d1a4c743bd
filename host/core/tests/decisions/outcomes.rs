//! What an outcome may say. One word that it may not say refuses all of it, before anything is written.

use std::sync::Arc;

use crate::house::{config_map, inn, manifest};
use innkeeper_core::binding::{Binding, Module, StatusSupport};
use innkeeper_core::contract::{Child, Condition, ConditionStatus, Contribution, Limits, Outcome, Policy, Removal};
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::object::Object;
use innkeeper_core::permissions::{Permission, Permissions, Reach};
use innkeeper_core::reconciler::OnDelete;
use innkeeper_core::resource::Resource;
use innkeeper_core::wanted::{self, Contributed, Wanted};
use serde_json::{Value, json};

/// An Inn `x` in namespace `a`, or in none.
fn object(namespace: Option<&str>) -> Object {
    let mut value = inn("x", json!({}));
    value["metadata"]["uid"] = "own".into();
    value["metadata"]["namespace"] = namespace.into();
    Object::parse(&value.to_string(), None).expect("an object")
}

/// It may have these kinds as children anywhere, and give to ConfigMaps and Inns in its own namespace.
pub(crate) fn binding() -> Binding {
    let permit = |group: &str, kinds: &[&str], reach| Permission {
        group: group.into(),
        kinds: kinds.iter().map(|k| (*k).to_owned()).collect(),
        reach,
        namespaces: vec![],
    };
    let permissions = Permissions {
        apply: vec![
            permit("", &["ConfigMap", "Service"], Reach::All),
            permit("", &["Namespace"], Reach::Cluster),
            permit("rbac.authorization.k8s.io", &["Role"], Reach::All),
            permit("example.com", &["Inn"], Reach::All),
        ],
        contribute: vec![permit("", &["ConfigMap"], Reach::Own), permit("example.com", &["Inn", "Tower"], Reach::Own)],
        delete: vec![permit("", &["Secret"], Reach::Own)],
        read: vec![],
    };
    Binding {
        resource: resource(&Kind::new("example.com", "v1", "Inn")).expect("it is served"),
        manager: "innkeeper.Inn.example.com".into(),
        reconciler: "inn".into(),
        module: Some(Module { digest: "sha256:0".into(), manifest: Arc::new(manifest(false)) }),
        permissions,
        limits: Limits::default(),
        config: "{}".into(),
        on_delete: OnDelete::default(),
        leaving: false,
        status: StatusSupport::default(),
    }
}

/// All kinds are served but Dragons.
fn resource(kind: &Kind) -> Option<Arc<Resource>> {
    let namespaced = !matches!(kind.kind.as_str(), "Namespace" | "Node");
    let resource = Resource { kind: kind.clone(), plural: format!("{}s", kind.kind.to_lowercase()), namespaced };
    (kind.kind != "Dragon").then(|| Arc::new(resource))
}

fn checked_in(namespace: Option<&str>, outcome: &Outcome) -> Result<Vec<Wanted>, String> {
    wanted::kinds(outcome).map_err(|e| e.to_string())?;
    wanted::check(outcome, &object(namespace), &binding(), &resource).map_err(|e| e.to_string())
}

fn contributions(outcome: &Outcome) -> Result<Vec<Contributed>, String> {
    let children = checked_in(Some("a"), outcome)?;
    wanted::contributions(outcome, &object(Some("a")), &binding(), &resource, &children).map_err(|e| e.to_string())
}

fn told(outcome: &Outcome) -> String {
    contributions(outcome).err().unwrap_or_else(|| "it may say so".into())
}

fn child(manifest: &Value) -> Child {
    Child { manifest: manifest.to_string(), ..config_map("", "") }
}

fn of_kind(api_version: &str, kind: &str, metadata: &Value) -> Child {
    child(&json!({"apiVersion": api_version, "kind": kind, "metadata": metadata}))
}

fn map(metadata: &Value) -> Child {
    of_kind("v1", "ConfigMap", metadata)
}

fn of(child: Child) -> Outcome {
    Outcome { children: vec![child], ..Outcome::default() }
}

/// Each of these is refused with these words.
fn refused(all: Vec<(Outcome, &str)>) {
    for (outcome, words) in all {
        let told = told(&outcome);
        assert!(told.contains(words), "{told} should say {words}: {outcome:?}");
    }
}

#[test]
fn a_manifest_that_is_none_is_refused() {
    let kinds = wanted::kinds(&of(of_kind("v1", "", &json!({"name": "m"}))));
    assert!(kinds.is_err(), "nobody is asked where it is served");
    let text = |manifest: &str| of(Child { manifest: manifest.into(), ..config_map("", "") });
    refused(vec![
        (text("{"), "child 0: the manifest is not JSON"),
        (text("[]"), "the manifest is not a JSON object"),
        (of(of_kind("", "ConfigMap", &json!({"name": "m"}))), "lacks apiVersion or kind"),
        (of(of_kind("v1", "", &json!({"name": "m"}))), "lacks apiVersion or kind"),
        (of(of_kind("v1", "Dragon", &json!({"name": "m"}))), "serves no kind v1 Dragon"),
        (of(map(&Value::Null)), "without metadata"),
        (of(map(&json!({"name": ""}))), "without metadata.name"),
        (of(map(&json!({"name": "m", "uid": "u"}))), "metadata.uid is not a guest's to set"),
        (
            of(map(&json!({"name": "m", "labels": {"innkeeper.dev/wave": "1"}}))),
            "metadata.labels.innkeeper.dev/wave is the host's",
        ),
        (
            of(map(&json!({"name": "m", "annotations": {"innkeeper.dev/x": "1"}}))),
            "metadata.annotations.innkeeper.dev/x is the host's",
        ),
        (of(Child { exclusive: vec!["[".into()], ..config_map("m", "") }), "exclusive: "),
        (of(Child { release: vec!["[".into()], ..config_map("m", "") }), "release: "),
    ]);
}

#[test]
fn a_child_is_where_its_kind_and_its_object_let_it_be() {
    let named = |kind: &str, namespace: &str| of(of_kind("v1", kind, &json!({"name": "m", "namespace": namespace})));
    refused(vec![
        (named("Namespace", "a"), "the kind is cluster-scoped, but a namespace is stated"),
        (named("ConfigMap", "A"), "\"A\" is not a legal namespace"),
        (named("ConfigMap", "kube-system"), "not permitted"),
        (named("Secret", "a"), "not permitted"),
    ]);
    let alone = checked_in(None, &of(map(&json!({"name": "m"}))));
    assert!(alone.is_err_and(|e| e.contains("a cluster-scoped object's child must name its namespace")));
    let at = |namespace, outcome: &Outcome| {
        let all = checked_in(namespace, outcome).unwrap_or_else(|e| panic!("{e}"));
        let owned = all[0].manifest["metadata"]["ownerReferences"][0]["uid"] == "own";
        (all[0].at.namespace.clone(), all[0].manifest["metadata"]["namespace"].clone(), owned)
    };
    assert_eq!(at(Some("a"), &of(config_map("m", ""))), (Some("a".into()), json!("a"), true), "its object's");
    assert_eq!(
        at(Some("a"), &named("ConfigMap", "b")),
        (Some("b".into()), json!("b"), false),
        "no owner reaches there"
    );
    assert_eq!(at(None, &named("ConfigMap", "b")), (Some("b".into()), json!("b"), true));
    let cluster = of(of_kind("v1", "Namespace", &json!({"name": "m", "namespace": null})));
    assert_eq!(at(Some("a"), &cluster), (None, Value::Null, false));
}

#[test]
fn each_kind_has_names_of_its_own() {
    let rbac = "rbac.authorization.k8s.io/v1";
    for (version, kind, good, bad) in [
        ("v1", "ConfigMap", vec!["a.b", "1a"], vec!["A", "a_b", "a..b"]),
        ("v1", "Service", vec!["web-1"], vec!["1web", "a.b"]),
        ("v1", "Namespace", vec!["1a"], vec!["a.b", "A"]),
        (rbac, "Role", vec!["system:door", "A b"], vec!["a/b", "a%b", ".", ".."]),
    ] {
        let told = |name: &&str| told(&of(of_kind(version, kind, &json!({ "name": name }))));
        assert!(
            good.iter().all(|name| told(name) == "it may say so"),
            "{kind}: {:?}",
            good.iter().map(told).collect::<Vec<_>>()
        );
        assert!(
            bad.iter().all(|name| told(name).contains("not a legal name for that kind")),
            "{kind}: {:?}",
            bad.iter().map(told).collect::<Vec<_>>()
        );
    }
}

#[test]
fn no_child_is_the_object_itself_and_none_is_asked_for_twice() {
    let inn =
        |name: &str, namespace: &str| of_kind("example.com/v1", "Inn", &json!({"name": name, "namespace": namespace}));
    let with = |children: Vec<Child>| Outcome { children, ..Outcome::default() };
    refused(vec![
        (of(inn("x", "a")), "child 0: Inn a/x is the object itself"),
        (with(vec![config_map("m", "1"), config_map("m", "2")]), "child 1: ConfigMap a/m is asked for twice"),
    ]);
    for fine in [
        vec![inn("y", "a"), inn("x", "b"), config_map("x", "1")],
        vec![
            config_map("m", "1"),
            map(&json!({"name": "m", "namespace": "b"})),
            of_kind("v1", "Service", &json!({"name": "m"})),
        ],
    ] {
        assert_eq!(told(&with(fine)), "it may say so");
    }
}

#[test]
fn children_are_told_in_the_order_of_their_waves() {
    let in_wave = |name, wave| Child { wave, ..config_map(name, "1") };
    let outcome = Outcome { children: vec![in_wave("a", 1), in_wave("c", 0), in_wave("b", 0)], ..Outcome::default() };
    let all = checked_in(Some("a"), &outcome).unwrap();
    let order: Vec<(&str, i32)> = all.iter().map(|w| (w.at.name.as_str(), w.wave)).collect();
    assert_eq!(order, [("b", 0), ("c", 0), ("a", 1)]);
    assert_eq!(all[2].manifest["metadata"]["annotations"]["innkeeper.dev/wave"], "1");
}

fn removal(kind: &str, namespace: Option<&str>, uid: &str) -> Removal {
    let key = Key::new(Kind::new("", "v1", kind), namespace.map(str::to_owned), "m".into());
    Removal { key, uid: uid.into(), before_wave: None }
}

#[test]
fn what_is_removed_is_named_by_its_uid_and_permitted() {
    let remove = |kind, namespace, uid| Outcome { remove: vec![removal(kind, namespace, uid)], ..Outcome::default() };
    refused(vec![
        (remove("Dragon", None, "u"), "this cluster serves no kind"),
        (remove("ConfigMap", None, ""), "it must name the uid of another object"),
        (remove("ConfigMap", None, "own"), "it must name the uid of another object"),
        (remove("Secret", Some("b"), "u"), "not permitted"),
        (remove("Pod", None, "u"), "not permitted"),
    ]);
    for fine in [remove("ConfigMap", Some("b"), "u"), remove("Secret", None, "u"), remove("Namespace", Some("b"), "u")]
    {
        assert_eq!(told(&fine), "it may say so", "{fine:?}");
        assert_eq!(wanted::kinds(&fine).unwrap().into_iter().next(), Some(fine.remove[0].key.kind.clone()));
    }
}

#[test]
fn what_is_made_anew_is_a_child_that_may_be() {
    let replace = |policy, one: Removal| Outcome {
        children: vec![
            Child { policy, ..config_map("m", "1") },
            Child { policy, ..map(&json!({"name": "m", "namespace": "b"})) },
        ],
        replace: vec![one],
        ..Outcome::default()
    };
    let child = || removal("ConfigMap", None, "u");
    let other =
        Removal { key: Key::new(child().key.kind.clone(), child().key.namespace.clone(), "n".into()), ..child() };
    refused(vec![
        (replace(Policy::Apply, removal("ConfigMap", None, "")), "it must name the uid of the child"),
        (replace(Policy::Apply, other), "the child must be asked for too"),
        (replace(Policy::Apply, removal("Service", None, "u")), "the child must be asked for too"),
        (replace(Policy::Apply, removal("ConfigMap", Some("c"), "u")), "the child must be asked for too"),
        (replace(Policy::Keep, child()), "it is to be kept as it is"),
    ]);
    let anew = |one| {
        let all = checked_in(Some("a"), &replace(Policy::Apply, one)).unwrap_or_else(|e| panic!("{e}"));
        all.into_iter().filter(|w| w.replace.contains("u")).map(|w| w.at.namespace.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(anew(child()), ["a"], "in its object's namespace where it names none");
    assert_eq!(anew(removal("ConfigMap", Some("b"), "u")), ["b"]);
}

#[test]
fn a_status_is_an_object_and_its_conditions_are_the_guests_own() {
    let status = |text: &str| Outcome { status: Some(text.into()), ..Outcome::default() };
    let condition = |kind: &str, reason: &str| Condition {
        kind: kind.into(),
        status: ConditionStatus::True,
        reason: reason.into(),
        message: String::new(),
    };
    let conditions = |all: Vec<Condition>| Outcome { conditions: all, ..Outcome::default() };
    refused(vec![
        (status("{"), "the status is not JSON"),
        (status("7"), "the status is not a JSON object"),
        (conditions(vec![condition("Ready", "x")]), "the condition Ready is the host's"),
        (conditions(vec![condition("", "x")]), "lacks a type or a reason, or is stated twice"),
        (conditions(vec![condition("Lit", "")]), "lacks a type or a reason, or is stated twice"),
        (
            conditions(vec![condition("Lit", "a"), condition("Lit", "b")]),
            "lacks a type or a reason, or is stated twice",
        ),
    ]);
    assert_eq!(told(&status("{}")), "it may say so");
    assert_eq!(told(&conditions(vec![condition("Lit", "a"), condition("Warm", "a")])), "it may say so");
}

#[test]
fn labels_and_annotations_of_the_object_are_stated_once_and_are_not_the_hosts() {
    let pairs = |keys: &[&str]| keys.iter().map(|k| ((*k).to_owned(), "1".to_owned())).collect::<Vec<_>>();
    let labels = |keys: &[&str]| Outcome { labels: pairs(keys), ..Outcome::default() };
    let annotations = |keys: &[&str]| Outcome { annotations: pairs(keys), ..Outcome::default() };
    refused(vec![
        (
            labels(&["innkeeper.dev/object-uid"]),
            "the label innkeeper.dev/object-uid of the object itself is the host's",
        ),
        (
            annotations(&["innkeeper.dev/paused"]),
            "the annotation innkeeper.dev/paused of the object itself is the host's",
        ),
        (labels(&[""]), "is empty, or is stated twice"),
        (annotations(&["a", "a"]), "is empty, or is stated twice"),
    ]);
    assert_eq!(told(&Outcome { annotations: pairs(&["a", "b"]), ..labels(&["a", "b"]) }), "it may say so");
}

fn gift(kind: &str, name: &str) -> Contribution {
    let group = if kind == "ConfigMap" || kind == "Dragon" { "v1" } else { "example.com/v1" };
    let manifest = json!({"apiVersion": group, "kind": kind, "metadata": {"name": name}, "data": {"x": "1", "y": "2"}});
    Contribution { manifest: manifest.to_string(), take: vec![] }
}

#[test]
fn a_contribution_is_to_a_third_object_and_to_each_once() {
    let gives = |contributions| Outcome { contributions, children: vec![config_map("m", "1")], ..Outcome::default() };
    let taking = |path: &str| Contribution { take: vec![path.into()], ..gift("ConfigMap", "n") };
    refused(vec![
        (gives(vec![gift("Dragon", "n")]), "contribution 0: this cluster serves no kind v1 Dragon"),
        (gives(vec![gift("Castle", "n")]), "contribution 0: not permitted"),
        (gives(vec![gift("Inn", "x")]), "contribution 0: Inn a/x is the object itself"),
        (gives(vec![gift("ConfigMap", "m")]), "contribution 0: ConfigMap a/m is a child"),
        (
            gives(vec![gift("ConfigMap", "n"), gift("ConfigMap", "n")]),
            "contribution 1: ConfigMap a/n is contributed to twice",
        ),
        (gives(vec![taking("[")]), "contribution 0: take: "),
        (gives(vec![Contribution { manifest: "{}".into(), take: vec![] }]), "contribution 0: the manifest lacks"),
    ]);
    let fine = gives(vec![gift("Tower", "x"), gift("Inn", "y"), taking("data.x"), gift("Tower", "m")]);
    let all = contributions(&fine).unwrap_or_else(|e| panic!("{e}"));
    let keys: Vec<String> = all.iter().map(|one| one.at.to_string()).collect();
    assert_eq!(keys, ["ConfigMap a/n", "Inn a/y", "Tower a/m", "Tower a/x"], "always in the same order");
    assert_eq!(all[0].without_taken()["data"], json!({"y": "2"}));
    assert_eq!(all[0].manifest["metadata"]["annotations"]["own.innkeeper.dev/contributed"], all[0].digest.as_str());
    let kinds: Vec<String> = wanted::kinds(&fine).unwrap().into_iter().map(|kind| kind.kind.to_string()).collect();
    assert_eq!(kinds, ["ConfigMap", "Inn", "Tower"]);
}
