//! A call is not made where nothing that it would be given has changed, unless somebody insists.

use std::sync::Arc;

use crate::house::script::{liberal, say};
use crate::house::{Api, House, inn, manifest, rooms, towers};
use innkeeper_core::contract::View;
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use serde_json::{Value, json};

/// Calls and skipped calls since the last time this was asked.
fn made(house: &mut House) -> (usize, usize) {
    let skipped = house.ended.drain(..).filter(|(_, ended)| ended.skipped).count();
    (house.called().len(), skipped)
}

fn at_rest() -> House {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    made(&mut house);
    house.requests();
    house
}

fn child(house: &House) -> Value {
    house.api.get("ConfigMap", Some("a"), "one").unwrap().clone()
}

/// Somebody changes of the child what neither guest nor host looks at.
fn annotate_the_child(house: &mut House) {
    let mut theirs = child(house);
    theirs["metadata"]["annotations"]["example.com/note"] = json!("x");
    house.put(theirs);
}

#[test]
fn a_change_of_a_child_that_nobody_is_shown_leads_to_no_call() {
    let mut house = at_rest();
    annotate_the_child(&mut house);
    assert_eq!(made(&mut house), (0, 1));
    assert!(house.requests().iter().all(|r| !r.starts_with("look")));
}

#[test]
fn a_hand_on_what_is_ours_leads_to_a_call_and_is_put_right() {
    let mut house = at_rest();
    let mut theirs = child(&house);
    theirs["data"]["x"] = json!("2");
    theirs["metadata"]["managedFields"][0]["fieldsV1"].as_object_mut().unwrap().remove("f:data");
    house.put(theirs);
    assert!(made(&mut house).0 > 0);
    assert_eq!(child(&house)["data"]["x"], "1");
    let mut theirs = child(&house);
    theirs["metadata"]["labels"] = json!({});
    house.put(theirs);
    assert!(made(&mut house).0 > 0, "our label is one of our marks");
    assert!(child(&house)["metadata"]["labels"]["innkeeper.dev/object-uid"].is_string());
}

#[test]
fn what_the_guest_sees_of_its_children_is_an_input_in_that_view() {
    let mut house = House::reading(|request, world| {
        world.children(View::Metadata);
        rooms(request)
    });
    house.put(inn("x", json!({"rooms": ["one"]})));
    made(&mut house);
    annotate_the_child(&mut house);
    assert_eq!(made(&mut house), (1, 0));
}

#[test]
fn a_call_that_failed_is_made_again() {
    let mut house = at_rest();
    house.api.refuse("apply ConfigMap a/two", innkeeper_core::action::Done::Unknown("cut off".into()));
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    made(&mut house);
    house.api.refuses = None;
    house.pass(1_000);
    assert!(made(&mut house).0 > 0);
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"]);
}

#[test]
fn a_time_that_the_guest_asked_for_insists_and_a_skipped_call_does_not_move_it() {
    let mut house = House::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.requeue_after = Some(10_000);
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.pass(20_000);
    made(&mut house);
    house.pass(6_000);
    annotate_the_child(&mut house);
    assert_eq!(made(&mut house), (0, 1));
    house.pass(4_500);
    assert_eq!(made(&mut house), (1, 0), "ten seconds after the last call, not after the skipped one");
}

/// Its guest reads an object of a kind that is not there.
fn looks_for_a_tower() -> House {
    House::reading(|request, world| {
        let key = Key::new(Kind::new("example.com", "v1", "Tower"), None, "t".into());
        world.get(key, View::Spec)?.unwrap();
        rooms(request)
    })
}

#[test]
fn a_kind_that_comes_is_a_change_though_it_has_no_objects() {
    let mut house = looks_for_a_tower();
    house.put(inn("x", json!({"rooms": []})));
    made(&mut house);
    house.put(towers());
    assert_eq!(made(&mut house), (1, 0));
    house.put(towers());
    assert_eq!(made(&mut house), (0, 0));
}

