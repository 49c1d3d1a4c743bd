//! When Events are told, and when they are not told again.

use std::cell::Cell;
use std::rc::Rc;

use crate::house::{Api, House, crd, inn, wants};
use innkeeper_core::contract::{Event, EventType, Failure, Outcome, Request};
use serde_json::json;

/// A guest that says an Event, unless it is told to fail, and when that is.
fn guest(fails: &Rc<Cell<bool>>) -> impl FnMut(&Request) -> Result<Outcome, Failure> + 'static {
    let fails = fails.clone();
    move |_| {
        if fails.get() {
            return Err(Failure::Retry { message: "later".into(), after: None });
        }
        let event = Event {
            kind: EventType::Normal,
            reason: "Moved".into(),
            action: "Move".into(),
            message: "to the left".into(),
        };
        wants(vec![]).map(|outcome| Outcome { events: vec![event], ..outcome })
    }
}

/// Events that were written since the last time this was asked.
fn told(house: &mut House) -> usize {
    house.requests().iter().filter(|request| request.starts_with("event ")).count()
}

#[test]
fn an_event_is_not_told_again_after_a_call_that_failed() {
    let fails = Rc::new(Cell::new(false));
    let mut house = House::new(guest(&fails));
    house.put(inn("x", json!({})));
    assert_eq!(told(&mut house), 1);
    for round in 0..3 {
        let object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
        fails.set(true);
        house.put(json!({"apiVersion": object["apiVersion"], "kind": "Inn", "metadata": object["metadata"],
            "spec": {"round": round}, "status": object["status"]}));
        fails.set(false);
        house.pass(60_000);
    }
    assert_eq!(told(&mut house), 0);
}

#[test]
fn a_process_whose_first_call_fails_does_not_tell_again_what_the_one_before_told() {
    let fails = Rc::new(Cell::new(false));
    let mut house = House::new(guest(&fails));
    house.put(inn("x", json!({})));
    let mut api = house.api;
    api.forget_watches();
    fails.set(true);
    let mut house = House::over(api, Box::new(guest(&fails)));
    assert_eq!(house.calls, 1);
    fails.set(false);
    house.pass(60_000);
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["status"]["conditions"][0]["status"], "True", "{}", object["status"]);
    assert_eq!(told(&mut house), 0);
}

#[test]
fn a_process_whose_first_call_fails_tells_what_nobody_has_told() {
    let fails = Rc::new(Cell::new(true));
    let mut api = Api::default();
    api.put(crd());
    let mut house = House::over(api, Box::new(guest(&fails)));
    house.put(inn("x", json!({})));
    fails.set(false);
    house.pass(60_000);
    assert_eq!(told(&mut house), 1);
}
