//! What an object says of itself: its conditions, and what its guest states of the status.

use crate::house::script::{follows, liberal, say, says};
use crate::house::{Api, House, crd};
use innkeeper_core::action::Done;
use serde_json::{Value, json};

fn status(house: &House) -> Value {
    house.api.get("Inn", Some("a"), "x").unwrap()["status"].clone()
}

fn writes(house: &mut House) -> usize {
    house.requests().iter().filter(|request| *request == "status Inn a/x").count()
}

#[test]
fn a_status_is_what_the_guest_says_last_beside_what_is_the_hosts() {
    let mut house = liberal();
    say(&mut house, json!({"status": {"open": true, "guests": 3}}));
    assert_eq!((status(&house)["open"].clone(), status(&house)["guests"].clone()), (json!(true), json!(3)));
    say(&mut house, json!({"status": {"guests": null, "open": false, "conditions": [], "observedGeneration": 77}}));
    let said = status(&house);
    assert_eq!((&said["open"], &said["guests"]), (&json!(false), &Value::Null), "what it leaves out goes");
    assert_ne!(said["observedGeneration"], 77);
    assert_eq!(said["conditions"].as_array().unwrap().len(), 3);
    say(&mut house, json!({"more": 1}));
    assert_eq!(status(&house)["open"], false, "without a word of the status it stays");
}

#[test]
fn a_status_is_written_once_and_not_again_while_it_is_so() {
    let mut house = liberal();
    say(&mut house, json!({"status": {"open": true}, "again": 2_000}));
    assert_eq!(writes(&mut house), 1);
    (0..5).for_each(|_| house.pass(2_000));
    assert_eq!(writes(&mut house), 0);
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["status"]["open"] = json!(false);
    house.put(object);
    assert_eq!((status(&house)["open"].clone(), writes(&mut house)), (json!(true), 1), "somebody wrote into it");
}

#[test]
fn a_guest_may_hold_its_object_back_from_being_ready() {
    let mut house = liberal();
    say(
        &mut house,
        json!({"hold": {"reason": "Painting", "message": "the walls are wet"}, "children": [{"name": "one"}]}),
    );
    assert_eq!(says(&house, "Reconciling"), ("Painting".into(), "the walls are wet".into()));
    say(&mut house, json!({"children": [{"name": "one"}]}));
    assert_eq!(says(&house, "Ready"), ("ChildrenReady".into(), "its child is ready".into()));
}

#[test]
fn a_guest_that_cannot_say_yet_is_called_again_when_it_says() {
    let mut house = liberal();
    say(&mut house, json!({"fails": "retry", "after": 30_000}));
    assert_eq!(says(&house, "Reconciling"), ("GuestRetry".into(), "not yet".into()));
    assert_eq!(house.ended.last().unwrap().1.trouble.as_deref(), Some("not yet"));
    let calls = house.calls;
    house.pass(29_000);
    assert_eq!(house.calls, calls);
    house.pass(1_500);
    assert_eq!(house.calls, calls + 1);
}

#[test]
fn an_object_that_is_wrong_is_not_asked_about_until_it_changes() {
    let mut house = liberal();
    say(&mut house, json!({"fails": "invalid"}));
    assert_eq!(says(&house, "Stalled"), ("Invalid".into(), "it is wrong".into()));
    let calls = house.calls;
    house.pass(3_000_000);
    assert_eq!(house.calls, calls);
    say(&mut house, json!({}));
    assert_eq!(says(&house, "Ready"), ("ChildrenReady".into(), "there is nothing to keep".into()));
}

#[test]
fn a_guests_failure_names_its_module_and_its_own_words_stay_as_they_are() {
    let mut house = liberal();
    say(&mut house, json!({"fails": "trap"}));
    assert_eq!(says(&house, "Stalled").1, "module inn (aaaaaaaaaaaa): the guest trapped: unreachable");
    say(&mut house, json!({"fails": "limit"}));
    assert_eq!(says(&house, "Stalled").1, "module inn (aaaaaaaaaaaa): the guest exceeded its limit of time: 100 ms");
}

