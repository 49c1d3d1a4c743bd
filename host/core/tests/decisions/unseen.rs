//! A kind of children that cannot be listed: what does not need it goes on, what needs it says why, and
//! nothing is taken for gone that only cannot be seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::house::script::{liberal, say};
use crate::house::{Api, House, config_map, crd, inn, reconciler, towers, wants};
use innkeeper_core::contract::{Child, Failure, Outcome, Request};
use innkeeper_core::engine::Input;
use innkeeper_core::kind::Kind;
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use serde_json::{Value, json};

/// A guest that wants the one child that `spec.wants` names: a ConfigMap, a Secret or a Tower.
fn guest(request: &Request) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    let kind = object["spec"]["wants"].as_str().unwrap();
    let api_version = if kind == "Tower" { "example.com/v1" } else { "v1" };
    let name = object["metadata"]["name"].as_str().unwrap();
    let manifest = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "data": {"x": "1"}});
    wants(vec![Child { manifest: manifest.to_string(), ..config_map(name, "1") }])
}

fn wanting(name: &str, kind: &str) -> Value {
    inn(name, json!({"wants": kind}))
}

/// Some seconds with a kind that cannot be listed.
fn fail_for(house: &mut House, seconds: u64, group: &str, kind: &str) {
    let plural = format!("{}s", kind.to_lowercase());
    let resource = Arc::new(Resource { kind: Kind::new(group, "v1", kind), plural, namespaced: true });
    let failing = BTreeMap::from([(Watch::children(resource), "it is forbidden".to_owned())]);
    for _ in 0..seconds {
        house.input(Input::Troubles(failing.clone()));
        house.pass(1_000);
    }
}

fn is_ready(house: &House, name: &str) -> bool {
    let object = house.api.get("Inn", Some("a"), name).unwrap();
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.iter().any(|c| c["type"] == "Ready" && c["status"] == "True")
}

fn trouble(house: &House, object: &str) -> String {
    let of = house.ended.iter().rev().find(|(key, _)| key == object);
    of.and_then(|(_, ended)| ended.trouble.clone()).unwrap_or_default()
}

#[test]
fn a_kind_that_cannot_be_listed_stops_only_the_objects_that_need_it() {
    let mut house = House::new(guest);
    house.api.unlisted = vec!["Secret"];
    house.put(wanting("needs", "Secret"));
    house.put(wanting("free", "ConfigMap"));
    assert!(is_ready(&house, "free"), "at once");
    fail_for(&mut house, 11, "", "Secret");
    assert!(trouble(&house, "Inn a/needs").contains("it is forbidden"), "{}", trouble(&house, "Inn a/needs"));
    assert!(house.engine.is_idle() && house.engine.is_ready(), "no step hangs");
    let told = house.api.get("Reconciler", None, "inn").unwrap()["status"]["conditions"].to_string();
    assert!(told.contains("it is forbidden"), "{told}");
}

#[test]
fn a_kind_that_cannot_be_listed_after_a_restart_stops_only_the_objects_that_need_it() {
    let mut house = House::new(guest);
    house.put(wanting("needs", "Secret"));
    house.put(wanting("free", "ConfigMap"));
    let mut api = house.api;
    api.forget_watches();
    api.unlisted = vec!["Secret"];
    api.delete("ConfigMap", Some("a"), "free");
    let mut house = House::over(api, Box::new(guest));
    fail_for(&mut house, 9, "", "Secret");
    assert_eq!(house.api.children(), ["Secret a/needs"], "what may pass is waited out");
    fail_for(&mut house, 2, "", "Secret");
    assert_eq!(house.api.children(), ["ConfigMap a/free", "Secret a/needs"]);
    let told = house.api.get("Reconciler", None, "inn").unwrap()["status"]["conditions"].to_string();
    assert!(told.contains("it is forbidden"), "{told}");
}

