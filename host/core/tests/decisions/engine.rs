//! What the engine decides, over an API server that is just enough. The promises' proofs are the suites
//! against a real one.

use crate::house::{House, crd, inn, rooms};
use innkeeper_core::contract::Failure;
use innkeeper_core::store::Event;
use serde_json::{Value, json};

fn condition(house: &House, name: &str, kind: &str) -> (String, String) {
    let object = house.api.get("Inn", Some("a"), name).expect("the object is there");
    let all = object["status"]["conditions"].as_array().expect("it has conditions");
    let one = all.iter().find(|c| c["type"] == kind).expect("it has that condition");
    (one["status"].as_str().unwrap().to_owned(), one["reason"].as_str().unwrap().to_owned())
}

#[test]
fn an_object_gets_its_children_and_says_that_it_is_ready() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"]);
    assert_eq!(condition(&house, "x", "Ready"), ("True".into(), "ChildrenReady".into()));
}

#[test]
fn nothing_is_asked_of_the_api_server_when_nothing_changed() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    house.requests();
    let calls = house.calls;
    house.pass(10_000);
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["labels"] = json!({"touched": "yes"});
    house.put(object);
    assert!(house.calls > calls, "the guest was asked");
    assert_eq!(house.requests(), Vec::<String>::new());
}

#[test]
fn a_restart_asks_nothing_of_the_api_server_but_lists() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    let mut api = house.api;
    api.forget_watches();
    let mut again = House::over(api, Box::new(rooms));
    assert!(again.calls > 0);
    assert_eq!(again.requests(), Vec::<String>::new());
}

#[test]
fn a_child_that_is_no_longer_wanted_goes() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    house.put(inn("x", json!({"rooms": ["two"]})));
    assert_eq!(house.api.children(), ["ConfigMap a/two"]);
}

#[test]
fn a_guest_that_fails_has_no_opinion() {
    let mut house = House::new(|request| match request.object.contains("\"broken\"") {
        true => Err(Failure::Trap("unreachable".into())),
        false => rooms(request),
    });
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.put(inn("x", json!({"rooms": [], "broken": true})));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    assert_eq!(condition(&house, "x", "Stalled"), ("True".into(), "GuestTrapped".into()));
}

#[test]
fn a_strangers_object_is_left_alone_and_taken_up_when_its_name_is_free() {
    let mut house = House::new(rooms);
    house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "a"}}));
    house.put(inn("x", json!({"rooms": ["one"]})));
    assert_eq!(condition(&house, "x", "Stalled"), ("True".into(), "Conflict".into()));
    assert!(house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"].is_null());
    house.api.delete("ConfigMap", Some("a"), "one");
    house.pass(20_000);
    assert_eq!(condition(&house, "x", "Ready").0, "True");
    assert_eq!(house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"]["x"], "1");
}

#[test]
fn a_child_deleted_or_stripped_of_its_label_is_put_right() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    house.strip("ConfigMap", "one");
    let label =
        &house.api.get("ConfigMap", Some("a"), "one").unwrap()["metadata"]["labels"]["innkeeper.dev/object-uid"];
    assert!(label.is_string(), "the label is back");
}

#[test]
fn what_must_be_gone_before_a_wave_is_removed_by_its_uid_first() {
    let mut house = House::new(|request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let mut outcome = rooms(request)?;
        if let Some(uid) = object["spec"]["remove"].as_str() {
            let kind = innkeeper_core::kind::Kind::new("", "v1", "ConfigMap");
            let key = innkeeper_core::kind::Key::new(kind, None, "old".into());
            outcome.remove = vec![innkeeper_core::contract::Removal { key, uid: uid.into(), before_wave: Some(0) }];
        }
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": ["old"]})));
    let uid = house.api.get("ConfigMap", Some("a"), "old").unwrap()["metadata"]["uid"].clone();
    house.requests();
    house.put(inn("x", json!({"rooms": ["new"], "remove": uid})));
    house.pass(2_000);
    let requests = house.requests();
    let first = |verb: &str| requests.iter().position(|r| r.starts_with(verb));
    assert!(first("delete ConfigMap a/old") < first("apply ConfigMap a/new"), "{requests:?}");
    assert_eq!(house.api.children(), ["ConfigMap a/new"]);
    house.pass(60_000);
    assert_eq!(house.requests(), Vec::<String>::new(), "what is gone is not looked at again");
}

#[test]
fn what_a_watch_told_before_it_ended_is_not_taken_for_the_word_of_its_successor() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.requests();
    let mut gone = crd();
    gone["status"]["conditions"][0]["status"] = json!("False");
    house.api.put(gone);
    house.api.put(crd());
    house.api.tell("Inn", &Event::Listed);
    house.api.tell("ConfigMap", &Event::Listed);
    (0..4).for_each(|_| assert!(house.deliver()));
    assert!(!house.engine.is_ready(), "the new watches have told nothing yet");
    house.settle();
    assert!(house.engine.is_ready());
    assert_eq!(house.requests(), Vec::<String>::new());
}

/// Killed at every write, before it is sent and before its answer: the next process ends in the same place.
#[test]
fn a_process_that_dies_at_any_write_is_carried_on_by_the_next() {
    for answered in [false, true] {
        for write in 1..10 {
            let mut house = House::new(rooms);
            house.dies = Some((write, answered));
            house.put(inn("x", json!({"rooms": ["one", "two"]})));
            let mut api = house.api;
            api.forget_watches();
            let mut next = House::over(api, Box::new(rooms));
            next.settle();
            let told = format!("killed at write {write}, sent: {answered}");
            assert_eq!(next.api.children(), ["ConfigMap a/one", "ConfigMap a/two"], "{told}");
            assert_eq!(condition(&next, "x", "Ready").0, "True", "{told}");
        }
    }
}