#[test]
fn a_change_that_waits_for_a_list_is_not_lost_by_one_that_nobody_is_shown() {
    let mut house = looks_for_a_tower();
    house.put(inn("x", json!({"rooms": ["one"]})));
    made(&mut house);
    house.api.unlisted = vec!["Tower"];
    house.put(towers());
    assert_eq!(made(&mut house), (0, 0), "the kind came, and its objects are not known yet");
    annotate_the_child(&mut house);
    assert_eq!(made(&mut house), (0, 0));
    house.api.unlisted.clear();
    house.api.reconnect();
    house.settle();
    assert_eq!(made(&mut house), (1, 0));
}

#[test]
fn what_else_decides_leads_to_a_call_of_every_object() {
    let mut house = at_rest();
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["config"] = json!({"colour": "green"});
    house.put(reconciler);
    assert_eq!(made(&mut house).0, 1);
}

/// A step that was in work when something else came to decide did not come to rest by that.
#[test]
fn a_step_of_yesterday_leaves_no_rest_behind() {
    let mut house = House::new(rooms);
    house.holds = Some("status Inn a/x".into());
    house.put(inn("x", json!({"rooms": []})));
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["config"] = json!({"colour": "green"});
    house.put(reconciler);
    made(&mut house);
    house.release();
    assert_eq!(made(&mut house).0, 1);
}

#[test]
fn a_new_process_calls_every_object_once() {
    let house = at_rest();
    let mut api: Api = house.api;
    api.forget_watches();
    let mut house = House::starting(api, Box::new(rooms), manifest(false));
    house.input(innkeeper_core::engine::Input::ModulesRead);
    assert_eq!(house.calls, 1);
    assert!(house.requests().is_empty());
}

/// Somebody writes what only the host writes, while a step is in work that has no reason to write it.
#[test]
fn what_somebody_does_to_our_conditions_while_a_step_is_in_work_is_put_right_afterwards() {
    let mut house = at_rest();
    house.holds = Some("apply ConfigMap a/one".into());
    let mut theirs = child(&house);
    theirs["data"]["x"] = json!("2");
    theirs["metadata"]["managedFields"][0]["fieldsV1"].as_object_mut().unwrap().remove("f:data");
    house.put(theirs);
    assert_eq!(house.held.len(), 1, "a step is in work");
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["status"]["conditions"][0]["message"] = json!("somebody was here");
    house.put(object);
    house.release();
    let message = house.api.get("Inn", Some("a"), "x").unwrap()["status"]["conditions"][0]["message"].clone();
    assert_eq!(message, "its child is ready");
}

#[test]
fn each_setting_of_the_reconciler_is_an_input() {
    for (field, value) in [
        ("limits", json!({"time": "7s"})),
        ("permissions", json!({"apply": [{"group": "", "kinds": ["ConfigMap"]}]})),
        ("config", json!({"colour": "green"})),
    ] {
        let mut house = at_rest();
        let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
        reconciler["spec"][field] = value;
        house.put(reconciler.clone());
        assert_eq!(made(&mut house).0, 1, "{field}");
        reconciler["metadata"]["labels"] = json!({"touched": "yes"});
        house.put(reconciler);
        assert_eq!(made(&mut house), (0, 0), "{field}: nothing changed");
    }
}

#[test]
fn a_child_whose_owner_does_not_control_it_any_more_is_put_right() {
    let mut house = at_rest();
    let mut theirs = child(&house);
    theirs["metadata"]["ownerReferences"][0]["controller"] = json!(false);
    house.put(theirs);
    assert!(made(&mut house).0 > 0, "who controls it is one of our marks");
}

/// The object changes in a way that its guest is not shown.
fn touch(house: &mut House) -> (usize, usize) {
    let mut touched = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    touched["metadata"]["managedFields"] = json!([{"manager": "somebody", "operation": "Update", "fieldsV1": {}}]);
    made(house);
    house.put(touched);
    made(house)
}

#[test]
fn what_was_written_to_the_object_or_to_a_child_that_was_there_is_known_when_it_is_told() {
    let mut house = liberal();
    say(&mut house, json!({}));
    assert_eq!(touch(&mut house), (0, 1), "its status was written");
    let mut house = coloured();
    paint(&mut house, "green");
    assert_eq!(child(&house)["data"]["x"], "green");
    assert_eq!(made(&mut house), (1, 1), "its child was written");
}

