//! Objects that are there already under a child's name: whose they are, and which a guest may adopt.

use crate::house::House;
use crate::house::script::{liberal, say, says};
use serde_json::{Value, json};

fn there(metadata: Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"theirs": "1"}});
    object["metadata"]["name"] = json!("one");
    object["metadata"]["namespace"] = json!("a");
    object
}

/// A house in which that is there, and an object that wants it as a child.
fn wanted(there: Value, adopt: &str) -> House {
    let mut house = liberal();
    house.put(there);
    say(&mut house, json!({"children": [{"name": "one", "adopt": adopt, "data": {"ours": "1"}}]}));
    house
}

fn is_adopted(house: &House) -> bool {
    let one = house.api.get("ConfigMap", Some("a"), "one").unwrap();
    one["data"]["ours"] == "1" && one["metadata"]["labels"]["innkeeper.dev/object-uid"].is_string()
}

fn owner(controller: Option<bool>) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Tower", "name": "t", "uid": "other", "controller": controller})
}

#[test]
fn what_nobody_controls_may_be_adopted_and_what_somebody_controls_may_not() {
    for (metadata, may) in [
        (json!({}), true),
        (json!({"ownerReferences": [owner(None)]}), true),
        (json!({"ownerReferences": [owner(Some(false))]}), true),
        (json!({"ownerReferences": [owner(Some(true))]}), false),
        (json!({"labels": {"innkeeper.dev/object-uid": "other"}}), false),
        (json!({"annotations": {"innkeeper.dev/object": "Tower.example.com/a/t"}}), false),
    ] {
        let house = wanted(there(metadata.clone()), "unowned");
        assert_eq!(is_adopted(&house), may, "{metadata}");
        assert!(!is_adopted(&wanted(there(metadata.clone()), "never")), "{metadata}");
        assert!(!is_adopted(&wanted(there(metadata.clone()), "earlier")), "{metadata}");
    }
}

#[test]
fn what_is_in_the_way_is_told_with_whose_it_is() {
    let entry = |manager: &str| json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {}}});
    let status = json!({"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "subresource": "status"});
    for (metadata, whose) in [
        (json!({}), "of unknown origin"),
        // Who works on it does not own it, and comes later: what is told would change by itself.
        (json!({"managedFields": [entry("kubectl"), status]}), "written by kubectl"),
        (json!({"managedFields": [status]}), "of unknown origin"),
        (json!({"managedFields": [entry("kubectl"), entry("kubectl")]}), "written by kubectl"),
        (json!({"managedFields": [entry("kubectl"), entry("innkeeper.Inn.example.com")]}), "written by kubectl"),
        (json!({"managedFields": [entry("kubectl"), entry("helm")]}), "written by kubectl, helm"),
        (json!({"ownerReferences": [owner(None)]}), "of unknown origin"),
        (json!({"ownerReferences": [owner(Some(true))]}), "controlled by Tower t"),
        (json!({"annotations": {"innkeeper.dev/object": "Tower.example.com/a/t"}}), "a child of Tower.example.com/a/t"),
    ] {
        let house = wanted(there(metadata.clone()), "never");
        let (reason, message) = says(&house, "Stalled");
        let words = format!(
            "ConfigMap a/one: ConfigMap a/one exists and is {whose}: it is not this object's child. \
             Delete or rename it, or let the guest adopt it"
        );
        assert_eq!((reason.as_str(), message), ("Conflict", words), "{metadata}");
    }
}

/// A child whose object was deleted and made again before it could go.
fn left_behind(adopt: &str) -> House {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "one", "data": {"ours": "1"}}]}));
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    child["metadata"]["labels"]["innkeeper.dev/object-uid"] = json!("an-earlier-one");
    child["metadata"]["ownerReferences"][0]["uid"] = json!("an-earlier-one");
    house.put(child);
    say(&mut house, json!({"children": [{"name": "one", "adopt": adopt, "data": {"ours": "2"}}]}));
    house
}

#[test]
fn what_an_earlier_object_of_the_name_left_is_waited_for_or_adopted() {
    let house = left_behind("never");
    let (_, message) = says(&house, "Stalled");
    assert!(
        message.contains("ConfigMap a/one is left from an earlier object of this name; waiting until it is gone"),
        "{message}"
    );
    let house = left_behind("earlier");
    assert_eq!(house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"]["ours"], "2");
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
}

#[test]
fn a_name_that_is_being_freed_is_looked_at_once_a_second() {
    let mut going = there(json!({"finalizers": ["example.com/slow"], "deletionTimestamp": "2026-01-01T00:00:00Z"}));
    let mut house = wanted(going.clone(), "never");
    let (reason, message) = says(&house, "Reconciling");
    assert_eq!(reason, "ChildrenNotReady");
    assert!(message.contains("ConfigMap a/one is being deleted; waiting for its name"), "{message}");
    let looks = |house: &mut House| house.requests().iter().filter(|r| r.contains("ConfigMap")).count();
    looks(&mut house);
    house.pass(900);
    assert_eq!(looks(&mut house), 0);
    house.pass(200);
    assert_eq!(looks(&mut house), 1);
    going["metadata"]["finalizers"] = json!([]);
    house.put(going);
    house.pass(2_000);
    assert!(is_adopted(&house), "it is made");
}

#[test]
fn an_object_that_only_names_us_is_not_one_that_an_earlier_object_left() {
    let names_us = json!({"annotations": {"innkeeper.dev/object": "Inn.example.com/a/x"}});
    let house = wanted(there(names_us), "earlier");
    assert!(!is_adopted(&house), "we have written nothing there");
    assert!(says(&house, "Stalled").1.contains("of unknown origin"));
}