#[test]
fn a_status_that_cannot_be_written_is_tried_again() {
    for (answer, is_trouble) in [
        (Done::Conflict("it changed".into()), false),
        (Done::Unknown("the connection was cut".into()), true),
        (Done::Forbidden("not by you".into()), true),
    ] {
        let told = format!("{answer:?}");
        let mut house = liberal();
        house.api.refuse("status Inn a/x", answer);
        say(&mut house, json!({"status": {"open": true}}));
        let trouble = house.ended.last().unwrap().1.trouble.clone();
        assert_eq!(trouble.is_some_and(|t| t.contains("its status cannot be written")), is_trouble, "{told}");
        house.api.refuses = None;
        house.pass(10_000);
        assert_eq!(status(&house)["open"], true, "{told}");
    }
}

#[test]
fn a_paused_object_is_left_alone_and_says_so() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "one"}]}));
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["annotations"] = json!({"innkeeper.dev/paused": "true"});
    object["spec"] = json!({"children": []});
    house.put(object.clone());
    let ready = status(&house)["conditions"][0].clone();
    assert_eq!((&ready["status"], &ready["reason"]), (&json!("Unknown"), &json!("Paused")));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    let calls = house.calls;
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["annotations"] = json!({"innkeeper.dev/paused": "false"});
    house.put(object);
    assert!(house.calls > calls);
    assert_eq!(house.api.children(), Vec::<String>::new());
}

#[test]
fn a_field_of_the_status_that_is_null_is_no_field() {
    let mut house = liberal();
    say(&mut house, json!({"status": {"open": true, "guests": null}, "again": 2_000}));
    writes(&mut house);
    house.pass(2_000);
    assert_eq!(writes(&mut house), 0);
}

#[test]
fn a_status_that_is_overwritten_again_and_again_is_put_right_each_time() {
    let mut house = liberal();
    say(&mut house, json!({"status": {"open": true}}));
    for _ in 0..3 {
        let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
        object["status"]["open"] = json!(false);
        house.put(object);
        assert_eq!(status(&house)["open"], true);
        house.pass(60_000);
    }
}

/// A kind whose schema has no conditions: the guest's status is all that there is.
#[test]
fn where_a_schema_has_no_conditions_nobody_writes_any() {
    let mut api = Api::default();
    let mut kind = crd();
    let schema = json!({"type": "object", "properties": {"status": {"type": "object", "properties": {"open": {"type": "boolean"}}}}});
    kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema;
    api.put(kind);
    let mut house = House::over(api, Box::new(follows));
    say(&mut house, json!({"status": {"open": true, "conditions": [{"type": "Lit"}], "observedGeneration": 7}}));
    assert_eq!(status(&house), json!({"open": true}));
}

#[test]
fn a_guests_conditions_come_change_and_go_beside_the_hosts() {
    let mut house = liberal();
    let kinds = |house: &House| {
        let all = status(house)["conditions"].as_array().unwrap().clone();
        all.iter()
            .map(|c| format!("{}={}", c["type"].as_str().unwrap(), c["status"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    say(&mut house, json!({}));
    let hosts = ["Ready=True", "Reconciling=False", "Stalled=False"];
    assert_eq!(kinds(&house), hosts);
    say(&mut house, json!({"conditions": [{"type": "Lit", "reason": "Lamps"}, {"type": "Warm", "reason": "Fire"}]}));
    assert_eq!(kinds(&house)[3..], ["Lit=True", "Warm=True"]);
    say(&mut house, json!({"conditions": [{"type": "Warm", "reason": "Cold", "status": false}]}));
    assert_eq!(kinds(&house)[3..], ["Warm=False"]);
    say(&mut house, json!({"fails": "trap"}));
    assert_eq!(kinds(&house)[3..], ["Warm=False"], "without an outcome it stays");
    say(&mut house, json!({}));
    assert_eq!(kinds(&house), hosts);
}
