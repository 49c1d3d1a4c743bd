//! What a guest asks to remove: the very object that it names, once, and only what it may.

use crate::house::House;
use crate::house::script::{liberal, say, says, scripted};
use innkeeper_core::action::Done;
use serde_json::{Value, json};

fn theirs(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a"}})
}

/// Somebody's object of that name, and its uid.
fn with_theirs(house: &mut House, name: &str) -> Value {
    house.put(theirs(name));
    house.api.get("ConfigMap", Some("a"), name).unwrap()["metadata"]["uid"].clone()
}

fn asked_of_maps(house: &mut House) -> Vec<String> {
    house.requests().into_iter().filter(|request| request.contains("ConfigMap")).collect()
}

#[test]
fn somebodys_object_is_removed_where_the_reconciler_permits_it() {
    let mut house = liberal();
    let uid = with_theirs(&mut house, "old");
    say(&mut house, json!({"remove": [{"name": "old", "uid": uid}]}));
    assert_eq!(house.api.children(), Vec::<String>::new());
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
    asked_of_maps(&mut house);
    say(&mut house, json!({"remove": [{"name": "old", "uid": uid}], "again": 1_000}));
    house.pass(10_000);
    assert_eq!(asked_of_maps(&mut house), Vec::<String>::new(), "what is gone stays gone: a uid never comes back");
}

#[test]
fn somebodys_object_stays_where_only_children_may_be_removed() {
    let mut house = scripted(json!({"apply": [{"group": "", "kinds": ["ConfigMap"], "reach": "Own"}]}));
    let uid = with_theirs(&mut house, "old");
    say(&mut house, json!({"children": [{"name": "own"}], "remove": [{"name": "old", "uid": uid}]}));
    assert_eq!(house.api.children(), ["ConfigMap a/old", "ConfigMap a/own"]);
    let (reason, message) = says(&house, "Stalled");
    assert_eq!(reason, "ChildFailed");
    let why = "it cannot be removed: it is not this object's child, and spec.permissions.delete does not reach it";
    assert!(message.contains(why), "{message}");
    let own = house.api.get("ConfigMap", Some("a"), "own").unwrap()["metadata"]["uid"].clone();
    say(&mut house, json!({"remove": [{"name": "own", "uid": own}, {"name": "none", "uid": "u"}]}));
    assert_eq!(house.api.children(), ["ConfigMap a/old"]);
    assert_eq!(says(&house, "Ready").0, "ChildrenReady", "what is not there is gone");
}

#[test]
fn another_object_of_the_same_name_is_not_removed() {
    let mut house = liberal();
    with_theirs(&mut house, "old");
    house.requests();
    say(&mut house, json!({"remove": [{"name": "old", "uid": "an-earlier-one"}]}));
    assert_eq!(asked_of_maps(&mut house), ["look ConfigMap a/old"]);
    assert_eq!(house.api.children(), ["ConfigMap a/old"]);
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
}

/// Somebody keeps the object for a while, by a finalizer.
fn held(house: &mut House, name: &str) -> Value {
    let mut object = theirs(name);
    object["metadata"]["finalizers"] = json!(["example.com/slow"]);
    house.put(object);
    house.api.get("ConfigMap", Some("a"), name).unwrap()["metadata"]["uid"].clone()
}

fn let_go(house: &mut House, name: &str) {
    let mut object = house.api.get("ConfigMap", Some("a"), name).unwrap().clone();
    object["metadata"]["finalizers"] = json!([]);
    house.put(object);
}

#[test]
fn a_wave_waits_until_what_must_go_first_is_gone_and_earlier_waves_do_not() {
    let mut house = liberal();
    let uid = held(&mut house, "old");
    let child = |name: &str, wave: i32| json!({"name": name, "wave": wave});
    let remove = json!([{"name": "old", "uid": uid, "before": 1}]);
    say(&mut house, json!({"children": [child("first", 0), child("second", 1)], "remove": remove}));
    assert_eq!(house.api.children(), ["ConfigMap a/first", "ConfigMap a/old"]);
    let (reason, message) = says(&house, "Reconciling");
    assert_eq!(reason, "ChildrenNotReady");
    assert!(message.contains("ConfigMap a/old: waiting until it is gone"), "{message}");
    assert!(message.contains("ConfigMap a/second: wave 1 waits until earlier waves are ready"), "{message}");
    asked_of_maps(&mut house);
    house.pass(900);
    assert_eq!(asked_of_maps(&mut house), Vec::<String>::new());
    house.pass(200);
    assert_eq!(asked_of_maps(&mut house), ["look ConfigMap a/old"], "it is looked after once a second");
    let_go(&mut house, "old");
    house.pass(2_000);
    assert_eq!(house.api.children(), ["ConfigMap a/first", "ConfigMap a/second"]);
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
}

#[test]
fn what_goes_after_all_children_is_waited_for_by_nobody() {
    let mut house = liberal();
    let uid = held(&mut house, "old");
    house.requests();
    say(&mut house, json!({"children": [{"name": "new"}], "remove": [{"name": "old", "uid": uid}]}));
    let asked = asked_of_maps(&mut house);
    let at = |name: &str| asked.iter().position(|request| request == name);
    assert!(at("apply ConfigMap a/new") < at("delete ConfigMap a/old"), "{asked:?}");
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
}

#[test]
fn a_removal_that_is_refused_is_told_and_one_that_is_lost_is_tried_again() {
    let mut house = liberal();
    let uid = with_theirs(&mut house, "old");
    let remove = json!({"remove": [{"name": "old", "uid": uid}]});
    house.api.refuse("delete ConfigMap a/old", Done::Forbidden("not by you".into()));
    say(&mut house, remove.clone());
    let (reason, message) = says(&house, "Stalled");
    assert_eq!(
        (reason.as_str(), message.contains("it cannot be removed: forbidden: not by you")),
        ("ChildFailed", true)
    );
    house.api.refuse("delete ConfigMap a/old", Done::Unknown("the connection was cut".into()));
    house.pass(60_000);
    house.api.refuses = None;
    house.pass(60_000);
    assert_eq!(house.api.children(), Vec::<String>::new());
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
}

#[test]
fn a_child_is_removed_by_its_own_uid_from_another_namespace_too() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "far", "namespace": "b"}]}));
    let uid = house.api.get("ConfigMap", Some("b"), "far").unwrap()["metadata"]["uid"].clone();
    let kept = json!([{"name": "far", "namespace": "b", "policy": "keep"}]);
    say(&mut house, json!({"children": kept, "remove": [{"name": "far", "namespace": "b", "uid": uid}]}));
    house.pass(2_000);
    assert_eq!(house.api.children(), Vec::<String>::new());
}
