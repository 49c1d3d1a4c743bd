//! When Events are told, and when they are not told again.

use std::cell::Cell;
use std::rc::Rc;

use crate::house::script::{liberal, say, says};
use crate::house::{Api, House, crd, inn, wants};
use innkeeper_core::action::Done;
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

/// The Events that were written since the last time this was asked.
fn events(house: &mut House) -> Vec<(String, String, Option<String>)> {
    std::mem::take(&mut house.events)
}

#[test]
fn an_object_in_trouble_has_one_event_that_says_what_to_do() {
    for (fails, reason, advice) in [
        ("invalid", "Invalid", "it is wrong. Correct the object: it is looked at again when it changes."),
        ("trap", "GuestTrapped", "This is a bug in the module inn: mend it. Until then nothing is changed."),
        ("limit", "GuestLimitExceeded", "Mend the module inn, or raise spec.limits of Reconciler inn."),
        (
            "it may not",
            "OutcomeRefused",
            "Nothing was applied. Mend the module inn, or widen spec.permissions of Reconciler inn.",
        ),
    ] {
        let mut house = liberal();
        say(&mut house, json!({"fails": fails}));
        house.pass(10_000);
        let told = events(&mut house);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].0.as_str(), &told[0].2), (reason, &None));
        assert!(told[0].1.contains(advice), "{told:?}");
        say(&mut house, json!({}));
        say(&mut house, json!({"fails": fails, "more": 1}));
        assert_eq!(events(&mut house).len(), 1, "it is in trouble again");
        let mut api = house.api;
        api.forget_watches();
        let mut next = House::over(api, Box::new(crate::house::script::follows));
        assert_eq!(events(&mut next), [], "the next process finds it told");
    }
}

#[test]
fn an_event_names_the_child_that_is_the_trouble() {
    let mut house = liberal();
    house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two", "namespace": "a"}}));
    say(&mut house, json!({"children": [{"name": "one"}, {"name": "two"}]}));
    let told = events(&mut house);
    assert_eq!((told.len(), told[0].0.as_str(), told[0].2.as_deref()), (1, "Conflict", Some("ConfigMap a/two")));
    assert!(told[0].1.ends_with("Rename or remove what is in the way; it is tried again by itself."), "{told:?}");
    let mut house = liberal();
    house.api.refuse("apply ConfigMap a/one", Done::Forbidden("not by you".into()));
    say(&mut house, json!({"children": [{"name": "one"}]}));
    let told = events(&mut house);
    assert_eq!((told[0].0.as_str(), told[0].2.as_deref()), ("ChildFailed", Some("ConfigMap a/one")));
    assert!(told[0].1.ends_with("Look at that child with kubectl describe; it is tried again by itself."), "{told:?}");
}

#[test]
fn trouble_that_may_pass_is_no_event_and_is_told_when_it_lasts() {
    let mut house = liberal();
    house.api.refuse("apply ConfigMap a/one", Done::Unknown("the connection was cut".into()));
    say(&mut house, json!({"children": [{"name": "one"}]}));
    let conditions = |house: &House| house.api.get("Inn", Some("a"), "x").unwrap()["status"]["conditions"].clone();
    assert!(conditions(&house).is_null(), "{}", conditions(&house));
    for failures in 2..=5 {
        assert!(conditions(&house).is_null(), "after {} failures", failures - 1);
        let ended = house.ended.len();
        while house.ended.len() == ended {
            house.pass(5);
        }
    }
    let (reason, message) = says(&house, "Reconciling");
    assert_eq!(reason, "Retrying");
    assert!(message.contains("the connection was cut"), "{message}");
    assert_eq!(events(&mut house), []);
    house.api.refuses = None;
    house.pass(60_000);
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
}

#[test]
fn what_the_guest_tells_is_told_when_it_begins_to_hold() {
    let mut house = liberal();
    let moved = |to: &str| json!({"events": [{"reason": "Moved", "message": to}]});
    let told = |house: &mut House| events(house).into_iter().map(|(_, message, _)| message).collect::<Vec<_>>();
    say(&mut house, moved("left"));
    assert_eq!(told(&mut house), ["left"]);
    say(&mut house, moved("right"));
    assert_eq!(told(&mut house), ["right"]);
    let mut api = house.api;
    api.forget_watches();
    let mut house = House::over(api, Box::new(crate::house::script::follows));
    assert_eq!(told(&mut house), Vec::<String>::new());
    say(&mut house, moved("up"));
    assert_eq!(told(&mut house), ["up"]);
}

#[test]
fn trouble_that_begins_after_a_process_first_waited_is_told() {
    let mut house = liberal();
    say(&mut house, json!({}));
    let mut api = house.api;
    api.forget_watches();
    let calls = Cell::new(0);
    let mut next = House::over(
        api,
        Box::new(move |_| {
            calls.set(calls.get() + 1);
            let wait = Failure::Retry { message: "not yet".into(), after: None };
            Err(if calls.get() == 1 { wait } else { Failure::Trap("unreachable".into()) })
        }),
    );
    next.pass(60_000);
    assert_eq!(events(&mut next).iter().map(|event| event.0.as_str()).collect::<Vec<_>>(), ["GuestTrapped"]);
}

#[test]
fn an_event_is_no_longer_than_kubernetes_takes_and_keeps_its_advice() {
    let mut house = liberal();
    say(&mut house, json!({"fails": "x".repeat(5_000)}));
    let told = events(&mut house);
    assert!((1_000..=1_024).contains(&told[0].1.len()), "{}", told[0].1.len());
    assert!(told[0].1.ends_with("widen spec.permissions of Reconciler inn."), "{}", told[0].1);
}

#[test]
fn each_trouble_is_told_in_its_own_words_though_the_object_shows_another() {
    let mut house = liberal();
    say(&mut house, json!({"fails": "trap"}));
    say(&mut house, json!({"fails": "limit"}));
    let told: Vec<String> = events(&mut house).into_iter().map(|event| event.0).collect();
    assert_eq!(told, ["GuestTrapped", "GuestLimitExceeded"]);
}

/// The next process, whose first call fails.
fn next_with_a_bad_start(house: House, then: impl Fn() -> Outcome + 'static) -> House {
    let mut api = house.api;
    api.forget_watches();
    let is_first = Cell::new(true);
    let mut next = House::over(
        api,
        Box::new(move |_| match is_first.replace(false) {
            true => Err(Failure::Retry { message: "later".into(), after: None }),
            false => Ok(then()),
        }),
    );
    next.pass(60_000);
    next
}

fn moved(status: &str) -> Outcome {
    let (reason, action, message) = ("Moved".into(), "Move".into(), "to the left".into());
    let event = Event { kind: EventType::Normal, reason, action, message };
    Outcome { events: vec![event], status: Some(status.into()), ..Outcome::default() }
}

#[test]
fn what_no_process_has_said_yet_is_told_although_the_object_shows_its_generation() {
    let fails = Rc::new(Cell::new(true));
    let mut first = House::new(guest(&fails));
    first.put(inn("x", json!({})));
    assert_eq!(told(&mut first), 0);
    assert_eq!(told(&mut next_with_a_bad_start(first, || moved("{}"))), 1);
}

#[test]
fn what_a_new_process_says_with_another_status_is_news() {
    for (status, times) in [(r#"{"open":true}"#, 0), (r#"{"open":false}"#, 1)] {
        let mut first = House::new(|_| Ok(moved(r#"{"open":true}"#)));
        first.put(inn("x", json!({})));
        assert_eq!(told(&mut first), 1);
        assert_eq!(told(&mut next_with_a_bad_start(first, move || moved(status))), times, "{status}");
    }
}
