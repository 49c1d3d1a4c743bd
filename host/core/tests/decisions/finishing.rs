//! How objects go: what their guest does first, in which order their children go, and what a person is told
//! when that gets no further.

use std::sync::Arc;

use crate::house::{House, config_map, inn, manifest, ordered, wants};
use innkeeper_core::action::Done;
use innkeeper_core::binding::Module;
use innkeeper_core::contract::{Child, Failure, Manifest, Outcome, Phase, Removal, Request};
use innkeeper_core::engine::{Input, News};
use innkeeper_core::kind::{Key, Kind};
use serde_json::{Value, json};

const CHILDREN: &str = "innkeeper.dev/children";
const GUEST: &str = "innkeeper.dev/guest";

/// A ConfigMap in a wave.
fn in_wave(name: &str, wave: i32) -> Child {
    Child { wave, ..config_map(name, "1") }
}

/// A house that lets inns have children in any namespace.
fn house(manifest: Manifest, guest: impl FnMut(&Request) -> Result<Outcome, Failure> + 'static) -> House {
    let permitted = json!([{"group": "", "kinds": ["ConfigMap", "Secret"], "reach": "All"}]);
    let spec = json!({"module": {"folder": {}}, "permissions": {"apply": permitted}});
    House::declared(spec, guest, manifest)
}

fn delete(house: &mut House, name: &str) {
    house.api.delete("Inn", Some("a"), name);
    house.settle();
}

fn find(house: &House) -> Option<Value> {
    house.api.get("Inn", Some("a"), "x").cloned()
}

fn finalizers(house: &House) -> Vec<String> {
    let object = find(house).expect("it is there");
    serde_json::from_value(object["metadata"]["finalizers"].clone()).unwrap_or_default()
}

/// Reason and message of a condition that is True.
fn says(house: &House, kind: &str) -> (String, String) {
    let object = find(house).expect("it is there");
    let all = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let one = all.iter().find(|c| c["type"] == kind && c["status"] == "True");
    let one = one.unwrap_or_else(|| panic!("{kind} is not True: {all:?}"));
    (one["reason"].as_str().unwrap().to_owned(), one["message"].as_str().unwrap().to_owned())
}

/// Somebody changes the object.
fn edit(house: &mut House, change: impl FnOnce(&mut Value)) {
    let mut object = find(house).expect("it is there");
    change(&mut object);
    house.put(object);
}

/// A child gets, or loses, a finalizer of somebody's.
fn hold(house: &mut House, name: &str, held: bool) {
    let mut child = house.api.get("ConfigMap", Some("a"), name).unwrap().clone();
    child["metadata"]["finalizers"] = if held { json!(["example.com/slow"]) } else { json!([]) };
    house.put(child);
}

fn deletions(house: &mut House) -> Vec<String> {
    house.requests().into_iter().filter(|r| r.starts_with("delete ")).collect()
}

#[test]
fn each_wave_of_children_is_gone_before_the_next_goes() {
    let mut house = house(ordered(false), |_| wants(vec![in_wave("a0", 0), in_wave("b1", 1), in_wave("c1", 1)]));
    house.put(inn("x", json!({})));
    assert_eq!(finalizers(&house), [CHILDREN]);
    hold(&mut house, "c1", true);
    house.requests();
    delete(&mut house, "x");
    assert_eq!(deletions(&mut house), ["delete ConfigMap a/b1", "delete ConfigMap a/c1"]);
    let (reason, message) = says(&house, "Reconciling");
    assert!(reason == "Deleting" && message.contains("ConfigMap a/c1 (held by example.com/slow)"), "{message}");
    assert!(house.engine.is_idle(), "waiting holds nothing");
    house.pass(100_000);
    assert_eq!(house.api.children(), ["ConfigMap a/a0", "ConfigMap a/c1"]);
    hold(&mut house, "c1", false);
    assert_eq!(deletions(&mut house), ["delete ConfigMap a/a0"]);
    assert_eq!((find(&house), house.api.children()), (None, vec![]));
}

