//! The host's own writes to an object are no reason to look at it again.

use crate::house::script::{liberal, say, says};
use crate::house::{House, inn, rooms};
use innkeeper_core::contract::Failure;
use serde_json::{Value, json};

/// A guest that fails in other words each time; at last in the same ones, so that no test is endless.
fn fails() -> House {
    let mut calls = 0;
    House::new(move |_| {
        calls += 1;
        Err(Failure::Trap(format!("unreachable {}", calls.min(50))))
    })
}

#[test]
fn a_failure_whose_words_differ_each_time_backs_off_all_the_same() {
    let mut house = fails();
    house.put(inn("x", json!({})));
    assert!(house.calls <= 2, "its status was written: only observedGeneration is news to the guest");
    for _ in 0..3 {
        let calls = house.calls;
        house.pass(1_000);
        assert_eq!(house.calls, calls + 1);
    }
}

#[test]
fn a_status_that_the_watch_shows_before_its_write_is_answered_is_no_change_either() {
    let mut house = fails();
    house.put(inn("x", json!({})));
    let calls = house.calls;
    house.holds = Some("status Inn a/x".into());
    house.pass(1_000);
    house.release();
    assert_eq!(house.calls, calls + 1);
}

#[test]
fn what_a_guest_says_of_itself_is_given_to_it_again() {
    let mut house = House::new(|request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let count = object["status"]["count"].as_i64().unwrap_or_default();
        let mut outcome = rooms(request)?;
        outcome.status = Some(json!({"count": (count + 1).min(3)}).to_string());
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": []})));
    assert_eq!(house.api.get("Inn", Some("a"), "x").unwrap()["status"]["count"], 3);
}

/// While its step runs, and while none does.
#[test]
fn a_condition_of_the_hosts_that_somebody_else_writes_is_put_back() {
    for held in [false, true] {
        let mut house = House::new(rooms);
        house.put(inn("x", json!({"rooms": ["one"]})));
        if held {
            house.holds = Some("apply ConfigMap a/two".into());
            let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
            object["spec"]["rooms"] = json!(["one", "two"]);
            house.put(object);
        }
        let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
        object["status"]["conditions"][0]["status"] = json!("False");
        house.put(object);
        house.release();
        house.pass(10);
        let ready = &house.api.get("Inn", Some("a"), "x").unwrap()["status"]["conditions"][0];
        assert_eq!((&ready["type"], &ready["status"]), (&json!("Ready"), &json!("True")), "held: {held}");
    }
}

/// Nothing else would have it looked at again soon: the step writes nothing, and the name is somebody else's.
#[test]
fn what_somebody_writes_while_a_step_only_looks_is_not_forgotten() {
    let mut house = liberal();
    house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "a"}}));
    say(&mut house, json!({"children": [{"name": "one"}]}));
    house.pass(1);
    house.holds = Some("look ConfigMap a/one".into());
    house.pass(10_000);
    assert_eq!(house.held.len(), 1, "a step is in work");
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    for condition in object["status"]["conditions"].as_array_mut().unwrap() {
        condition["message"] = json!("somebody was here");
    }
    house.put(object);
    house.release();
    assert!(says(&house, "Stalled").1.contains("exists and is"), "{:?}", says(&house, "Stalled"));
}
