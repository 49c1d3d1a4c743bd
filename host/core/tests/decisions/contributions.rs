//! Contributions, and what a dying process leaves of them.

use crate::house::{Api, House, crd, inn, manifest};
use innkeeper_core::contract::{Contribution, Failure, Outcome, Request, Scope, Wish};
use innkeeper_core::engine::Input;
use serde_json::{Value, json};

/// A guest that sets `data.ours` on each ConfigMap that its object names.
fn gives(request: &Request) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    if object["spec"]["wrong"] == true {
        return Err(Failure::Invalid { message: "it is wrong".into(), field: None });
    }
    let names = object["spec"]["gives"].as_array().cloned().unwrap_or_default();
    let contribution = |name: &Value| {
        let meta = json!({"name": name});
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"ours": "1"}});
        Contribution { manifest: manifest.to_string(), take: vec![] }
    };
    Ok(Outcome { contributions: names.iter().map(contribution).collect(), ..Outcome::default() })
}

fn house_over(api: Api) -> House {
    let wish = Wish { group: String::new(), kinds: vec!["ConfigMap".into()], scope: Scope::Own };
    let mut manifest = manifest(false);
    manifest.contributes.push(wish);
    let mut house = House::starting(api, Box::new(gives), manifest);
    house.input(Input::ModulesRead);
    house.settle();
    house
}

fn house() -> House {
    let mut api = Api::default();
    api.put(crd());
    house_over(api)
}

fn theirs(name: &str) -> Value {
    let entry = json!({"manager": "somebody", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:theirs": {}}}});
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"theirs": "1"},
        "metadata": {"name": name, "namespace": "a", "managedFields": [entry]},
    })
}

/// What the next process finds.
fn carried_on(house: House) -> House {
    let mut api = house.api;
    api.forget_watches();
    house_over(api)
}

fn data(house: &House, name: &str) -> Value {
    house.api.get("ConfigMap", Some("a"), name).map_or(Value::Null, |found| found["data"].clone())
}

fn finalizers(house: &House) -> usize {
    house.api.get("Inn", Some("a"), "x").and_then(|o| o["metadata"]["finalizers"].as_array()).map_or(0, Vec::len)
}

#[test]
fn a_contribution_is_made_kept_and_withdrawn_whenever_the_process_dies() {
    for answered in [false, true] {
        for write in 1..8 {
            let told = format!("killed at write {write}, sent: {answered}");
            let mut house = house();
            house.put(theirs("one"));
            house.dies = Some((write, answered));
            house.put(inn("x", json!({"gives": ["one"]})));
            let mut house = carried_on(house);
            assert_eq!(data(&house, "one"), json!({"theirs": "1", "ours": "1"}), "{told}");
            assert_eq!(finalizers(&house), 1, "{told}");
            house.dies = Some((write, answered));
            let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
            object["spec"] = json!({});
            house.put(object);
            let house = carried_on(house);
            assert_eq!(data(&house, "one"), json!({"theirs": "1"}), "{told}");
            assert_eq!(finalizers(&house), 0, "{told}");
        }
    }
}

#[test]
fn a_contribution_is_withdrawn_before_its_object_goes_whenever_the_process_dies() {
    for answered in [false, true] {
        for write in 1..5 {
            let told = format!("killed at write {write}, sent: {answered}");
            let mut house = house();
            house.put(theirs("one"));
            house.put(inn("x", json!({"gives": ["one"]})));
            house.dies = Some((write, answered));
            house.api.delete("Inn", Some("a"), "x");
            house.settle();
            let mut house = carried_on(house);
            assert!(
                house.api.get("Inn", Some("a"), "x").is_none(),
                "{told}: {:#?} {:?}",
                house.requests(),
                house.ended
            );
            assert_eq!(data(&house, "one"), json!({"theirs": "1"}), "{told}");
        }
    }
}

#[test]
fn the_kind_is_recorded_and_the_finalizer_set_before_the_first_contribution() {
    let mut house = house();
    house.put(theirs("one"));
    house.requests.clear();
    house.put(inn("x", json!({"gives": ["one"]})));
    let at = |name: &str| house.requests.iter().position(|request| request.starts_with(name));
    let order = [at("status Reconciler"), at("merge Inn"), at("apply ConfigMap")];
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{:?}", house.requests);
    let kinds = house.api.get("Reconciler", None, "inn").unwrap()["status"]["kinds"].clone();
    assert_eq!(kinds, json!([{"group": "", "version": "v1", "kind": "ConfigMap", "contributed": true}]));
}

#[test]
fn what_is_not_there_is_not_looked_for_and_its_arrival_is_a_change() {
    let mut house = house();
    house.put(inn("x", json!({"gives": ["one"]})));
    house.requests();
    house.put(inn("x", json!({"gives": ["one"], "again": 1})));
    let asked = house.requests();
    assert!(asked.iter().all(|request| !request.contains("ConfigMap")), "{asked:?}");
    house.put(theirs("two"));
    let calls = house.calls;
    house.put(theirs("one"));
    assert_eq!(data(&house, "one"), json!({"theirs": "1", "ours": "1"}));
    assert_eq!(data(&house, "two"), json!({"theirs": "1"}));
    assert!(house.calls > calls);
    house.requests();
    house.pass(60_000);
    assert_eq!(house.requests(), Vec::<String>::new(), "it finds rest");
}

#[test]
fn a_call_that_failed_does_not_forget_what_the_object_waits_for() {
    let mut house = house();
    house.put(inn("x", json!({"gives": ["one"]})));
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["spec"]["wrong"] = json!(true);
    house.put(object);
    let calls = house.calls;
    house.put(theirs("one"));
    assert_eq!(house.calls, calls + 1, "its arrival is a change");
}

#[test]
fn what_an_object_gave_is_withdrawn_also_where_its_children_are_to_stay() {
    let mut house = house();
    house.put(theirs("one"));
    house.put(inn("x", json!({"gives": ["one"]})));
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["finalizers"].as_array_mut().unwrap().push(json!("orphan"));
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    house.put(object);
    assert_eq!(data(&house, "one"), json!({"theirs": "1"}));
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["metadata"]["finalizers"], json!(["orphan"]), "the rest is Kubernetes'");
}

#[test]
fn what_was_given_is_found_again_although_its_kind_is_not_on_the_reconciler_any_more() {
    let mut house = house();
    house.put(theirs("one"));
    house.put(inn("x", json!({"gives": ["one"]})));
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    let mut api = house.api;
    api.forget_watches();
    reconciler["status"] = json!({});
    api.put(reconciler);
    let mut object = api.get("Inn", Some("a"), "x").unwrap().clone();
    object["spec"] = json!({"gives": []});
    api.put(object);
    let mut house = house_over(api);
    house.pass(60_000);
    assert_eq!(data(&house, "one"), json!({"theirs": "1"}));
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
}
