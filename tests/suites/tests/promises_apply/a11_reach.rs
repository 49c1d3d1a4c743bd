//! A11: children outside the object's namespace, and cluster-scoped ones, need a permission in the Reconciler.

use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::bench::{Bench, KIND, config_map, stalled};

fn role(name: &str) -> Value {
    let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]);
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
}

fn elsewhere(mut child: Value, namespace: &str) -> Value {
    child["metadata"]["namespace"] = namespace.into();
    child
}

/// Says what may be applied.
fn permits(house: &House, list: &Value) {
    let patch = json!({"spec": {"permissions": {"apply": list}}}).to_string();
    house.patch("reconciler", "workbench", &patch);
}

/// Refused without the permission, with nothing written; done with it, by itself; refused again without, and what
/// is there stays.
fn needs(house: &House, far: &Value, permission: &Value, there: impl Fn() -> bool, words: &[&str]) {
    let own = house.get("Reconciler", "workbench")["spec"]["permissions"]["apply"].clone();
    Bench::new("one").child(config_map("near", "mine")).child(far.clone()).apply(house);
    stalled(house, "one", "OutcomeRefused", &[&["spec.permissions.apply of the Reconciler"], words].concat());
    assert!(!there() && house.find("ConfigMap", "near").is_none(), "nothing is written");

    let mut more = own.clone();
    more.as_array_mut().unwrap().push(permission.clone());
    permits(house, &more);
    house.wait_for_condition(KIND, "one", "Ready", "True");
    assert!(there());

    permits(house, &own);
    stalled(house, "one", "OutcomeRefused", words);
    assert!(there() && house.find("ConfigMap", "near").is_some(), "what is there stays as it is");
    permits(house, &more);
    house.wait_for_condition(KIND, "one", "Ready", "True");
    house.delete("workbench", "one");
    house.eventually("it goes with its object", || !there());
    permits(house, &own);
}

#[test]
fn a11_a_child_in_another_namespace_needs_a_permission_that_reaches_there() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    let other = house.another_namespace();
    let there = || house.find_in(&other, "ConfigMap", "far").is_some();
    let words = [other.as_str(), "ConfigMap", "does not reach there"];
    let far = elsewhere(config_map("far", "mine"), &other);
    let named = json!({"group": "", "kinds": ["ConfigMap"], "reach": "Named", "namespaces": [other]});
    needs(&house, &far, &named, there, &words);
    let all = json!({"group": "", "kinds": ["ConfigMap"], "reach": "All"});
    needs(&house, &far, &all, there, &words);
}

#[test]
fn a11_a_cluster_scoped_child_needs_a_permission_for_cluster_scoped_kinds() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    let name = house.namespace().to_owned();
    let there = || house.find("ClusterRole", &name).is_some();
    // A permission of another reach is none.
    let list = house.get("Reconciler", "workbench")["spec"]["permissions"]["apply"].clone();
    let mut list = list.as_array().cloned().unwrap();
    list.push(json!({"group": "rbac.authorization.k8s.io", "kinds": ["ClusterRole"], "reach": "All"}));
    permits(&house, &json!(list));
    let cluster = json!({"group": "rbac.authorization.k8s.io", "kinds": ["ClusterRole"], "reach": "Cluster"});
    needs(&house, &role(&name), &cluster, there, &["ClusterRole", "cluster-scoped"]);
}

#[test]
fn a11_namespaces_of_kubernetes_itself_must_be_named() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    let name = house.namespace().to_owned();
    permits(&house, &json!([{"group": "", "kinds": ["ConfigMap"], "reach": "All"}]));
    Bench::new("one").child(elsewhere(config_map(&name, "mine"), "kube-system")).apply(&house);
    stalled(&house, "one", "OutcomeRefused", &["kube-system", "does not reach there"]);
    permits(&house, &json!([{"group": "", "kinds": ["ConfigMap"], "reach": "Named", "namespaces": ["kube-system"]}]));
    house.wait_for_condition(KIND, "one", "Ready", "True");
    assert!(house.find_in("kube-system", "ConfigMap", &name).is_some());
}
