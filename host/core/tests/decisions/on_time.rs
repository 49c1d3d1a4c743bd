//! Promises Q02, Q03, Q05 and Q06 as far as core decides them: when an object is looked at, and when it is not.

use std::cell::RefCell;
use std::rc::Rc;

use crate::house::{House, inn, rooms};
use innkeeper_core::contract::Failure;
use innkeeper_core::engine::RESYNC_MS;
use serde_json::{Value, json};

/// The names of the objects that a guest was asked about.
type Asked = Rc<RefCell<Vec<String>>>;

/// A house whose guest remembers whom it was asked about, and wants to be asked again after `requeue` ms.
fn house(requeue: Option<u64>) -> (House, Asked) {
    let asked = Asked::default();
    let told = asked.clone();
    let house = House::new(move |request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        told.borrow_mut().push(object["metadata"]["name"].as_str().unwrap().to_owned());
        let mut outcome = rooms(request)?;
        outcome.requeue_after = requeue;
        Ok(outcome)
    });
    (house, asked)
}

fn annotated(annotations: &Value, spec: Value) -> Value {
    let mut object = inn("x", spec);
    object["metadata"]["annotations"] = annotations.clone();
    object
}

fn condition(house: &House, kind: &str) -> Value {
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    let all = object["status"]["conditions"].as_array().unwrap();
    all.iter().find(|c| c["type"] == kind).unwrap().clone()
}

#[test]
fn q02_a_failing_object_is_tried_for_ever_and_a_change_of_it_begins_anew() {
    let mut house = House::new(|_| Err(Failure::Trap("out of luck".into())));
    house.put(inn("x", json!({"rooms": []})));
    for _ in 0..50 {
        let calls = house.calls;
        house.pass(1_000_000);
        assert_eq!(house.calls, calls + 1, "within 1000 s it is tried again, however often it failed");
    }
    let calls = house.calls;
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.pass(5);
    house.pass(10);
    assert!(house.calls >= calls + 3, "the first back-offs are short again");
}

#[test]
fn q01_few_calls_wait_for_a_thread_so_that_what_is_urgent_is_not_behind_many() {
    let (mut house, _) = house(None);
    house.holds_calls = true;
    (0..50).for_each(|n| house.put(inn(&format!("inn-{n}"), json!({"rooms": []}))));
    let called: Vec<String> = std::mem::take(&mut house.called);
    assert!((1..=8).contains(&called.len()), "{called:?}");
}

#[test]
fn q02_each_object_backs_off_by_itself() {
    let mut house = House::new(|request| match request.object.contains("\"bad\"") {
        true => Err(Failure::Trap("out of luck".into())),
        false => rooms(request),
    });
    house.put(inn("bad", json!({"rooms": []})));
    (0..30).for_each(|_| house.pass(1_000_000));
    house.put(inn("good", json!({"rooms": ["one"]})));
    assert_eq!(house.api.children(), ["ConfigMap a/one"], "it waits for nobody");
}

#[test]
fn q02_an_invalid_object_is_asked_about_again_on_changes_and_resync_only() {
    let mut house = House::new(|_| Err(Failure::Invalid { field: Some("spec".into()), message: "wrong".into() }));
    house.put(inn("x", json!({"rooms": []})));
    let calls = house.calls;
    (0..100).for_each(|_| house.pass(RESYNC_MS / 1_000));
    assert_eq!(house.calls, calls, "time alone changes nothing, before a resync");
    house.pass(RESYNC_MS);
    assert_eq!(house.calls, calls + 1, "a resync asks again");
    house.put(inn("x", json!({"rooms": ["one"]})));
    assert!(house.calls >= calls + 2, "and so does a change");
}

#[test]
fn q03_a_persons_change_goes_before_what_a_start_brings() {
    let (mut house, asked) = house(None);
    suspend(&mut house, true);
    (0..200).for_each(|n| house.put(inn(&format!("old-{n}"), json!({"rooms": []}))));
    suspend(&mut house, false);
    asked.borrow_mut().clear();
    suspend(&mut house, true);
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["config"] = json!({"price": 1});
    house.put(reconciler);
    house.put(inn("person", json!({"rooms": []})));
    suspend(&mut house, false);
    let position = asked.borrow().iter().position(|name| name == "person");
    assert!(position.is_some_and(|at| at < 2), "{position:?} of {}", asked.borrow().len());
}

fn suspend(house: &mut House, suspended: bool) {
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["suspend"] = json!(suspended);
    house.put(reconciler);
}

