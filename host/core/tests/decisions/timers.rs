//! Time: what is due is done, and what cannot be done yet is not waited for.

use crate::house::{Api, House, crd, inn, manifest, rooms};
use innkeeper_core::action::Done;
use innkeeper_core::engine::Input;
use innkeeper_core::world::Read;
use serde_json::json;

#[test]
fn a_timer_of_a_suspended_kind_is_kept_without_asking_for_time() {
    let mut house = House::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.requeue_after = Some(1_000);
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": []})));
    suspend(&mut house, true);
    house.pass(5_000);
    assert!(!house.spins());
    let calls = house.calls;
    suspend(&mut house, false);
    assert!(house.calls > calls, "it was due");
}

fn suspend(house: &mut House, suspended: bool) {
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["suspend"] = json!(suspended);
    house.put(reconciler);
}

#[test]
fn a_timer_is_kept_without_asking_for_time_while_the_process_stops() {
    let mut house = House::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.requeue_after = Some(1_000);
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": []})));
    house.input(Input::Stop);
    house.pass(10_000);
    assert!(!house.spins());
}

#[test]
fn counts_are_not_waited_for_before_the_modules_are_read() {
    let mut api = Api::default();
    api.put(crd());
    let mut house = House::starting(api, Box::new(rooms), manifest(false));
    house.pass(10_000);
    assert!(!house.spins());
    house.input(Input::ModulesRead);
    house.put(inn("x", json!({"rooms": []})));
    house.pass(10_000);
    assert_eq!(house.api.get("Reconciler", None, "inn").unwrap()["status"]["objects"]["total"], 1);
}

#[test]
fn counts_are_not_waited_for_while_a_reconciler_cannot_be_written() {
    let mut house = House::new(rooms);
    house.pass(10_000);
    house.api.refuse("status Reconciler inn", Done::Forbidden("nobody may".into()));
    house.put(inn("x", json!({"rooms": []})));
    house.pass(5_000);
    assert!(!house.spins(), "it was refused just now");
    house.pass(1_000);
    assert!(!house.spins());
    house.api.refuses = None;
    house.pass(10_000);
    assert_eq!(house.api.get("Reconciler", None, "inn").unwrap()["status"]["objects"]["total"], 1);
}

/// A house whose object has failed so often that its back-off is the longest.
fn refused(mut house: House) -> House {
    house.api.refuse("apply ConfigMap a/one", Done::Invalid("it will not have it".into()));
    house.put(inn("x", json!({"rooms": ["one"]})));
    (0..30).for_each(|_| house.pass(1_000_000));
    house
}

#[test]
fn a_guest_that_asked_to_be_called_again_is_called_then_although_a_child_is_refused() {
    let mut house = refused(House::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.requeue_after = Some(10_000);
        Ok(outcome)
    }));
    let calls = house.calls;
    house.pass(10_000);
    assert_eq!(house.calls, calls + 1);
}

#[test]
fn a_guest_that_waits_for_a_moment_is_called_then_although_a_child_is_refused() {
    let mut house = refused(House::new(rooms));
    house.reads = vec![Read::Reached { at: house.wall() + 1_000_000 + 10_000, answer: false }];
    house.pass(1_000_000);
    let calls = house.calls;
    house.pass(10_000);
    assert_eq!(house.calls, calls + 1);
}

#[test]
fn an_api_server_that_asks_to_wait_is_not_asked_sooner() {
    let mut house = House::new(rooms);
    let throttled = Done::Throttled { after_ms: 60_000, message: "too many requests".into() };
    house.api.refuse("apply ConfigMap a/one", throttled);
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.requests();
    house.pass(59_000);
    assert_eq!(house.requests(), Vec::<String>::new());
    house.api.refuses = None;
    house.pass(1_000);
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

#[test]
fn a_guest_may_ask_to_be_called_again_at_the_end_of_time() {
    let mut house = House::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.requeue_after = Some(u64::MAX);
        Ok(outcome)
    });
    house.pass(1_000);
    house.put(inn("x", json!({"rooms": []})));
    let calls = house.calls;
    assert!(calls > 0);
    house.pass(10_000);
    assert_eq!((house.calls, house.spins()), (calls, false));
}

#[test]
fn a_guest_that_asks_to_be_called_again_at_once_is_called_once_a_second() {
    let mut house = House::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.requeue_after = Some(0);
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": []})));
    house.calls = 0;
    (0..100).for_each(|_| house.pass(100));
    assert_eq!(house.calls, 10);
}

#[test]
fn a_guest_that_waits_for_a_moment_is_not_called_before_it() {
    let mut house = House::new(rooms);
    house.reads = vec![Read::Reached { at: house.wall() + 10_000, answer: false }];
    house.put(inn("x", json!({"rooms": []})));
    let calls = house.calls;
    house.pass(9_000);
    assert_eq!(house.calls, calls);
    house.pass(1_000);
    assert_eq!(house.calls, calls + 1);
}

#[test]
fn a_process_that_stops_begins_nothing_new() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let calls = house.calls;
    house.requests();
    house.input(Input::Stop);
    house.put(inn("y", json!({"rooms": ["two"]})));
    house.pass(1_000);
    assert_eq!((house.calls, house.requests()), (calls, vec![]));
}
