//! Why an object was looked at is told for every reconcile.

use std::sync::Arc;

use crate::house::{House, inn, manifest, rooms};
use innkeeper_core::binding::Module;
use innkeeper_core::contract::Failure;
use innkeeper_core::engine::{Input, News};
use serde_json::{Value, json};

/// An entry of managedFields of somebody who changed the data of a ConfigMap.
fn edited_by(object: &Value, manager: &str, time: &str) -> Value {
    let mut object = object.clone();
    object["data"]["x"] = json!(manager);
    let entry = json!({
        "manager": manager, "operation": "Update", "apiVersion": "v1", "time": time,
        "fieldsV1": {"f:data": {"f:x": {}}},
    });
    let entries = object["metadata"]["managedFields"].as_array_mut().unwrap();
    entries[0]["fieldsV1"]["f:data"] = json!({});
    entries.push(entry);
    object
}

/// Why the last reconcile happened that nothing of our own doing led to.
fn told(house: &mut House) -> Vec<String> {
    let all = std::mem::take(&mut house.causes);
    all.into_iter().filter(|causes| !causes.contains("innkeeper.")).collect()
}

#[test]
fn each_change_is_told_with_who_made_it() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    assert_eq!(told(&mut house)[0], "the object was created");

    let child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    house.put(edited_by(&child, "meddler", "2026-01-01T00:00:00Z"));
    assert_eq!(told(&mut house)[0], "its child ConfigMap a/one changed by meddler");

    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    assert_eq!(told(&mut house)[0], "its child ConfigMap a/one was deleted");

    let mut object = inn("x", json!({"rooms": []}));
    object["metadata"]["managedFields"] = json!([{
        "manager": "kubectl-edit", "operation": "Update", "apiVersion": "example.com/v1",
        "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:rooms": {}}},
    }]);
    house.put(object);
    assert_eq!(told(&mut house)[0], "the object changed by kubectl-edit");
}

#[test]
fn times_that_came_are_told_by_what_they_were_waited_for() {
    let mut house = House::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.requeue_after = Some(60_000);
        Ok(outcome)
    });
    house.put(inn("x", json!({"rooms": []})));
    told(&mut house);
    house.pass(60_000);
    assert_eq!(told(&mut house), ["its guest asked to be called again by now"]);
    house.guest = Box::new(|_| Err(Failure::Trap("out of luck".into())));
    house.pass(60_000);
    told(&mut house);
    house.pass(5);
    assert_eq!(told(&mut house), ["it failed, and its back-off is over"]);
    house.guest = Box::new(|_| Err(Failure::Retry { message: "later".into(), after: Some(1_000) }));
    house.pass(1_000);
    told(&mut house);
    house.pass(1_000);
    assert_eq!(told(&mut house), ["its guest failed and said when to try again"]);
}

#[test]
fn a_start_a_swap_and_a_changed_reconciler_are_told() {
    let mut api = crate::house::Api::default();
    api.put(crate::house::crd());
    api.put(inn("x", json!({"rooms": []})));
    let mut house = House::over(api, Box::new(rooms));
    assert_eq!(told(&mut house)[0].split(" (").next(), Some("the controller of its kind started"));

    let digest = format!("sha256:{}", "b".repeat(64));
    let module = Module { digest: digest.clone(), manifest: Arc::new(manifest(false)) };
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
    assert_eq!(told(&mut house), [format!("another module decides: {digest}")]);

    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["config"] = json!({"price": 3});
    house.put(reconciler);
    assert_eq!(told(&mut house), ["the Reconciler of its kind changed, or its CRD"]);
}

#[test]
fn what_comes_while_an_object_is_in_work_is_told_of_the_next_time() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": []})));
    told(&mut house);
    house.holds = Some("apply ConfigMap a/one".into());
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.put(inn("x", json!({"rooms": []})));
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.release();
    assert_eq!(house.causes[0], "the object changed");
    assert!(house.causes[1].contains("the object changed (2 times)"), "{:?}", house.causes);
}
