//! Fields that a guest sets on objects which are not its children: what is in the way, and what it is told.

use std::cell::RefCell;
use std::rc::Rc;

use crate::house::House;
use crate::house::script::{follows, liberal, say, says};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::contract::State;
use serde_json::{Value, json};

fn theirs(name: &str) -> Value {
    let entry = json!({"manager": "somebody", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:theirs": {}}}});
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"theirs": "1"},
        "metadata": {"name": name, "namespace": "a", "managedFields": [entry]},
    })
}

fn gives(text: &str) -> Value {
    json!({"gives": [{"name": "one", "data": {"ours": text}}]})
}

fn data(house: &House) -> Value {
    house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"].clone()
}

fn applied(house: &mut House) -> usize {
    house.requests().iter().filter(|request| *request == "apply ConfigMap a/one").count()
}

/// What a guest was told of its gifts, call by call.
type Told = Rc<RefCell<Vec<Vec<(State, String)>>>>;

/// A house whose guest gives, and what it was told of that.
fn told() -> (House, Told) {
    let mut house = liberal();
    let told = Told::default();
    let calls = told.clone();
    house.guest = Box::new(move |request| {
        let all = request.contributions.iter().map(|v| (v.state, v.message.clone()));
        calls.borrow_mut().push(all.collect());
        follows(request)
    });
    (house, told)
}

#[test]
fn a_field_is_set_once_and_again_when_it_changes_or_is_taken_away() {
    let mut house = liberal();
    house.put(theirs("one"));
    say(&mut house, gives("1"));
    assert_eq!((data(&house), applied(&mut house)), (json!({"theirs": "1", "ours": "1"}), 1));
    let mut more = gives("1");
    more["more"] = json!(1);
    say(&mut house, more);
    assert_eq!(applied(&mut house), 0, "it is as it should be");
    say(&mut house, gives("2"));
    assert_eq!((data(&house), applied(&mut house)), (json!({"theirs": "1", "ours": "2"}), 1));
    let mut object = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    for entry in object["metadata"]["managedFields"].as_array_mut().unwrap() {
        entry["fieldsV1"]["f:data"].as_object_mut().unwrap().remove("f:ours");
    }
    object["data"]["ours"] = json!("stolen");
    house.put(object);
    assert_eq!(data(&house)["ours"], "2", "somebody took it over");
}

#[test]
fn a_gift_whose_mark_was_removed_is_given_again() {
    let mut house = liberal();
    house.put(theirs("one"));
    say(&mut house, gives("1"));
    house.requests();
    let mut object = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    object["metadata"]["annotations"] = json!({});
    house.put(object);
    assert_eq!(applied(&mut house), 1);
}

#[test]
fn an_object_that_goes_is_given_nothing_until_it_comes_again() {
    let mut house = liberal();
    let mut going = theirs("one");
    going["metadata"]["finalizers"] = json!(["example.com/slow"]);
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    house.put(going.clone());
    say(&mut house, gives("1"));
    assert_eq!(applied(&mut house), 0);
    let (reason, message) = says(&house, "Reconciling");
    assert_eq!(reason, "ChildrenNotReady");
    assert!(
        message.contains("ConfigMap a/one: it is being deleted; the fields are set when it comes again"),
        "{message}"
    );
    going["metadata"]["finalizers"] = json!([]);
    house.put(going);
    let (_, message) = says(&house, "Reconciling");
    assert!(message.contains("it is not there; the fields are set when it comes"), "{message}");
    house.put(theirs("one"));
    assert_eq!(data(&house)["ours"], "1");
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
}

/// Somebody else owns the field: only force sets it. Whether a rehearsal may set the rest.
fn contested(house: &mut House, rest_is_free: bool) {
    house.api.refuses = Some(Box::new(move |action| match action {
        Action::Apply { at, force: false, manifest, .. } if at.name == "one" && !manifest["data"].is_null() => {
            Some(Done::Conflict("somebody owns data.ours".into()))
        }
        Action::Rehearse(_) if !rest_is_free => Some(Done::Conflict("somebody owns data.more".into())),
        _ => None,
    }));
}

#[test]
fn a_field_of_somebody_elses_is_a_conflict_that_the_guest_is_told_of() {
    let (mut house, told) = told();
    house.put(theirs("one"));
    contested(&mut house, true);
    say(&mut house, gives("1"));
    assert_eq!(data(&house), json!({"theirs": "1"}));
    let (reason, message) = says(&house, "Stalled");
    assert_eq!(reason, "Conflict");
    assert!(message.contains("ConfigMap a/one: somebody owns data.ours"), "{message}");
    let mut more = gives("1");
    more["more"] = json!(1);
    say(&mut house, more);
    assert_eq!(told.borrow().last().unwrap()[..], [(State::Conflict, "somebody owns data.ours".to_owned())]);
}

#[test]
fn a_field_is_taken_where_the_guest_says_so_and_nothing_else_is() {
    for (rest_is_free, expected) in [(true, "1"), (false, "theirs")] {
        let mut house = liberal();
        let mut object = theirs("one");
        object["data"]["ours"] = json!("theirs");
        house.put(object);
        contested(&mut house, rest_is_free);
        say(&mut house, json!({"gives": [{"name": "one", "data": {"ours": "1", "more": "1"}, "take": ["data.ours"]}]}));
        let asked: Vec<String> = house.requests().into_iter().filter(|r| r.contains("ConfigMap")).collect();
        assert_eq!(asked[..2], ["apply ConfigMap a/one", "rehearse ConfigMap a/one"], "{asked:?}");
        assert_eq!(data(&house)["ours"], expected);
        if !rest_is_free {
            assert_eq!(says(&house, "Stalled").0, "Conflict");
        }
    }
}

