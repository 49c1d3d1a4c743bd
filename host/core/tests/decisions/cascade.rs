//! `kubectl delete --cascade=…`: children that somebody wants to stay, and children that go before their object.

use std::sync::Arc;

use crate::house::script::{liberal, say};
use crate::house::{House, config_map, inn, manifest, wants};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::contract::{Child, Outcome, Phase};
use innkeeper_core::engine::Input;
use innkeeper_core::object::Object;
use serde_json::{Value, json};

/// A house whose guest wants one ConfigMap, and is finished when the spec says so.
fn house() -> House {
    let mut house = House::finalizing(|request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let finished = request.phase == Phase::Finalize && object["spec"]["finished"] == true;
        let children = if object["spec"]["none"] == true { vec![] } else { vec![config_map("one", "1")] };
        wants(children).map(|outcome| Outcome { finished, ..outcome })
    });
    house.put(inn("x", json!({})));
    house
}

fn object(house: &House) -> Value {
    house.api.get("Inn", Some("a"), "x").expect("it is there").clone()
}

/// What the API server makes of the deletion, with these finalizers of Kubernetes' own.
fn delete(house: &mut House, finalizer: &str) {
    let mut object = object(house);
    object["metadata"]["finalizers"].as_array_mut().unwrap().push(finalizer.into());
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    house.put(object);
}

/// What Kubernetes' garbage collection does to a child that is to stay.
fn orphan(house: &mut House) {
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["metadata"].as_object_mut().unwrap().remove("ownerReferences");
    child["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]
        .as_object_mut()
        .unwrap()
        .remove("f:ownerReferences");
    house.put(child);
}

fn edit(house: &mut House, field: &str, value: Value) {
    let mut object = object(house);
    object["spec"][field] = value;
    house.put(object);
}

fn owners(house: &House) -> Value {
    house.api.get("ConfigMap", Some("a"), "one").unwrap()["metadata"]["ownerReferences"].clone()
}

#[test]
fn children_that_are_to_stay_stay_whatever_their_guest_says() {
    let mut house = house();
    delete(&mut house, "orphan");
    orphan(&mut house);
    let mut done = object(&house);
    done["metadata"]["finalizers"].as_array_mut().unwrap().retain(|f| f != "orphan");
    house.put(done);
    assert!(owners(&house).is_null(), "it does not get its owner back");
    edit(&mut house, "none", json!(true));
    edit(&mut house, "finished", json!(true));
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert!(owners(&house).is_null(), "and it is there");
}

#[test]
fn a_child_that_lost_its_owner_gets_it_back_only_while_its_object_stays() {
    let mut staying = house();
    orphan(&mut staying);
    assert!(!owners(&staying).is_null());

    let mut going = house();
    going.requests();
    let mut object = object(&going);
    object["metadata"]["finalizers"].as_array_mut().unwrap().push("orphan".into());
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    // The watch of children tells first.
    going.api.put(object);
    let late = going.api.next_event().unwrap();
    orphan(&mut going);
    assert_eq!(going.requests(), ["look Inn a/x"]);
    assert!(owners(&going).is_null());
    going.input(Input::Watched(late.0, late.1));
    assert!(owners(&going).is_null());
}

#[test]
fn nothing_is_made_that_kubernetes_would_delete_at_once() {
    let mut house = house();
    delete(&mut house, "foregroundDeletion");
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    assert_eq!(house.api.children(), Vec::<String>::new());
    assert!(object(&house)["status"].to_string().contains("--cascade=foreground"), "{}", object(&house)["status"]);
    edit(&mut house, "finished", json!(true));
    assert_eq!(object(&house)["metadata"]["finalizers"], json!(["foregroundDeletion"]), "the rest is Kubernetes'");
}

#[test]
fn a_child_that_was_made_while_its_object_was_deleted_in_the_foreground_goes() {
    let mut house = house();
    edit(&mut house, "finished", json!(true));
    delete(&mut house, "foregroundDeletion");
    assert_eq!(house.api.children(), Vec::<String>::new());
}

/// A house whose object has a child in another namespace, where Kubernetes' garbage collection finds nothing to do.
fn abroad() -> House {
    let permitted = json!([{"group": "", "kinds": ["ConfigMap"], "reach": "All"}]);
    let spec = json!({"module": {"folder": {}}, "permissions": {"apply": permitted}});
    let far = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "far", "namespace": "b"}});
    let guest = move |_: &_| wants(vec![Child { manifest: far.to_string(), ..config_map("far", "1") }]);
    let mut house = House::declared(spec, guest, manifest(false));
    house.put(inn("x", json!({})));
    assert_eq!(object(&house)["metadata"]["finalizers"], json!(["innkeeper.dev/children"]));
    house
}

/// Kubernetes' garbage collection has found no dependents that it can reach: its finalizer goes at once.
fn without_orphan(mut object: Value) -> Value {
    object["metadata"]["finalizers"].as_array_mut().unwrap().retain(|f| f != "orphan");
    object
}

