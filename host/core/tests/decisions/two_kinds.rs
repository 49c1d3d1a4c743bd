//! Two kinds, each with its module: what becomes of one of them leaves the work on the other as it is.

use std::sync::Arc;

use crate::house::{Api, House, crd, inn, manifest, rooms, towers};
use innkeeper_core::binding::Module;
use innkeeper_core::contract::{Failure, Manifest, Outcome, Request};
use innkeeper_core::engine::{Input, News};
use innkeeper_core::kind::Kind;
use serde_json::{Value, json};

/// A house that keeps inns and towers, both with a ConfigMap per name in `spec.rooms`.
fn house() -> House {
    house_of(manifest(false))
}

fn house_of(inns: Manifest) -> House {
    let mut api = Api::default();
    api.put(crd());
    api.put(towers());
    let mut house = House::starting(api, Box::new(furnished), inns);
    let serves = Kind::new("example.com", "v1", "Tower");
    let other = Manifest { name: "tower".into(), serves, ..manifest(false) };
    let module = Module { digest: format!("sha256:{}", "b".repeat(64)), manifest: Arc::new(other) };
    house.input(Input::Module { source: "tower.wasm".into(), news: News::Loaded(module) });
    house.input(Input::ModulesRead);
    house
}

/// What [`rooms`] wants, in the version that the object says.
fn furnished(request: &Request) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    let mut outcome = rooms(request)?;
    if let Some(version) = object["spec"]["version"].as_str() {
        for child in &mut outcome.children {
            child.manifest = child.manifest.replace(r#""apiVersion":"v1""#, &format!(r#""apiVersion":"{version}""#));
        }
    }
    Ok(outcome)
}

fn tower(name: &str, rooms: &[&str]) -> Value {
    let mut tower = inn(name, json!({ "rooms": rooms }));
    tower["kind"] = json!("Tower");
    tower
}

/// Inns are served no more.
fn end_inns(house: &mut House) {
    house.api.delete("CustomResourceDefinition", None, "inns.example.com");
    house.settle();
}

fn ended(house: &House) -> Vec<(String, String)> {
    house.ended.iter().zip(&house.causes).map(|((key, _), cause)| (key.clone(), cause.clone())).collect()
}

#[test]
fn a_guest_that_is_called_is_heard_and_it_is_known_why_it_was_called() {
    let mut house = house();
    house.put(inn("x", json!({"rooms": []})));
    house.holds_calls = true;
    house.put(tower("t", &["one"]));
    end_inns(&mut house);
    house.ended.clear();
    house.causes.clear();
    house.answer();
    assert_eq!(house.api.children(), ["ConfigMap a/one", "Tower a/t"]);
    assert_eq!(ended(&house)[0], ("Tower a/t".into(), "the object was created".into()));
    assert!(house.engine.is_idle());
}

#[test]
fn what_is_at_rest_stays_at_rest() {
    let mut house = house();
    house.put(tower("t", &["one"]));
    end_inns(&mut house);
    house.ended.clear();
    let mut theirs = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    theirs["metadata"]["annotations"]["example.com/note"] = json!("x");
    house.put(theirs);
    assert!(house.ended.len() == 1 && house.ended[0].1.skipped, "{:?}", house.ended);
}

#[test]
fn what_waits_for_discovery_goes_on() {
    let mut house = house();
    house.holds_discovery = true;
    let mut furnished = tower("t", &["one"]);
    furnished["spec"]["version"] = json!("v2");
    house.put(furnished);
    assert_eq!(house.held.len(), 1);
    end_inns(&mut house);
    house.release();
    assert_eq!(house.api.children(), ["ConfigMap a/one", "Tower a/t"]);
}

/// Two towers and perhaps an inn want one name, and inns end while the first looks at it. How often it was looked at
/// in the end.
fn looks(with_inn: bool) -> usize {
    let mut house = house();
    house.holds = Some("look ConfigMap a/one".into());
    house.put(tower("s", &["one"]));
    house.put(tower("t", &["one"]));
    if with_inn {
        house.put(inn("x", json!({"rooms": ["one"]})));
    }
    assert_eq!(house.held.len(), 1, "one at a time");
    end_inns(&mut house);
    house.release();
    assert!(house.engine.is_idle(), "nobody waits for ever");
    let said = house.api.get("Tower", Some("a"), "t").unwrap()["status"]["conditions"][0]["reason"].clone();
    assert_eq!(said, "Conflict");
    house.requests().iter().filter(|request| *request == "look ConfigMap a/one").count()
}

#[test]
fn who_waits_for_a_name_gets_it_unless_its_kind_is_no_longer_kept() {
    assert_eq!(looks(true), looks(false), "nobody looks for a step that is no more");
}

#[test]
fn a_reconciler_that_goes_waits_for_nothing_of_another_kind() {
    let mut house = house_of(manifest(true));
    house.put(inn("x", json!({"rooms": []})));
    house.holds_calls = true;
    house.put(tower("t", &["one"]));
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Removed });
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    assert!(house.api.get("Reconciler", None, "inn").is_none());
    house.answer();
}