#[test]
fn what_the_cluster_refuses_is_told_and_what_is_lost_is_tried_again() {
    for (answer, words) in [
        (Done::Forbidden("not by you".into()), "forbidden: not by you"),
        (Done::Invalid("it will not have it".into()), "it will not have it"),
    ] {
        let mut house = liberal();
        house.put(theirs("one"));
        house.api.refuse("apply ConfigMap a/one", answer);
        say(&mut house, gives("1"));
        let (reason, message) = says(&house, "Stalled");
        assert_eq!(reason, "ChildFailed");
        assert!(message.contains(words), "{message}");
        house.api.refuses = None;
        house.pass(60_000);
        assert_eq!(data(&house)["ours"], "1", "{words}");
    }
}

#[test]
fn a_gift_that_is_not_meant_any_more_is_withdrawn_after_the_children_are_made() {
    let mut house = liberal();
    house.put(theirs("one"));
    say(&mut house, gives("1"));
    house.requests();
    house.api.refuse("apply ConfigMap a/child", Done::Forbidden("not by you".into()));
    say(&mut house, json!({"children": [{"name": "child"}]}));
    assert_eq!(data(&house)["ours"], "1", "a child could not be made");
    let (_, message) = says(&house, "Stalled");
    assert!(message.contains("ConfigMap a/child: forbidden"), "{message}");
    house.api.refuses = None;
    house.pass(60_000);
    assert_eq!(data(&house), json!({"theirs": "1"}));
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["metadata"]["finalizers"], json!([]), "nothing needs it any more");
}

#[test]
fn two_gifts_to_objects_of_one_kind_are_two() {
    let (mut house, told) = told();
    house.put(theirs("one"));
    house.put(theirs("two"));
    let two = json!({"gives": [{"name": "one", "data": {"ours": "1"}}, {"name": "two", "data": {"ours": "2"}}]});
    say(&mut house, two.clone());
    assert_eq!(house.api.get("ConfigMap", Some("a"), "two").unwrap()["data"]["ours"], "2");
    let mut more = two;
    more["more"] = json!(1);
    say(&mut house, more);
    assert_eq!(told.borrow().last().unwrap()[..], [(State::Current, String::new()), (State::Current, String::new())]);
    say(&mut house, gives("1"));
    assert_eq!(house.api.get("ConfigMap", Some("a"), "two").unwrap()["data"], json!({"theirs": "1"}));
    assert_eq!(data(&house)["ours"], "1");
}

#[test]
fn the_next_process_tells_its_guest_what_is_given() {
    let (mut house, told) = told();
    house.put(theirs("one"));
    say(&mut house, gives("1"));
    let (guest, mut api) = (house.guest, house.api);
    api.forget_watches();
    told.borrow_mut().clear();
    let _next = House::over(api, guest);
    assert_eq!(told.borrow()[0][..], [(State::Current, String::new())]);
}

#[test]
fn gifts_come_before_children() {
    let mut house = liberal();
    house.put(theirs("one"));
    house.requests();
    say(&mut house, json!({"gives": [{"name": "one", "data": {"ours": "1"}}], "children": [{"name": "child"}]}));
    let asked = house.requests();
    let at = |name: &str| asked.iter().position(|request| request == name);
    assert!(at("apply ConfigMap a/one").is_some());
    assert!(at("apply ConfigMap a/one") < at("apply ConfigMap a/child"), "{asked:?}");
}

#[test]
fn what_an_object_that_goes_gave_is_withdrawn_when_its_children_are_gone_and_not_before() {
    let mut house = liberal();
    house.put(theirs("one"));
    let mut spec = gives("1");
    spec["children"] = json!([{"name": "far", "namespace": "b"}]);
    say(&mut house, spec);
    let far = |house: &House| house.api.get("ConfigMap", Some("b"), "far").unwrap().clone();
    let mut held = far(&house);
    held["metadata"]["finalizers"] = json!(["example.com/slow"]);
    house.put(held);
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    assert_eq!(data(&house)["ours"], "1", "a child that may need it is there");
    let mut free = far(&house);
    free["metadata"]["finalizers"] = json!([]);
    house.put(free);
    assert!(data(&house)["ours"].is_null() && house.api.get("Inn", Some("a"), "x").is_none());
}

#[test]
fn a_gift_that_comes_to_light_when_all_is_at_rest_is_withdrawn() {
    let mut house = liberal();
    house.put(theirs("one"));
    say(&mut house, gives("1"));
    let mut given = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    // Another object of the kind gives too, so that the kind stays watched.
    house.put(theirs("two"));
    house.put(crate::house::inn("y", json!({"gives": [{"name": "two", "data": {"ours": "1"}}]})));
    say(&mut house, json!({}));
    house.pass(60_000);
    given["data"]["ours"] = json!("1");
    house.put(given);
    let mut touched = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    touched["metadata"]["managedFields"] = json!([{"manager": "somebody", "operation": "Update", "fieldsV1": {}}]);
    house.put(touched);
    assert!(data(&house)["ours"].is_null(), "somebody brought it back from a backup");
}

#[test]
fn what_an_object_that_goes_gave_is_withdrawn_although_somebody_took_our_finalizer_away() {
    let maps = json!([{"group": "", "kinds": ["ConfigMap"], "reach": "Own"}]);
    let spec = json!({"module": {"folder": {}}, "permissions": {"contribute": maps}});
    let mut house = House::declared(spec, follows, crate::house::manifest(true));
    house.put(theirs("one"));
    say(&mut house, gives("1"));
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["finalizers"] = json!(["innkeeper.dev/guest"]);
    house.put(object);
    assert_eq!(data(&house)["ours"], "1", "its guest has work to do");
    say(&mut house, json!({"finished": true}));
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert!(data(&house)["ours"].is_null());
}