#[test]
fn an_outcome_of_finalize_is_carried_out_as_any_and_children_go_in_order_meanwhile() {
    let mut house = house(manifest(true), |request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let wanted = |name: &str| in_wave(name, name.len() as i32);
        let names: Vec<String> = serde_json::from_value(object["spec"]["rooms"].clone()).unwrap();
        let outcome = wants(names.iter().map(|name| wanted(name)).collect())?;
        let finished = object["spec"]["finished"] == true;
        Ok(Outcome { finished, status: Some(json!({"phase": format!("{:?}", request.phase)}).to_string()), ..outcome })
    });
    house.put(inn("x", json!({"rooms": ["a", "bb", "ccc"]})));
    hold(&mut house, "ccc", true);
    delete(&mut house, "x");
    assert_eq!(finalizers(&house), [GUEST]);
    assert_eq!(house.api.children().len(), 3, "what it asks for stays");
    edit(&mut house, |object| object["spec"]["rooms"] = json!(["a", "tool"]));
    assert_eq!(house.api.children(), ["ConfigMap a/a", "ConfigMap a/bb", "ConfigMap a/ccc", "ConfigMap a/tool"]);
    hold(&mut house, "ccc", false);
    assert_eq!(house.api.children(), ["ConfigMap a/a", "ConfigMap a/tool"]);
    assert_eq!(find(&house).unwrap()["status"]["phase"], "Finalize");
    let (reason, message) = says(&house, "Reconciling");
    assert_eq!(reason, "Finalizing");
    assert!(
        message.contains("kubectl annotate inns.example.com x --namespace a innkeeper.dev/skip-finalize=true"),
        "{message}"
    );
    house.requests();
    edit(&mut house, |object| object["spec"]["finished"] = json!(true));
    assert_eq!(find(&house), None);
    assert_eq!(deletions(&mut house), Vec::<String>::new(), "the rest is Kubernetes' garbage collection's");
}

#[test]
fn a_guest_that_is_finished_and_asks_for_nothing_leaves_the_order_to_the_host() {
    let mut house = house(ordered(true), |request| {
        let outcome = wants(vec![in_wave("a", 0), in_wave("b", 1)])?;
        Ok(if request.phase == Phase::Finalize { Outcome { finished: true, ..Outcome::default() } } else { outcome })
    });
    house.put(inn("x", json!({})));
    hold(&mut house, "b", true);
    delete(&mut house, "x");
    assert_eq!(finalizers(&house), [CHILDREN], "the guest has no more to do");
    let calls = house.calls;
    assert_eq!(house.api.children(), ["ConfigMap a/a", "ConfigMap a/b"], "b goes, and a waits for it");
    hold(&mut house, "b", false);
    assert_eq!((find(&house), house.api.children()), (None, vec![]));
    assert_eq!(house.calls, calls, "nor is it asked again");
}

#[test]
fn a_guest_that_is_finished_lets_its_object_go_whatever_its_children_are_like() {
    let mut house = house(manifest(true), |request| {
        let tower = json!({"apiVersion": "example.com/v1", "kind": "Tower", "metadata": {"name": "t"}}).to_string();
        let of_no_kind = Child { manifest: tower, ..config_map("t", "1") };
        let finalizing = request.phase == Phase::Finalize;
        wants(if finalizing { vec![of_no_kind] } else { vec![config_map("a", "1")] })
            .map(|outcome| Outcome { finished: finalizing, ..outcome })
    });
    house.put(inn("x", json!({})));
    delete(&mut house, "x");
    assert_eq!(find(&house), None);
}

#[test]
fn what_a_finished_guest_wants_removed_is_removed_first() {
    let mut house = house(manifest(true), |request| {
        let key = Key::new(Kind::new("", "v1", "ConfigMap"), None, "a".into());
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let uid = object["spec"]["uid"].as_str().unwrap_or_default().to_owned();
        let remove = if uid.is_empty() { vec![] } else { vec![Removal { key, uid, before_wave: None }] };
        wants(vec![config_map("a", "1")]).map(|outcome| Outcome { finished: !remove.is_empty(), remove, ..outcome })
    });
    house.put(inn("x", json!({})));
    let uid = house.api.get("ConfigMap", Some("a"), "a").unwrap()["metadata"]["uid"].clone();
    delete(&mut house, "x");
    house.api.refuse("delete ConfigMap a/a", Done::Forbidden("not by you".into()));
    edit(&mut house, |object| object["spec"]["uid"] = uid);
    assert_eq!(finalizers(&house), [GUEST], "what it asked for last has not been done");
    let (_, message) = says(&house, "Stalled");
    assert!(message.contains("not by you") && message.contains("skip-finalize"), "{message}");
    house.api.refuses = None;
    house.pass(1_000);
    assert_eq!((find(&house), house.api.children()), (None, vec![]));
}