#[test]
fn an_object_whose_children_cannot_be_seen_keeps_its_finalizer() {
    let mut api = Api::default();
    api.put(crd());
    let permitted = json!([{"group": "", "kinds": ["ConfigMap", "Secret"], "reach": "All"}]);
    let spec = json!({"module": {"folder": {}}, "permissions": {"apply": permitted}});
    api.put(reconciler(spec));
    let abroad = |request: &Request| {
        let mut outcome = guest(request)?;
        for child in &mut outcome.children {
            let mut manifest: Value = serde_json::from_str(&child.manifest).unwrap();
            manifest["metadata"]["namespace"] = json!("b");
            child.manifest = manifest.to_string();
        }
        Ok(outcome)
    };
    let mut house = House::over(api, Box::new(abroad));
    house.put(wanting("x", "Secret"));
    assert_eq!(house.api.children(), ["Secret b/x"]);
    let mut api = house.api;
    api.forget_watches();
    api.unlisted = vec!["Secret"];
    api.delete("Inn", Some("a"), "x");
    let mut house = House::over(api, Box::new(abroad));
    fail_for(&mut house, 20, "", "Secret");
    assert!(house.api.get("Inn", Some("a"), "x").is_some(), "a Secret may be there");
    assert!(trouble(&house, "Inn a/x").contains("cannot be seen"), "{}", trouble(&house, "Inn a/x"));
}

#[test]
fn a_step_ends_when_the_kind_that_it_waits_for_is_not_served_any_more() {
    let mut api = Api::default();
    api.put(crd());
    api.put(towers());
    api.unlisted = vec!["Tower"];
    let permitted = json!([{"group": "example.com", "kinds": ["Tower"]}]);
    let spec = json!({"module": {"folder": {}}, "permissions": {"apply": permitted}});
    let kinds = json!([{"group": "example.com", "version": "v1", "kind": "Bell"}]);
    let mut made = reconciler(spec);
    made["status"] = json!({"kinds": kinds});
    api.put(made);
    let mut house = House::over(api, Box::new(guest));
    house.put(wanting("x", "Tower"));
    assert!(!house.engine.is_idle(), "it waits for the list");
    house.api.delete("CustomResourceDefinition", None, "towers.example.com");
    house.settle();
    assert!(house.engine.is_idle());
    let told: Vec<_> = house.ended.iter().filter_map(|(_, ended)| ended.trouble.clone()).collect();
    assert!(told.iter().any(|t| t.contains("is not served any more")), "{told:?}");
}

#[test]
fn an_object_that_wants_nothing_any_more_keeps_its_finalizer_while_children_of_it_may_be_there_unseen() {
    let house = || {
        let mut house = liberal();
        say(&mut house, json!({"children": [{"name": "far", "namespace": "b"}]}));
        house.api.forget_watches();
        house.api.unlisted = vec!["ConfigMap"];
        let guest = Box::new(crate::house::script::follows);
        House::over(house.api, guest)
    };
    let mut house = house();
    say(&mut house, json!({}));
    fail_for(&mut house, 20, "", "ConfigMap");
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["metadata"]["finalizers"], json!(["innkeeper.dev/children"]));
}

#[test]
fn children_in_a_version_that_is_served_no_more_are_not_taken_for_gone_until_every_version_was_asked_for() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "far", "namespace": "b"}]}));
    let mut api = house.api;
    api.forget_watches();
    let mut recorded = api.get("Reconciler", None, "inn").unwrap().clone();
    recorded["status"]["kinds"] = json!([{"group": "", "version": "v0", "kind": "ConfigMap"}]);
    api.put(recorded);
    api.delete("Inn", Some("a"), "x");
    api.holds_finds = true;
    let mut house = House::starting(api, Box::new(crate::house::script::follows), crate::house::manifest(false));
    house.input(Input::ModulesRead);
    house.pass(1_000);
    assert_eq!(house.held.len(), 1, "in which version it is served is asked");
    assert!(house.api.get("Inn", Some("a"), "x").is_some(), "its child may be there in another version");
    house.release();
    house.pass(1_000);
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert_eq!(house.api.children(), Vec::<String>::new());
}

#[test]
fn a_host_that_stops_waits_for_no_list() {
    let mut house = House::new(guest);
    house.api.unlisted = vec!["Secret"];
    house.put(wanting("x", "Secret"));
    assert!(!house.engine.is_idle(), "it waits for the list");
    house.input(Input::Stop);
    assert!(house.engine.is_idle());
}
