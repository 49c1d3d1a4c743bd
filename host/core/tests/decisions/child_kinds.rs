//! The list of child kinds on a Reconciler: whoever made the Reconciler, and whatever versions are served,
//! no child is overlooked and nothing is written twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::house::{Api, House, config_map, crd, inn, wants};
use innkeeper_core::contract::{Child, Failure, Outcome, Request};
use innkeeper_core::engine::Input;
use innkeeper_core::kind::Kind;
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use serde_json::{Value, json};

/// A Reconciler of `Inn` that permits its children everywhere.
fn reconciler(name: &str, kinds: &[(&str, &str)]) -> Value {
    let apply: Vec<Value> = kinds.iter().map(|(g, k)| json!({"group": g, "kinds": [k], "reach": "All"})).collect();
    json!({
        "apiVersion": "innkeeper.dev/v1alpha1", "kind": "Reconciler",
        "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {
            "module": {"folder": {}}, "for": {"group": "example.com", "kind": "Inn"}, "permissions": {"apply": apply},
        },
    })
}

/// The CRD of `Tower`, a child, served in these versions.
fn towers(versions: &[&str]) -> Value {
    let mut towers = crate::house::towers();
    let one = towers["spec"]["versions"][0].clone();
    let all = versions.iter().enumerate().map(|(n, version)| {
        let mut one = one.clone();
        (one["name"], one["storage"]) = (json!(version), json!(n == 0));
        one
    });
    towers["spec"]["versions"] = all.collect();
    towers
}

fn abroad(mut child: Child) -> Child {
    let mut manifest: Value = serde_json::from_str(&child.manifest).unwrap();
    manifest["metadata"]["namespace"] = json!("b");
    child.manifest = manifest.to_string();
    child
}

fn tower(name: &str, version: &str) -> Child {
    let manifest = json!({"apiVersion": format!("example.com/{version}"), "kind": "Tower", "metadata": {"name": name}});
    abroad(Child { manifest: manifest.to_string(), ..config_map(name, "1") })
}

fn one_abroad(_: &Request) -> Result<Outcome, Failure> {
    wants(vec![abroad(config_map("one", "1"))])
}

fn trapped(_: &Request) -> Result<Outcome, Failure> {
    Err(Failure::Trap("unreachable".into()))
}

/// What an API server holds after an object `x` got its children from a guest.
fn after(set: Value, also: Option<Value>, guest: fn(&Request) -> Result<Outcome, Failure>) -> Api {
    let mut api = Api::default();
    [Some(crd()), also, Some(set)].into_iter().flatten().for_each(|object| drop(api.put(object)));
    let mut house = House::over(api, Box::new(guest));
    house.put(inn("x", json!({})));
    assert!(!house.api.children().is_empty(), "it has its children");
    let mut api = house.api;
    api.forget_watches();
    api
}

fn without_status(api: &mut Api, name: &str) {
    let mut restored = api.get("Reconciler", None, name).unwrap().clone();
    restored.as_object_mut().unwrap().remove("status");
    api.put(restored);
}

fn kinds(house: &House, name: &str) -> Value {
    house.api.get("Reconciler", None, name).unwrap()["status"]["kinds"].clone()
}

#[test]
fn a_reconciler_restored_without_its_status_sees_the_children_that_are_there() {
    let mut api = after(reconciler("inn", &[("", "ConfigMap")]), None, one_abroad);
    without_status(&mut api, "inn");
    api.delete("Inn", Some("a"), "x");
    let house = House::over(api, Box::new(trapped));
    assert_eq!(house.api.children(), Vec::<String>::new(), "garbage collection cannot reach it");
    assert!(house.api.get("Inn", Some("a"), "x").is_none(), "its finalizer is gone, but only then");
}

#[test]
fn a_kind_that_no_guest_asks_for_any_more_is_pruned_after_the_list_was_lost() {
    let mut api = after(reconciler("inn", &[("", "ConfigMap")]), None, one_abroad);
    without_status(&mut api, "inn");
    let house = House::over(api, Box::new(|_| wants(vec![])));
    assert_eq!(house.api.children(), Vec::<String>::new());
}

#[test]
fn a_list_that_was_lost_is_recorded_anew_once_and_only_with_kinds_that_have_children() {
    let mut api = after(reconciler("inn", &[("", "ConfigMap"), ("", "Service")]), None, one_abroad);
    without_status(&mut api, "inn");
    let mut house = House::over(api, Box::new(trapped));
    assert_eq!(kinds(&house, "inn"), json!([{"group": "", "version": "v1", "kind": "ConfigMap"}]));
    let mut api = house.api;
    api.forget_watches();
    house = House::over(api, Box::new(one_abroad));
    let written = |patch: &&Value| patch["status"]["kinds"].is_array();
    assert_eq!(house.patches.iter().find(written), None, "a complete list is not written again");
}

#[test]
fn a_reconciler_without_children_gets_no_list() {
    let house = House::new(|_| wants(vec![]));
    assert!(kinds(&house, "inn").is_null());
}

