//! W02: a child changed or deleted by anyone leads to a call for its object.

use innkeeper_suites::{House, uid};
use serde_json::{Value, json};

use crate::bench::{bench_with, cluster_role, config_map, wait_until_ready, widen, within};

/// A house with a Workbench whose only child is this one.
fn house_with(child: &dyn Fn(&House) -> Value) -> House {
    let house = House::shared();
    widen(&house, "workbench");
    house.apply(&bench_with("one", &[child(&house)]));
    wait_until_ready(&house, "one");
    house
}

/// The live child of a manifest; none if it is not there.
fn live(house: &House, child: &Value) -> Option<Value> {
    let (kind, meta) = (child["kind"].as_str().unwrap(), &child["metadata"]);
    house.find_in(meta["namespace"].as_str().unwrap_or(house.namespace()), kind, meta["name"].as_str().unwrap())
}

/// Whether every stated field of the manifest is so.
fn is_as_asked(child: &Value, live: &Value) -> bool {
    ["data", "rules"].iter().all(|field| child[*field] == live[*field])
}

/// Anyone changes the child, then deletes it; both times it is put right.
fn it_is_put_right(house: &House, child: &Value, foreign: &Value) {
    let before = uid(&live(house, child).expect("the child is there"));
    let (kind, meta) = (child["kind"].as_str().unwrap(), &child["metadata"]);
    let name = meta["name"].as_str().unwrap();
    let namespace = meta["namespace"].as_str().unwrap_or(house.namespace());
    let place = ["--namespace", namespace];
    house.kubectl(&[&place[..], &["patch", kind, name, "--type=merge", "--patch", &foreign.to_string()]].concat());
    house.eventually("what was changed is put back in place", || match live(house, child) {
        Some(now) if is_as_asked(child, &now) && uid(&now) == before => Ok(()),
        other => Err(format!("{other:?}")),
    });
    house.kubectl(&[&place[..], &["delete", kind, name, "--wait=false"]].concat());
    house.eventually("what was deleted is there again", || {
        live(house, child).is_some_and(|now| uid(&now) != before && is_as_asked(child, &now))
    });
    wait_until_ready(house, "one");
}

#[test]
fn w02_a_child_changed_or_deleted_by_anyone_is_put_right() {
    let house = house_with(&|_| config_map("paper", "mine"));
    it_is_put_right(&house, &config_map("paper", "mine"), &json!({"data": {"text": "theirs"}}));
}

#[test]
fn w02_a_child_taken_over_by_another_field_manager_is_put_right() {
    let house = house_with(&|_| config_map("paper", "mine"));
    let theirs = config_map("paper", "theirs").to_string();
    let apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=somebody", "-f", "-"];
    house.kubectl_with(&apply, &theirs);
    house.eventually("it says again what its object wants", || {
        house.get("ConfigMap", "paper")["data"] == json!({"text": "mine"})
    });
}

#[test]
fn w02_a_child_whose_label_was_taken_off_is_put_right() {
    let house = house_with(&|_| config_map("paper", "mine"));
    let label = house.get("ConfigMap", "paper")["metadata"]["labels"].clone();
    house.kubectl(&["label", "configmap", "paper", "innkeeper.dev/object-uid-"]);
    house.eventually("the label is there again", || house.get("ConfigMap", "paper")["metadata"]["labels"] == label);
}

#[test]
fn w02_a_cluster_scoped_child_changed_or_deleted_by_anyone_is_put_right() {
    let role = |house: &House| cluster_role(&format!("{}-role", house.namespace()));
    let house = house_with(&role);
    let foreign = json!({"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}]});
    it_is_put_right(&house, &role(&house), &foreign);
}

#[test]
fn w02_a_child_in_another_namespace_changed_or_deleted_by_anyone_is_put_right() {
    let house = House::shared();
    widen(&house, "workbench");
    let child = within(config_map("paper", "mine"), &house.another_namespace());
    house.apply(&bench_with("one", std::slice::from_ref(&child)));
    wait_until_ready(&house, "one");
    it_is_put_right(&house, &child, &json!({"data": {"text": "theirs"}}));
}
