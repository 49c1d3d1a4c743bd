//! A dry run: everything that would be written is told, and nothing is written.

use crate::house::{Api, House, crd, inn, manifest, rooms};
use innkeeper_core::contract::{Contribution, Failure, Outcome, Request, Scope, Wish};
use serde_json::{Value, json};

/// A dry run over what an API server holds.
fn dry(api: Api, finalizes: bool) -> House {
    House::dry(api, Box::new(rooms), manifest(finalizes))
}

/// An API server in which a host has been at work.
fn lived_in(object: Value) -> Api {
    let mut house = House::new(rooms);
    house.put(object);
    house.api.forget_watches();
    house.api
}

/// What would be written, but for the status of Reconcilers and the Events about them.
fn told(house: &mut House) -> Vec<String> {
    let all = std::mem::take(&mut house.pretended);
    all.into_iter().filter(|told| !["status Reconciler inn", "event Reconciler inn"].contains(&told.as_str())).collect()
}

#[test]
fn a_module_of_the_folder_gets_its_reconciler_in_memory_and_its_objects_are_looked_at() {
    let mut api = Api::default();
    api.put(crd());
    let mut house = dry(api, false);
    assert_eq!(told(&mut house), ["create Reconciler inn"]);
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    assert_eq!(told(&mut house), ["apply ConfigMap a/one", "apply ConfigMap a/two", "status Inn a/x"]);
    assert!(house.engine.is_ready());
    assert!(house.api.get("Reconciler", None, "inn").is_none() && house.api.children().is_empty());
    assert!(house.requests().iter().all(|request| request.starts_with("look ")), "nothing was written");
}

#[test]
fn nothing_that_was_pretended_is_waited_for_or_told_again_and_again() {
    let mut api = Api::default();
    api.put(crd());
    let mut house = dry(api, false);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let calls = house.calls;
    told(&mut house);
    (0..100).for_each(|_| house.pass(10_000));
    assert_eq!((house.calls, told(&mut house)), (calls, vec![]));
    assert!(!house.spins());
    house.put(inn("x", json!({"rooms": ["two"]})));
    assert_eq!(told(&mut house)[0], "apply ConfigMap a/two", "a change is looked at");
}

#[test]
fn what_an_earlier_host_left_as_it_should_be_is_not_told() {
    let mut house = dry(lived_in(inn("x", json!({"rooms": ["one"]}))), false);
    assert_eq!((house.calls, told(&mut house)), (1, vec![]));
    house.put(inn("x", json!({"rooms": []})));
    assert!(told(&mut house).contains(&"delete ConfigMap a/one".to_owned()));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    let child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    house.put(inn("x", json!({"rooms": ["one"]})));
    told(&mut house);
    let mut changed = child;
    changed["data"]["x"] = json!("theirs");
    changed["metadata"]["managedFields"][0]["fieldsV1"]["f:data"] = json!({});
    changed["metadata"]["managedFields"].as_array_mut().unwrap().push(json!({
        "manager": "meddler", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:x": {}}},
    }));
    house.put(changed);
    assert_eq!(told(&mut house)[0], "apply ConfigMap a/one", "what would be put back");
    assert_eq!(house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"]["x"], "theirs");
}

#[test]
fn a_reconciler_that_would_be_let_go_is_told_of_once() {
    let mut house = House::finalizing(rooms);
    house.put(inn("x", json!({"rooms": []})));
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    let reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    assert_eq!(reconciler["metadata"]["finalizers"], json!(["innkeeper.dev/reconciler"]));
    let mut api = house.api;
    api.forget_watches();
    object["metadata"]["finalizers"] = json!([]);
    api.put(object);
    api.delete("Inn", Some("a"), "x");
    api.delete("Reconciler", None, "inn");
    let mut house = dry(api, true);
    (0..10).for_each(|_| house.pass(10_000));
    let all = told(&mut house);
    let merges = all.iter().filter(|told| *told == "merge Reconciler inn").count();
    assert_eq!(merges, 1);
}

#[test]
fn a_finalizer_that_would_be_set_is_told() {
    let mut api = Api::default();
    api.put(crd());
    let mut house = dry(api, true);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let all = ["merge Reconciler inn", "merge Inn a/x", "apply ConfigMap a/one", "status Inn a/x"];
    assert_eq!(told(&mut house)[1..], all, "its Reconciler's is set before it");
    assert!(house.api.get("Inn", Some("a"), "x").unwrap()["metadata"]["finalizers"].is_null());
}

#[test]
fn what_is_only_pretended_is_no_hot_loop() {
    let mut api = Api::default();
    api.put(crd());
    let mut house = dry(api, false);
    house.put(inn("x", json!({"rooms": ["one"]})));
    for step in 0..15 {
        let mut object = inn("x", json!({"rooms": ["one"]}));
        object["status"] = json!({"step": step});
        house.put(object);
    }
    let applies = told(&mut house).iter().filter(|told| *told == "apply ConfigMap a/one").count();
    assert_eq!((applies, house.pauses.as_slice()), (16, [].as_slice()));
}

/// A guest that sets a field on the Secret `key`.
fn gives(_: &Request) -> Result<Outcome, Failure> {
    let key = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "data": {"x": "MQ=="}});
    let contributions = vec![Contribution { manifest: key.to_string(), take: vec![] }];
    Ok(Outcome { contributions, ..Outcome::default() })
}

#[test]
fn what_is_watched_by_its_metadata_alone_is_known_to_be_there() {
    let mut api = Api::default();
    api.put(crd());
    api.put(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "a"}}));
    let mut manifest = manifest(false);
    manifest.contributes.push(Wish { group: String::new(), kinds: vec!["Secret".into()], scope: Scope::Own });
    let mut house = House::dry(api, Box::new(gives), manifest);
    house.put(inn("x", json!({})));
    assert!(told(&mut house).contains(&"apply Secret a/key".to_owned()));
    let said = house.ended.iter().flat_map(|(_, ended)| &ended.changes).any(|change| change.contains("Secret"));
    assert!(!said, "it is as it was");
}
