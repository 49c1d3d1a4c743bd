//! What an object waits for before it is looked at again: that the stores have seen its last writes, and
//! nothing else.

use crate::house::{House, inn, rooms};
use innkeeper_core::contract::Policy;
use innkeeper_core::engine::Load;
use serde_json::json;

#[test]
fn a_child_that_vanishes_while_its_step_runs_does_not_block_its_object() {
    let mut house = House::new(rooms);
    house.holds = Some("apply ConfigMap a/two".into());
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    house.release();
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"]);
}

#[test]
fn an_object_that_goes_while_its_step_runs_leaves_nothing_in_the_queue() {
    let mut house = House::finalizing(|request| {
        let mut outcome = rooms(request)?;
        outcome.finished = true;
        outcome.status = Some(json!({"phase": format!("{:?}", request.phase)}).to_string());
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": []})));
    house.holds = Some("status Inn a/x".into());
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    house.release();
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert!(house.engine.load().values().all(|load| *load == Load::default()));
}

#[test]
fn a_child_that_is_created_once_gets_its_label_back_and_does_not_block_its_object() {
    let mut house = House::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.children.iter_mut().for_each(|child| child.policy = Policy::CreateOnly);
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.strip("ConfigMap", "one");
    let child = house.api.get("ConfigMap", Some("a"), "one").unwrap();
    assert!(child["metadata"]["labels"]["innkeeper.dev/object-uid"].is_string(), "the label is back");
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"]);
}

#[test]
fn a_child_that_is_deleted_and_has_lost_its_label_is_waited_for_by_looking() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["metadata"]["finalizers"] = json!(["example.com/slow"]);
    house.put(child);
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    house.strip("ConfigMap", "one");
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["metadata"]["finalizers"] = json!([]);
    house.put(child);
    assert!(house.api.children().is_empty(), "it is gone, and no watch of children told");
    house.pass(2_000);
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}