#[test]
fn a_reconciler_that_takes_a_kind_over_lists_the_kinds_of_the_one_before() {
    let mut api = Api::default();
    api.put(crd());
    api.put(reconciler("inn", &[("", "ConfigMap")]));
    let mut house = House::over(api, Box::new(one_abroad));
    house.put(inn("x", json!({})));
    let mut other = reconciler("other", &[]);
    other["metadata"]["creationTimestamp"] = json!("2026-01-02T00:00:00Z");
    house.put(other);
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    assert_eq!(kinds(&house, "other"), json!([{"group": "", "version": "v1", "kind": "ConfigMap"}]));
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    assert_eq!(house.api.children(), Vec::<String>::new(), "no guest is needed for it");
}

#[test]
fn children_are_seen_when_the_version_that_was_recorded_is_no_longer_served() {
    let permitted = reconciler("inn", &[("example.com", "Tower")]);
    let mut api = after(permitted, Some(towers(&["v1beta1"])), |_| wants(vec![tower("one", "v1beta1")]));
    api.put(towers(&["v1"]));
    api.delete("Inn", Some("a"), "x");
    let house = House::over(api, Box::new(trapped));
    assert_eq!(house.api.children(), Vec::<String>::new());
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
}

#[test]
fn two_versions_of_one_kind_are_recorded_once() {
    let mut api = Api::default();
    [crd(), towers(&["v2", "v1"]), reconciler("inn", &[("example.com", "Tower")])]
        .into_iter()
        .for_each(|object| drop(api.put(object)));
    let guest = |_: &Request| wants(vec![tower("one", "v1"), tower("two", "v2")]);
    let mut house = House::over(api, Box::new(guest));
    house.requests.clear();
    house.put(inn("x", json!({})));
    assert_eq!(house.api.children(), ["Tower b/one", "Tower b/two"]);
    let recorded = kinds(&house, "inn");
    assert_eq!(recorded.as_array().map(Vec::len), Some(1), "{recorded}");
    house.requests.clear();
    house.pass(10_000);
    house.put(inn("x", json!({"touched": true})));
    assert_eq!(kinds(&house, "inn"), recorded);
    assert!(!house.requests.iter().any(|r| r.contains("Tower")), "{:?}", house.requests);
}

#[test]
fn a_kind_taken_out_of_the_list_comes_back_while_it_has_children() {
    let mut house = House::new(|_| wants(vec![config_map("one", "1")]));
    house.put(inn("x", json!({})));
    let mut set = house.api.get("Reconciler", None, "inn").unwrap().clone();
    set["status"]["kinds"] = json!([{"group": "", "version": "v1", "kind": "Secret"}]);
    house.put(set);
    let both = kinds(&house, "inn");
    assert_eq!(both.as_array().map(Vec::len), Some(2), "{both}");
}

#[test]
fn a_list_that_cannot_be_recorded_is_tried_again_and_until_then_nothing_is_written() {
    let mut house = House::new(|request| match request.object.contains("\"more\"") {
        true => wants(vec![config_map("one", "1"), config_map("two", "1")]),
        false => wants(vec![config_map("one", "1")]),
    });
    house.put(inn("x", json!({})));
    house.refuses_kinds = 2;
    let mut set = house.api.get("Reconciler", None, "inn").unwrap().clone();
    set["status"]["kinds"] = json!([]);
    house.put(set);
    house.put(inn("x", json!({"more": true})));
    assert_eq!(house.api.children(), ["ConfigMap a/one"], "no child before its kind is recorded");
    house.pass(2_000);
    house.pass(2_000);
    assert_eq!(kinds(&house, "inn"), json!([{"group": "", "version": "v1", "kind": "ConfigMap"}]));
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"]);
}

#[test]
fn children_of_a_kind_that_changed_its_version_are_unseen_until_they_are_listed_anew() {
    let mut api = Api::default();
    [crd(), towers(&["v1"]), reconciler("inn", &[("example.com", "Tower")])]
        .into_iter()
        .for_each(|object| drop(api.put(object)));
    let mut house = House::over(api, Box::new(|_| wants(vec![tower("one", "v1")])));
    house.put(inn("x", json!({})));
    assert_eq!(house.api.children(), ["Tower b/one"]);
    house.api.unlisted = vec!["Tower"];
    house.put(towers(&["v2"]));
    let kind = Kind::new("example.com", "v2", "Tower");
    let resource = Arc::new(Resource { kind, plural: "towers".into(), namespaced: true });
    let failing = BTreeMap::from([(Watch::children(resource), "its conversion is broken".to_owned())]);
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    for _ in 0..60 {
        house.input(Input::Troubles(failing.clone()));
        house.pass(1_000);
    }
    let object = house.api.get("Inn", Some("a"), "x").expect("its finalizer stays");
    let said = object["status"]["conditions"].to_string();
    assert!(said.contains("Tower.example.com") && said.contains("its conversion is broken"), "{said}");
}