/// Its first child says in which colour the object is labelled.
fn coloured() -> House {
    let mut house = House::new(|request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let colour = object["metadata"]["labels"]["colour"].as_str().unwrap_or("none").to_owned();
        crate::house::wants(vec![crate::house::config_map("one", &colour), crate::house::config_map("two", "1")])
    });
    house.put(inn("x", json!({})));
    made(&mut house);
    house
}

fn paint(house: &mut House, colour: &str) {
    let mut painted = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    painted["metadata"]["labels"] = json!({"colour": colour});
    house.put(painted);
}

/// Such as where a backup is restored just then: the stores see no difference.
#[test]
fn what_was_undone_before_it_was_told_is_done_again() {
    let mut house = coloured();
    let before = child(&house);
    let kind = Kind::new("", "v1", "ConfigMap");
    house.api.hold_back(&Watch::children(Arc::new(Resource { kind, plural: "configmaps".into(), namespaced: true })));
    paint(&mut house, "green");
    assert_eq!(child(&house)["data"]["x"], "green");
    house.api.put(before);
    house.api.let_go();
    house.api.reconnect();
    house.settle();
    assert_eq!(child(&house)["data"]["x"], "green");
}

/// The same of what a guest says of its object.
#[test]
fn what_was_undone_of_the_object_itself_before_it_was_told_is_done_again() {
    let palette = |colour: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "palette", "namespace": "a"}, "data": {"colour": colour}});
    let mut house = House::reading(|request, world| {
        let key = Key::new(Kind::new("", "v1", "ConfigMap"), Some("a".into()), "palette".into());
        let found = world.get(key, View::Full)?.unwrap();
        let found: Value = found.map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
        let mut outcome = rooms(request)?;
        outcome.labels = vec![("colour".into(), found["data"]["colour"].as_str().unwrap_or("none").into())];
        Ok(outcome)
    });
    house.put(palette("red"));
    house.put(inn("x", json!({"rooms": ["one"]})));
    let colour = |house: &House| house.api.get("Inn", Some("a"), "x").unwrap()["metadata"]["labels"]["colour"].clone();
    let before = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    assert_eq!(colour(&house), "red");
    let kind = Kind::new("example.com", "v1", "Inn");
    house.api.hold_back(&Watch::all(Arc::new(Resource { kind, plural: "inns".into(), namespaced: true })));
    house.put(palette("green"));
    assert_eq!(colour(&house), "green");
    house.api.put(before);
    house.api.let_go();
    house.api.reconnect();
    house.settle();
    assert_eq!(colour(&house), "green");
}

#[test]
fn a_removal_that_was_carried_out_leaves_nothing_to_do() {
    let mut house = liberal();
    house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", "namespace": "a"}}));
    let uid = house.api.get("ConfigMap", Some("a"), "old").unwrap()["metadata"]["uid"].clone();
    say(&mut house, json!({"remove": [{"name": "old", "uid": uid}]}));
    touch(&mut house);
    assert_eq!(touch(&mut house), (0, 1));
}

/// The call waits for the list of a kind that it reads for the first time, and is made again.
#[test]
fn what_an_object_was_told_is_remembered_when_its_call_is_put_off() {
    use innkeeper_core::contract::{Event, EventType, Outcome};
    let mut house = House::reading(|request, world| {
        if request.object.contains("\"looks\"") {
            let key = Key::new(Kind::new("", "v1", "Secret"), None, "s".into());
            world.get(key, View::Full)?.unwrap();
        }
        let (reason, action) = ("Moved".to_owned(), "Move".to_owned());
        let event = Event { kind: EventType::Normal, reason, action, message: "to the left".into() };
        Ok(Outcome { events: vec![event], ..Outcome::default() })
    });
    house.put(inn("x", json!({})));
    assert_eq!(house.events.len(), 1);
    house.put(inn("x", json!({"looks": true})));
    assert!(house.called().len() > 2, "it was put off");
    assert_eq!(house.events.len(), 1);
}
