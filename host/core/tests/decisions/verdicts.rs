//! What the guest is told of its children.

use std::cell::RefCell;
use std::rc::Rc;

use crate::house::{House, inn, rooms};
use innkeeper_core::action::Done;
use innkeeper_core::contract::{Failure, State};
use serde_json::json;

/// A house, and what its guest was told: the states of the children, call by call.
fn told() -> (House, Rc<RefCell<Vec<Vec<State>>>>) {
    let told = Rc::new(RefCell::new(Vec::new()));
    let calls = told.clone();
    let house = House::new(move |request| {
        calls.borrow_mut().push(request.children.iter().map(|v| v.state).collect());
        rooms(request)
    });
    (house, told)
}

#[test]
fn a_guest_is_told_that_a_child_is_ready_by_the_call_that_this_leads_to() {
    let (mut house, told) = told();
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["status"] = json!({"conditions": [{"type": "Reconciling", "status": "True"}]});
    told.borrow_mut().clear();
    house.put(child.clone());
    assert_eq!(told.borrow().first(), Some(&vec![State::Applied]));
    child["status"] = json!({});
    told.borrow_mut().clear();
    house.put(child);
    assert_eq!(told.borrow().first(), Some(&vec![State::Current]));
}

#[test]
fn a_guest_is_told_of_a_name_that_is_somebody_elses_and_no_longer_when_it_is_free() {
    let (mut house, told) = told();
    house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "a"}}));
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.pass(20_000);
    assert_eq!(told.borrow().last(), Some(&vec![State::Conflict]));
    house.api.delete("ConfigMap", Some("a"), "one");
    house.pass(20_000);
    house.put(inn("x", json!({"rooms": ["one"], "more": true})));
    assert_eq!(told.borrow().last(), Some(&vec![State::Current]));
}

#[test]
fn a_verdict_stays_until_an_outcome_takes_its_place() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let calls = told.clone();
    let mut house = House::new(move |request| {
        let failed = request.children.iter().any(|verdict| verdict.state == State::Failed);
        calls.borrow_mut().push(failed);
        let wait = Failure::Retry { message: "a child cannot be made".into(), after: None };
        if failed { Err(wait) } else { rooms(request) }
    });
    house.api.refuse("apply ConfigMap a/one", Done::Forbidden("not by you".into()));
    house.put(inn("x", json!({"rooms": ["one"]})));
    (0..5).for_each(|_| house.pass(1_000));
    let told = told.borrow();
    assert!(told.len() > 3 && told[1..].iter().all(|failed| *failed), "{told:?}");
}