fn is_gone_without_its_child(house: &House, told: &str) {
    assert!(house.api.get("Inn", Some("a"), "x").is_none(), "{told}");
    assert_eq!(house.api.children(), ["ConfigMap b/far"], "{told}");
}

#[test]
fn children_abroad_stay_when_kubernetes_was_faster_than_the_note_of_it() {
    let mut house = abroad();
    let mut going = object(&house);
    going["metadata"]["finalizers"].as_array_mut().unwrap().push("orphan".into());
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    house.api.put(going.clone());
    house.api.put(without_orphan(going));
    house.settle();
    house.pass(60_000);
    is_gone_without_its_child(&house, "the note met a conflict");
}

#[test]
fn children_abroad_stay_when_nobody_could_look_while_the_wish_was_shown() {
    let mut house = abroad();
    house.holds = Some("status Inn a/x".into());
    let mut changed = object(&house);
    (changed["spec"]["more"], changed["metadata"]["generation"]) = (json!(true), json!(2));
    house.put(changed);
    assert!(!house.held.is_empty(), "a step is in work");
    delete(&mut house, "orphan");
    house.put(without_orphan(object(&house)));
    house.release();
    house.pass(60_000);
    is_gone_without_its_child(&house, "a step was in work");
}

#[test]
fn children_abroad_of_a_paused_object_stay() {
    let mut house = abroad();
    let mut paused = object(&house);
    paused["metadata"]["annotations"] = json!({"innkeeper.dev/paused": "true"});
    house.put(paused);
    delete(&mut house, "orphan");
    house.put(without_orphan(object(&house)));
    if house.api.get("Inn", Some("a"), "x").is_some() {
        let mut resumed = object(&house);
        resumed["metadata"]["annotations"]["innkeeper.dev/paused"] = json!("false");
        house.put(resumed);
    }
    is_gone_without_its_child(&house, "what is paused is not worked on, but what somebody wishes is noted");
}

#[test]
fn a_child_without_an_owner_is_left_alone_when_its_object_was_made_anew_meanwhile() {
    let mut house = house();
    let mut anew = object(&house);
    anew["metadata"]["uid"] = json!("another");
    house.api.refuses = Some(Box::new(move |action| match action {
        Action::Look(at) if at.resource.kind.kind == "Inn" => {
            let object = Arc::new(Object::parse(&anew.to_string(), None).unwrap());
            Some(Done::Object { object, created: false })
        }
        _ => None,
    }));
    orphan(&mut house);
    assert!(owners(&house).is_null());
    house.api.refuses = None;
    house.pass(60_000);
}

/// A new process over what the one before left.
fn carried_on(house: House) -> House {
    let mut api = house.api;
    api.forget_watches();
    House::over(api, house.guest)
}

#[test]
fn a_child_that_was_orphaned_while_nobody_looked_stays() {
    let mut first = house();
    let mut api = std::mem::take(&mut first.api);
    api.forget_watches();
    let mut going = api.get("Inn", Some("a"), "x").unwrap().clone();
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    going["metadata"]["finalizers"] = json!(["innkeeper.dev/children", "innkeeper.dev/guest"]);
    going["spec"]["finished"] = json!(true);
    api.put(going);
    let mut child = api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["metadata"].as_object_mut().unwrap().remove("ownerReferences");
    child["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]
        .as_object_mut()
        .unwrap()
        .remove("f:ownerReferences");
    api.put(child);
    let next = House::over(api, first.guest);
    assert!(next.api.get("Inn", Some("a"), "x").is_none());
    assert_eq!(next.api.children(), ["ConfigMap a/one"], "Kubernetes let it stay");
}

/// What is paused is not worked on: who starts later must know of the wish all the same.
#[test]
fn the_wish_that_the_children_of_a_paused_object_stay_outlives_the_process() {
    for gives in [true, false] {
        let mut house = liberal();
        house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "to", "namespace": "a"}}));
        let gift = json!([{"name": "to", "data": {"ours": "1"}}]);
        let far = json!([{"name": "far", "namespace": "b"}]);
        say(&mut house, json!({"children": far, "gives": if gives { gift } else { json!([]) }}));
        let mut paused = object(&house);
        paused["metadata"]["annotations"] = json!({"innkeeper.dev/paused": "true"});
        house.put(paused);
        delete(&mut house, "orphan");
        house.put(without_orphan(object(&house)));
        assert_eq!(house.api.get("Inn", Some("a"), "x").is_some(), gives, "only what it gave is to be withdrawn");
        let mut next = carried_on(house);
        if gives {
            let mut resumed = object(&next);
            resumed["metadata"]["annotations"]["innkeeper.dev/paused"] = json!("false");
            next.put(resumed);
        }
        assert!(next.api.get("Inn", Some("a"), "x").is_none());
        assert_eq!(next.api.children(), ["ConfigMap a/to", "ConfigMap b/far"]);
        assert!(next.api.get("ConfigMap", Some("a"), "to").unwrap()["data"]["ours"].is_null());
    }
}