#[test]
fn q05_everything_is_looked_at_once_in_a_period_and_not_all_at_once() {
    let (mut house, asked) = house(None);
    (0..100).for_each(|n| house.put(inn(&format!("inn-{n}"), json!({"rooms": []}))));
    asked.borrow_mut().clear();
    for _ in 0..3 {
        let mut most = 0;
        for _ in 0..100 {
            let before = asked.borrow().len();
            house.pass(RESYNC_MS / 100);
            most = most.max(asked.borrow().len() - before);
        }
        let mut all = std::mem::take(&mut *asked.borrow_mut());
        all.sort();
        let count = all.len();
        all.dedup();
        assert_eq!((count, all.len()), (100, 100), "each once in each period");
        assert!(most < 15, "{most} at once");
    }
    assert!(!house.spins());
    house.pass(RESYNC_MS * 3);
    assert_eq!(asked.borrow().len(), 100, "a process that slept for several periods looks at each once");
}

#[test]
fn q05_what_a_guest_asked_for_comes_on_time_and_insists_on_a_call() {
    let (mut house, asked) = house(Some(60_000));
    house.put(inn("x", json!({"rooms": []})));
    for n in 0..5 {
        let count = asked.borrow().len();
        house.pass(59_999);
        assert_eq!(asked.borrow().len(), count, "round {n}");
        house.pass(1);
        assert_eq!(asked.borrow().len(), count + 1, "round {n}");
        assert_eq!(house.causes.last().unwrap(), "its guest asked to be called again by now");
    }
    assert!(house.insisted.iter().filter(|insisted| **insisted).count() >= 5);
}

#[test]
fn q06_a_changed_reconcile_now_leads_to_a_call_that_is_insisted_on() {
    let (mut house, asked) = house(None);
    house.put(annotated(&json!({}), json!({"rooms": []})));
    for value in ["1", "2"] {
        asked.borrow_mut().clear();
        (house.insisted, house.causes) = (vec![], vec![]);
        house.put(annotated(&json!({"innkeeper.dev/reconcile-now": value}), json!({"rooms": []})));
        assert!(!asked.borrow().is_empty());
        assert!(house.causes[0].contains("somebody asked for it by its annotation"), "{:?}", house.causes);
        assert!(house.insisted[0]);
    }
    house.insisted = vec![];
    house.put(annotated(&json!({"innkeeper.dev/reconcile-now": "2", "other": "x"}), json!({"rooms": []})));
    assert!(house.insisted.iter().all(|insisted| !insisted), "the same value asks for nothing");
}

#[test]
fn q06_a_paused_object_is_left_alone_until_the_annotation_goes() {
    for (pauses, resumes) in [("true", Some("false")), ("", None)] {
        let (mut house, _) = house(Some(1_000));
        house.put(annotated(&json!({}), json!({"rooms": ["one"]})));
        let paused = json!({"innkeeper.dev/paused": pauses});
        house.put(annotated(&paused, json!({"rooms": ["one", "two"]})));
        assert_eq!(
            (condition(&house, "Ready")["status"].clone(), condition(&house, "Ready")["reason"].clone()),
            (json!("Unknown"), json!("Paused"))
        );
        let (calls, _) = (house.calls, house.requests());
        house.api.delete("ConfigMap", Some("a"), "one");
        house.settle();
        house.put(annotated(&paused, json!({"rooms": []})));
        house.pass(RESYNC_MS);
        assert_eq!(house.calls, calls, "nothing is called");
        let said = house.requests();
        assert!(said.iter().all(|request| request == "status Inn a/x"), "nothing but its status: {said:?}");
        let annotations = resumes.map_or(json!({}), |value| json!({"innkeeper.dev/paused": value}));
        house.put(annotated(&annotations, json!({"rooms": ["one", "two"]})));
        assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"], "and goes on");
        assert_eq!(condition(&house, "Ready")["reason"], "ChildrenReady");
    }
}

#[test]
fn q06_a_paused_object_that_is_deleted_is_finished_when_it_goes_on() {
    let mut house = House::finalizing(|request| {
        let mut outcome = rooms(request)?;
        outcome.finished = true;
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["annotations"] = json!({"innkeeper.dev/paused": "true"});
    house.put(object);
    let calls = house.calls;
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    house.pass(RESYNC_MS);
    assert_eq!(house.calls, calls);
    assert!(house.api.get("Inn", Some("a"), "x").is_some(), "its finalizer stays");
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["annotations"] = json!({"innkeeper.dev/paused": "false"});
    house.put(object);
    assert!(house.api.get("Inn", Some("a"), "x").is_none(), "it is finished now");
}

#[test]
fn q06_a_sweep_yields_to_fresh_changes() {
    let (mut house, asked) = house(None);
    (0..200).for_each(|n| house.put(inn(&format!("old-{n}"), json!({"rooms": [format!("room-{n}")]}))));
    suspend(&mut house, true);
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["config"] = json!({"price": 1});
    house.put(reconciler);
    house.api.delete("ConfigMap", Some("a"), "room-150");
    house.settle();
    asked.borrow_mut().clear();
    suspend(&mut house, false);
    let position = asked.borrow().iter().position(|name| name == "old-150");
    assert!(position.is_some_and(|at| at < 2), "{position:?} of {}", asked.borrow().len());
}
