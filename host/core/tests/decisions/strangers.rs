//! Names that two want at once.

use crate::house::api::{CREATED, LATER};
use crate::house::{House, config_map, inn, rooms, wants};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::contract::{Adopt, Failure, Request};
use innkeeper_core::engine::Input;
use serde_json::{Value, json};

/// What somebody else writes: with an entry of its own in managedFields.
fn strangers(name: &str) -> Value {
    let entry = json!({"manager": "somebody", "operation": "Update", "apiVersion": "v1", "time": CREATED,
                       "fieldsV1": {"f:data": {"f:own": {}}}});
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"own": "1"},
        "metadata": {"name": name, "namespace": "a", "managedFields": [entry]},
    })
}

/// A house whose object claims a name that somebody else takes between the look and the apply, and cannot
/// withdraw from it yet.
fn met(spec: Value, unanswered: Done) -> House {
    let mut house = House::new(rooms);
    house.holds = Some("look ConfigMap a/one".into());
    house.put(inn("x", spec));
    house.put(strangers("one"));
    house.api.refuses = Some(Box::new(move |action| {
        let withdrawal = matches!(action, Action::Apply { manifest, .. } if manifest["data"].is_null());
        withdrawal.then(|| unanswered.clone())
    }));
    house.release();
    house
}

fn untouched(house: &House, told: &str) {
    let object = house.api.get("ConfigMap", Some("a"), "one").expect("it is there");
    assert_eq!(object["data"], json!({"own": "1"}), "{told}");
    assert!(object["metadata"]["labels"]["innkeeper.dev/object-uid"].is_null(), "{told}");
}

#[test]
fn a_withdrawal_from_a_strangers_object_is_tried_until_it_took_effect() {
    let throttled = Done::Throttled { after_ms: 10, message: "too many requests".into() };
    for answer in [Done::Unknown("timeout".into()), throttled, Done::Conflict("try again".into())] {
        let told = format!("{answer:?}");
        let mut house = met(json!({"rooms": ["one"]}), answer);
        house.pass(20);
        house.api.refuses = None;
        house.pass(60_000);
        untouched(&house, &told);
        let object = house.api.get("Inn", Some("a"), "x").unwrap();
        assert_eq!(object["status"]["conditions"][0]["reason"], "Conflict", "{told}");
    }
}

#[test]
fn a_strangers_object_that_is_no_longer_wanted_is_withdrawn_from_and_not_deleted() {
    let mut house = met(json!({"rooms": ["one"]}), Done::Unknown("timeout".into()));
    house.put(inn("x", json!({"rooms": []})));
    house.pass(60_000);
    house.api.refuses = None;
    (0..5).for_each(|_| house.pass(1_000_000));
    untouched(&house, "it is no longer wanted");
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

/// A house whose object claimed a name, and whose claim's answer was lost.
fn unanswered(somebody_was_first: bool) -> House {
    let mut house = House::new(rooms);
    house.holds = Some("look ConfigMap a/one".into());
    house.loses = Some("apply ConfigMap a/one".into());
    house.put(inn("x", json!({"rooms": ["one"]})));
    if somebody_was_first {
        house.put(strangers("one"));
    }
    house.release();
    assert_eq!(house.loses, None, "the answer was lost");
    house
}

#[test]
fn a_strangers_object_is_withdrawn_from_although_the_answer_to_the_claim_was_lost() {
    let mut house = unanswered(true);
    house.pass(60_000);
    untouched(&house, "its claim was not answered");
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["status"]["conditions"][0]["reason"], "Conflict");
    assert!(object["status"]["conditions"][0]["message"].as_str().unwrap().contains("written by somebody"));
}

#[test]
fn a_child_whose_answer_was_lost_stays_ours_when_somebody_writes_it_later() {
    let mut house = unanswered(false);
    house.pass(60_000);
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["data"]["more"] = "theirs".into();
    let theirs = strangers("one")["metadata"]["managedFields"][0].clone();
    child["metadata"]["managedFields"].as_array_mut().unwrap().push(theirs);
    house.put(child);
    house.put(inn("x", json!({"rooms": ["one"], "again": 1})));
    house.pass(60_000);
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["status"]["conditions"][0]["reason"], "ChildrenReady");
}

/// A house whose object made a child and was not told; somebody else wrote it at that time, before it was seen.
fn unanswered_and_written(at: &str) -> House {
    let mut house = House::new(rooms);
    house.holds = Some("apply ConfigMap a/one".into());
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    let mut theirs = strangers("one")["metadata"]["managedFields"][0].clone();
    (child["data"]["own"], theirs["time"]) = ("1".into(), at.into());
    child["metadata"]["managedFields"].as_array_mut().unwrap().push(theirs);
    house.put(child);
    for answer in &mut house.held {
        let Input::Done { done, .. } = answer else { continue };
        *done = Done::Unknown("the connection was cut".into());
    }
    house
}

