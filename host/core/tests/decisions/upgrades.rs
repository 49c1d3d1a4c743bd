//! CustomResourceDefinitions that modules bring (promise M08): applied before a module decides for the first time.

use std::sync::Arc;

use crate::house::{Api, House, crd, inn, manifest, reconciler, served};
use crate::pushed::{digest, loaded, module, name_module, naming, process, status};
use innkeeper_core::binding::Module;
use innkeeper_core::engine::{Input, NotUpgraded};
use serde_json::{Value, json};

/// The module `letter` with a CustomResourceDefinition.
fn bringing(letter: &str) -> Module {
    Module {
        manifest: Arc::new(innkeeper_core::contract::Manifest { crd: Some("{}".into()), ..manifest(false) }),
        ..module(letter)
    }
}

fn applying(letter: &str) -> Value {
    let mut spec = naming(letter);
    spec["crd"] = json!("Apply");
    spec
}

fn fetched(house: &mut House, letter: &str) {
    house.input(Input::Fetched(digest(letter), Ok(bringing(letter))));
}

fn upgraded(house: &mut House, letter: &str, result: Result<(), NotUpgraded>) {
    house.input(Input::Upgraded { reconciler: "inn".into(), digest: digest(letter), result });
}

fn asked(house: &House) -> Vec<String> {
    house.upgrades.iter().map(|(name, digest)| format!("{name} {}", &digest[7..8])).collect()
}

/// A house that is kept by `a`, which brought its CustomResourceDefinition.
fn house() -> House {
    let mut api = served();
    api.put(reconciler(applying("a")));
    api.put(inn("moon", json!({"rooms": ["one"]})));
    let mut house = process(api);
    fetched(&mut house, "a");
    upgraded(&mut house, "a", Ok(()));
    assert_eq!(asked(&house), ["inn a"]);
    assert_eq!(status(&house)["digest"], digest("a"));
    house
}

#[test]
fn a_module_of_a_kind_that_is_not_there_brings_it() {
    let mut api = Api::default();
    api.put(reconciler(applying("a")));
    let mut house = process(api);
    fetched(&mut house, "a");
    assert_eq!((asked(&house), loaded(&house).1), (vec!["inn a".to_owned()], "CRDPending".to_owned()));
    upgraded(&mut house, "a", Ok(()));
    house.put(crd());
    house.put(inn("moon", json!({"rooms": ["one"]})));
    assert!(house.api.get("ConfigMap", Some("a"), "one").is_some());
    assert_eq!(asked(&house).len(), 1);
}

#[test]
fn until_it_is_applied_the_module_before_decides() {
    let mut house = house();
    name_module(&mut house, &applying("b"));
    fetched(&mut house, "b");
    assert_eq!(asked(&house), ["inn a", "inn b"]);
    assert_eq!((status(&house)["digest"].clone(), loaded(&house).1), (json!(digest("a")), "CRDPending".to_owned()));
    upgraded(&mut house, "b", Ok(()));
    assert_eq!((status(&house)["digest"].clone(), loaded(&house).0), (json!(digest("b")), "True".to_owned()));
}

#[test]
fn one_that_would_lose_something_is_refused_with_the_list_and_tried_again_later() {
    let mut house = house();
    name_module(&mut house, &applying("b"));
    fetched(&mut house, "b");
    let list = vec!["v1: spec.rooms would be dropped".to_owned(), "a/moon: spec.beds: Required value".to_owned()];
    upgraded(&mut house, "b", Err(NotUpgraded::Refused(list)));
    let (_, reason, message) = loaded(&house);
    assert_eq!(reason, "CRDRefused");
    assert!(message.contains("would lose or break what is there: v1: spec.rooms would be dropped; a/moon: spec.beds"));
    assert_eq!(status(&house)["digest"], digest("a"));
    house.pass(30_000);
    assert_eq!(asked(&house).len(), 2);
    house.pass(31_000);
    assert_eq!(asked(&house).len(), 3, "objects may have changed");
    upgraded(&mut house, "b", Ok(()));
    assert_eq!(status(&house)["digest"], digest("b"));
}

#[test]
fn one_that_decided_before_decides_again_with_what_is_there() {
    let mut house = house();
    name_module(&mut house, &applying("b"));
    fetched(&mut house, "b");
    upgraded(&mut house, "b", Ok(()));
    name_module(&mut house, &applying("a"));
    assert_eq!((status(&house)["digest"].clone(), asked(&house).len()), (json!(digest("a")), 2));
}

#[test]
fn without_a_word_of_the_reconciler_no_module_brings_anything() {
    let mut api = served();
    api.put(reconciler(naming("a")));
    let mut house = process(api);
    fetched(&mut house, "a");
    assert!(asked(&house).is_empty());
    assert_eq!(loaded(&house).0, "True");
}

#[test]
fn a_process_that_starts_asks_for_nothing_that_is_there() {
    let mut house = house();
    let api = std::mem::take(&mut house.api);
    let mut house = process(api);
    fetched(&mut house, "a");
    assert!(asked(&house).is_empty());
    assert_eq!(status(&house)["digest"], digest("a"));
}
