//! D03: while children cannot be seen, their finalizer stays, and the object says which kind.

use innkeeper_suites::House;
use serde_json::json;

use crate::bench::{Bench, CHILDREN, alone, child_with, config_map, permit_everywhere};

/// What the host may do where it may do everything but with ConfigMaps.
fn role(house: &House, config_maps: bool) -> String {
    let all =
        |groups: &[&str], resources: &[&str]| json!({"apiGroups": groups, "resources": resources, "verbs": ["*"]});
    let mut rules = vec![
        all(&["test.innkeeper.dev", "innkeeper.dev", "apiextensions.k8s.io", "events.k8s.io"], &["*"]),
        all(&["apps", "batch", "rbac.authorization.k8s.io"], &["*"]),
        all(&[""], &["events", "secrets", "services", "serviceaccounts", "namespaces"]),
    ];
    if config_maps {
        rules.push(all(&[""], &["configmaps"]));
    }
    let name = house.namespace();
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "restricted"}]},
    ]})
    .to_string()
}

#[test]
fn d03_a_finalizer_stays_while_children_cannot_be_seen() {
    let house = alone(&["workbench"]);
    let restricted = house.another_host_user("restricted");
    house.apply(&role(&house, true));
    let folder = house.modules().path().to_owned();
    house.begin_host_on(&folder, &restricted).wait_until_ready();
    permit_everywhere(&house, "workbench");
    let elsewhere = house.another_namespace();
    let bench = Bench { house: &house, kind: "Workbench", name: "blind" };
    bench.apply_ready(&json!({"children": [child_with("blind", 0, &json!({"namespace": elsewhere}))]}));

    // The right is taken away while the host runs: the deletion is refused, which is told.
    house.apply(&role(&house, false));
    bench.delete();
    bench.says("Stalled", "DeletionStuck", &[&format!("ConfigMap {elsewhere}/blind"), "forbidden"]);
    bench.is_told("DeletionStuck", &["forbidden"]);

    // A host that has never seen them: there may be any.
    house.begin_host_on(&folder, &restricted);
    bench.says("Stalled", "DeletionStuck", &["children that cannot be seen", "ConfigMap", "forbidden"]);
    assert_eq!(bench.finalizers(), [CHILDREN]);
    assert!(config_map(&house, &elsewhere, "blind").is_some());

    house.apply(&role(&house, true));
    bench.is_gone();
    assert!(config_map(&house, &elsewhere, "blind").is_none());
}