fn is_kept(house: &mut House) {
    house.release();
    house.pass(60_000);
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["status"]["conditions"][0]["reason"], "ChildrenReady", "{}", object["status"]);
    let child = house.api.get("ConfigMap", Some("a"), "one").unwrap();
    assert_eq!(child["metadata"]["annotations"]["innkeeper.dev/object"], "Inn.example.com/a/x");
}

#[test]
fn a_child_that_others_wrote_only_later_is_ours_although_the_answer_was_lost() {
    is_kept(&mut unanswered_and_written(LATER));
}

#[test]
fn a_child_that_cannot_be_without_our_fields_is_ours_although_somebody_wrote_it_at_once() {
    let mut house = unanswered_and_written(CREATED);
    house.api.refuses = Some(Box::new(|action| {
        let withdrawal = matches!(action, Action::Apply { manifest, .. } if manifest["data"].is_null());
        withdrawal.then(|| Done::Invalid("data: Required value".into()))
    }));
    is_kept(&mut house);
}

#[test]
fn of_two_objects_that_claim_a_name_at_once_the_second_is_told_whose_it_is() {
    let mut house = House::new(rooms);
    house.holds = Some("look ConfigMap a/one".into());
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.put(inn("y", json!({"rooms": ["one"]})));
    house.release();
    let reason = |name: &str| {
        let object = house.api.get("Inn", Some("a"), name).unwrap();
        object["status"]["conditions"][0]["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!((reason("x"), reason("y")), ("ChildrenReady".into(), "Conflict".into()));
    let child = house.api.get("ConfigMap", Some("a"), "one").unwrap();
    assert_eq!(child["metadata"]["annotations"]["innkeeper.dev/object"], "Inn.example.com/a/x");
}

#[test]
fn a_step_that_waits_for_a_name_goes_on_when_the_kind_of_the_other_is_no_longer_kept() {
    let mut house = House::new(rooms);
    house.holds = Some("apply ConfigMap a/one".into());
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.put(inn("y", json!({"rooms": ["one"]})));
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    house.release();
    house.put(inn("x", json!({"rooms": ["two"]})));
    house.pass(60_000);
    let ready = house.api.get("Inn", Some("a"), "x").unwrap()["status"]["conditions"][0]["status"].clone();
    assert_eq!(ready, "True");
    assert!(house.engine.is_idle(), "no step waits for ever");
}

/// Both ask to adopt what nobody controls. A cluster-scoped child has no ownerReference to tell whose it is.
#[test]
fn a_child_of_another_object_is_not_adopted_as_one_that_nobody_controls() {
    let mut calls = 0;
    let guest = move |_: &Request| {
        calls += 1;
        let mut child = config_map("one", "1");
        child.manifest = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"}}).to_string();
        child.adopt = Adopt::Unowned;
        if calls < 100 { wants(vec![child]) } else { Err(Failure::Trap("the two fight".into())) }
    };
    let mut house = House::new(guest);
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["permissions"]["apply"] = json!([{"group": "", "kinds": ["Node"], "reach": "Cluster"}]);
    house.put(reconciler);
    house.put(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"}}));
    house.put(inn("x", json!({})));
    house.put(inn("y", json!({})));
    (0..5).for_each(|_| house.pass(10_000));
    let child = house.api.get("Node", None, "one").expect("it is there");
    assert_eq!(child["metadata"]["annotations"]["innkeeper.dev/object"], "Inn.example.com/a/x");
    let conditions = &house.api.get("Inn", Some("a"), "y").unwrap()["status"]["conditions"];
    assert_eq!(conditions[0]["reason"], "Conflict", "{}", conditions[0]["message"]);
}

#[test]
fn a_child_that_somebody_wrote_in_the_same_second_may_be_theirs_and_is_withdrawn_from() {
    let mut house = unanswered_and_written(CREATED);
    house.release();
    house.pass(60_000);
    untouched(&house, "nobody can tell who was first");
}

#[test]
fn a_claim_that_meets_what_only_we_have_written_keeps_it() {
    let mut house = House::new(rooms);
    house.holds = Some("look ConfigMap a/one".into());
    house.put(inn("x", json!({"rooms": ["one"]})));
    let ours = json!({"manager": "innkeeper.Inn.example.com", "operation": "Apply", "apiVersion": "v1", "time": CREATED, "fieldsV1": {"f:data": {"f:x": {}}}});
    let mut there = strangers("one");
    (there["data"], there["metadata"]["managedFields"]) = (json!({"x": "0"}), json!([ours]));
    house.put(there);
    house.release();
    let child = house.api.get("ConfigMap", Some("a"), "one").unwrap();
    assert_eq!(child["data"]["x"], "1");
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["status"]["conditions"][0]["reason"], "ChildrenReady");
}

/// The object changes in a way that its guest is not shown: whether its guest was called, and what was asked for.
fn touch(house: &mut House) -> (usize, Vec<String>) {
    let mut touched = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    touched["metadata"]["managedFields"] = json!([{"manager": "somebody", "operation": "Update", "fieldsV1": {}}]);
    house.requests();
    let calls = house.calls;
    house.put(touched);
    (house.calls - calls, house.requests())
}

#[test]
fn after_a_withdrawal_nothing_of_it_is_left_to_do() {
    let mut house = met(json!({"rooms": ["one"]}), Done::Unknown("timeout".into()));
    house.api.refuses = None;
    house.pass(60_000);
    house.requests();
    (0..3).for_each(|_| house.pass(10_500));
    assert_eq!(house.requests(), ["look ConfigMap a/one"; 3], "it is in the way still");

    let mut house = met(json!({"rooms": ["one"]}), Done::Unknown("timeout".into()));
    house.put(inn("x", json!({"rooms": []})));
    house.api.refuses = None;
    house.pass(60_000);
    house.pass(60_000);
    assert_eq!(touch(&mut house), (0, vec![]), "it is at rest");

    let mut house = met(json!({"rooms": ["one"]}), Done::NotFound("it is gone".into()));
    house.api.refuses = None;
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    house.pass(60_000);
    house.pass(60_000);
    assert_eq!(house.api.get("Inn", Some("a"), "x").unwrap()["status"]["conditions"][0]["reason"], "ChildrenReady");
    assert_eq!(touch(&mut house), (0, vec![]), "it is at rest");
}

#[test]
fn a_strangers_object_that_the_cluster_does_not_let_us_leave_is_told_and_not_asked_about_in_circles() {
    let house = met(json!({"rooms": ["one"]}), Done::Invalid("data: Required value".into()));
    let trouble = house.ended.last().unwrap().1.trouble.clone().unwrap_or_default();
    assert!(trouble.contains("Our fields cannot be withdrawn from it yet: data: Required value"), "{trouble}");
}

#[test]
fn what_we_never_wrote_is_not_withdrawn_from_although_the_answer_to_the_claim_was_lost() {
    let mut house = House::new(rooms);
    house.api.refuse("apply ConfigMap a/one", Done::Unknown("the connection was cut".into()));
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.api.refuses = None;
    house.requests();
    house.put(strangers("one"));
    house.pass(60_000);
    let asked = house.requests();
    assert!(asked.iter().all(|request| !request.starts_with("apply")), "{asked:?}");
    assert_eq!(house.api.get("Inn", Some("a"), "x").unwrap()["status"]["conditions"][0]["reason"], "Conflict");
}

#[test]
fn what_the_stores_show_by_then_is_not_looked_at_although_the_answer_to_the_claim_was_lost() {
    let mut house = unanswered(false);
    house.requests();
    house.pass(60_000);
    let asked = house.requests();
    assert!(!asked.contains(&"look ConfigMap a/one".to_owned()), "{asked:?}");
}

fn looks(house: &House) -> usize {
    house.requests.iter().filter(|request| *request == "look ConfigMap a/one").count()
}

#[test]
fn nobody_looks_at_a_name_while_a_claim_of_it_is_in_flight() {
    let mut house = House::new(rooms);
    house.holds = Some("apply ConfigMap a/one".into());
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.put(inn("y", json!({"rooms": ["one"]})));
    assert_eq!((house.held.len(), looks(&house)), (1, 1));
    house.release();
    assert!(looks(&house) > 1);
}

#[test]
fn an_object_changes_its_own_child_while_another_looks_at_its_name() {
    let mut house = crate::house::script::liberal();
    let wants = |x: &str| json!({"children": [{"name": "one", "data": {"x": x}}]});
    house.put(inn("x", wants("1")));
    house.holds = Some("look ConfigMap a/one".into());
    house.put(inn("y", wants("3")));
    assert_eq!(house.held.len(), 1);
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["spec"] = wants("2");
    house.put(object);
    assert_eq!(house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"]["x"], "2");
    house.release();
}