#[test]
fn a_child_made_while_finalizing_that_nobody_else_would_remove_goes_before_its_object() {
    let abroad = || {
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "far", "namespace": "b"}});
        Child { manifest: manifest.to_string(), ..config_map("far", "1") }
    };
    let mut house = house(manifest(true), move |request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let finished = object["spec"]["finished"] == true;
        let children = if request.phase == Phase::Finalize && !finished { vec![abroad()] } else { vec![] };
        wants(children).map(|outcome| Outcome { finished, ..outcome })
    });
    house.put(inn("x", json!({})));
    delete(&mut house, "x");
    assert_eq!(
        (finalizers(&house), house.api.children()),
        (vec![GUEST.to_owned()], vec!["ConfigMap b/far".to_owned()])
    );
    edit(&mut house, |object| object["spec"]["finished"] = json!(true));
    assert_eq!((find(&house), house.api.children()), (None, vec![]));
}

#[test]
fn a_guest_that_fails_while_finalizing_keeps_its_object_and_says_how_to_skip_it() {
    for (failure, condition, reason) in [
        (Failure::Retry { message: "later".into(), after: None }, "Reconciling", "GuestRetry"),
        (Failure::Trap("boom".into()), "Stalled", "GuestTrapped"),
        (Failure::Invalid { message: "wrong".into(), field: None }, "Stalled", "Invalid"),
    ] {
        let mut house = house(manifest(true), move |request| match request.phase {
            Phase::Apply => wants(vec![config_map("a", "1")]),
            Phase::Finalize => Err(failure.clone()),
        });
        house.put(inn("x", json!({})));
        delete(&mut house, "x");
        assert_eq!((finalizers(&house), house.api.children().len()), (vec![GUEST.to_owned()], 1));
        let (said, message) = says(&house, condition);
        assert!(said == reason && message.contains("innkeeper.dev/skip-finalize=true"), "{said}: {message}");
        edit(&mut house, |object| object["metadata"]["annotations"] = json!({"innkeeper.dev/skip-finalize": "true"}));
        assert_eq!(find(&house), None);
    }
}

#[test]
fn a_module_that_does_not_finalize_any_more_lets_go() {
    let mut house = house(manifest(true), |_| wants(vec![]));
    house.put(inn("x", json!({})));
    house.put(inn("y", json!({})));
    delete(&mut house, "x");
    assert_eq!(finalizers(&house), [GUEST]);
    let module = Module { digest: format!("sha256:{}", "b".repeat(64)), manifest: Arc::new(manifest(false)) };
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
    assert_eq!(find(&house), None);
    let other = house.api.get("Inn", Some("a"), "y").unwrap();
    assert_eq!(other["metadata"]["finalizers"], json!([]), "of one that stays too");
}

#[test]
fn a_child_that_must_not_be_deleted_is_told() {
    let mut house = house(ordered(false), |_| wants(vec![in_wave("a", 0), in_wave("b", 0)]));
    house.put(inn("x", json!({})));
    house.api.refuse("delete ConfigMap a/a", Done::Forbidden("a policy keeps it".into()));
    delete(&mut house, "x");
    let (reason, message) = says(&house, "Stalled");
    assert!(
        reason == "DeletionStuck" && message.contains("ConfigMap a/a") && message.contains("a policy"),
        "{message}"
    );
    house.api.refuses = None;
    house.pass(1_000);
    assert_eq!(find(&house), None);
}

#[test]
fn an_object_whose_guest_is_finished_stays_until_the_child_that_nobody_else_would_remove_is_gone() {
    let far = || {
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "far", "namespace": "b",
            "finalizers": ["example.com/slow"]}});
        Child { manifest: manifest.to_string(), ..config_map("far", "1") }
    };
    let mut house = house(manifest(true), move |request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let finished = object["spec"]["finished"] == true;
        let children = if request.phase == Phase::Finalize && !finished { vec![far()] } else { vec![] };
        wants(children).map(|outcome| Outcome { finished, ..outcome })
    });
    house.put(inn("x", json!({})));
    delete(&mut house, "x");
    edit(&mut house, |object| object["spec"]["finished"] = json!(true));
    assert_eq!(finalizers(&house), [GUEST], "its child is going");
    let mut child = house.api.get("ConfigMap", Some("b"), "far").unwrap().clone();
    child["metadata"]["finalizers"] = json!([]);
    house.put(child);
    assert_eq!((find(&house), house.api.children()), (None, vec![]));
}

#[test]
fn of_a_guest_that_was_not_asked_nobody_says_that_it_is_finished() {
    let mut house = house(ordered(false), |_| wants(vec![in_wave("a", 0)]));
    house.put(inn("x", json!({})));
    edit(&mut house, |object| object["metadata"]["finalizers"] = json!([CHILDREN, "example.com/slow"]));
    delete(&mut house, "x");
    assert_eq!(finalizers(&house), ["example.com/slow"]);
    let status = find(&house).unwrap()["status"].to_string();
    assert!(!status.contains("its guest is finished"), "{status}");
}
