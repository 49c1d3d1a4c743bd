//! Modules that the cluster keeps: named by their digest, read when they are named.

use std::sync::Arc;

use crate::house::{Api, House, inn, manifest, reconciler, rooms, served};
use innkeeper_core::binding::Module;
use innkeeper_core::engine::{Input, News, Unfit};
use innkeeper_core::kind::Kind;
use innkeeper_core::reconciler::{ConfigMapKey, Place};
use serde_json::{Value, json};

pub(crate) fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

pub(crate) fn module(letter: &str) -> Module {
    Module { digest: digest(letter), manifest: Arc::new(manifest(false)) }
}

/// A Reconciler that names a pushed module.
pub(crate) fn naming(letter: &str) -> Value {
    json!({
        "module": {"pushed": {}, "digest": digest(letter)},
        "permissions": {"apply": [{"group": "", "kinds": ["ConfigMap", "Secret"]}]},
    })
}

/// A new process whose folder has no modules.
pub(crate) fn process(api: Api) -> House {
    let mut house = House::begun(api, Box::new(rooms), innkeeper_core::engine::Now { mono_ms: 1, wall_ms: 4_600_000 });
    house.input(Input::ModulesRead);
    house
}

/// A house with an inn, whose Reconciler names the pushed module `a`, and it serves.
pub(crate) fn house() -> House {
    let mut api = served();
    api.put(reconciler(naming("a")));
    api.put(inn("moon", json!({"rooms": ["one"]})));
    let mut house = process(api);
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    house
}

pub(crate) fn name_module(house: &mut House, spec: &Value) {
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"] = spec.clone();
    house.put(reconciler);
}

pub(crate) fn status(house: &House) -> Value {
    house.api.get("Reconciler", None, "inn").unwrap()["status"].clone()
}

/// The first digits of the digests that the history names, the newest first.
fn history(house: &House) -> String {
    let status = status(house);
    let served = status["history"].as_array().cloned().unwrap_or_default();
    served.iter().map(|served| served["digest"].as_str().unwrap()[7..8].to_owned()).collect()
}

pub(crate) fn loaded(house: &House) -> (String, String, String) {
    let status = status(house);
    let condition = status["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Loaded").unwrap();
    ["status", "reason", "message"].map(|field| condition[field].as_str().unwrap().to_owned()).into()
}

#[test]
fn a_pushed_module_is_read_when_it_is_named_and_decides_when_it_is_loaded() {
    let mut api = served();
    api.put(reconciler(naming("a")));
    api.put(inn("moon", json!({"rooms": ["one"]})));
    let mut house = process(api);
    assert_eq!(house.fetches, [digest("a")]);
    assert!(!house.engine.is_ready());
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert!(house.engine.is_ready());
    assert!(house.api.get("ConfigMap", Some("a"), "one").is_some());
    assert_eq!((status(&house)["digest"].as_str(), history(&house)), (Some(digest("a").as_str()), "a".to_owned()));
    assert_eq!(loaded(&house).0, "True");
}

#[test]
fn until_the_next_one_is_loaded_the_one_before_decides() {
    let mut house = house();
    name_module(&mut house, &naming("b"));
    assert_eq!(house.fetches, [digest("a"), digest("b")]);
    assert!(house.engine.is_ready(), "it serves");
    assert_eq!(status(&house)["digest"], digest("a"));
    house.put(inn("sun", json!({"rooms": ["two"]})));
    assert!(house.api.get("ConfigMap", Some("a"), "two").is_some());
    house.called();
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!(house.called(), ["moon", "sun"], "each is looked at once with the new one");
    assert_eq!((status(&house)["digest"].clone(), history(&house)), (json!(digest("b")), "ba".to_owned()));
}

#[test]
fn a_pushed_module_that_is_none_leaves_the_one_before_in_service_and_says_so() {
    let mut house = house();
    name_module(&mut house, &naming("b"));
    house.called();
    house.input(Input::Fetched(digest("b"), Err(Unfit::Rejected("it is no wasm".into()))));
    assert!(house.called().is_empty());
    assert_eq!((status(&house)["digest"].clone(), history(&house)), (json!(digest("a")), "a".to_owned()));
    let (is, reason, message) = loaded(&house);
    assert_eq!((is.as_str(), reason.as_str()), ("False", "ModuleRejected"));
    assert_eq!(message, "it is no wasm; the module loaded before stays in service");
    house.pass(3_600_000);
    assert_eq!(house.fetches.len(), 2, "it never will be one");
}

#[test]
fn one_that_decided_before_decides_again_and_is_not_read_again() {
    let mut house = house();
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    name_module(&mut house, &naming("a"));
    assert_eq!((status(&house)["digest"].clone(), history(&house)), (json!(digest("a")), "aba".to_owned()));
    assert_eq!(house.fetches.len(), 2);
}

#[test]
fn the_history_has_an_end() {
    let mut house = house();
    for round in 0..12 {
        let letter = if round % 2 == 0 { "b" } else { "a" };
        name_module(&mut house, &naming(letter));
        house.input(Input::Fetched(digest(letter), Ok(module(letter))));
    }
    assert_eq!(history(&house), "ababababab");
}

#[test]
fn what_cannot_be_read_is_looked_for_again_after_a_while() {
    let mut house = house();
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Err(Unfit::Missing("there is no chunk".into()))));
    assert_eq!(loaded(&house).1, "ModuleMissing");
    house.pass(8_000);
    assert_eq!(house.fetches.len(), 2);
    house.pass(4_000);
    assert_eq!(house.fetches.len(), 3);
    assert!(!house.spins());
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!((status(&house)["digest"].clone(), loaded(&house).0), (json!(digest("b")), "True".to_owned()));
}

#[test]
fn a_new_process_does_nothing_before_its_module_is_read_and_nothing_after_it() {
    let house = house();
    let mut house = process(house.api);
    assert_eq!(house.fetches, [digest("a")]);
    assert!(!house.engine.is_ready());
    assert_eq!(house.requests, Vec::<String>::new());
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert!(house.engine.is_ready());
    assert_eq!((house.calls, house.requests.clone()), (1, vec![]));
}

#[test]
fn a_new_process_takes_what_served_last_where_the_one_that_is_named_is_none() {
    let mut old = house();
    name_module(&mut old, &naming("b"));
    old.input(Input::Fetched(digest("b"), Err(Unfit::Rejected("it is no wasm".into()))));
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("b"), Err(Unfit::Rejected("it is no wasm".into()))));
    assert_eq!(house.fetches, [digest("b"), digest("a")]);
    assert_eq!(house.requests, Vec::<String>::new());
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!((house.calls, status(&house)["digest"].clone()), (1, json!(digest("a"))));
    assert_eq!(loaded(&house).1, "ModuleRejected");
}

#[test]
fn a_reconciler_whose_module_is_nowhere_says_so() {
    let mut api = served();
    api.put(reconciler(naming("a")));
    let mut house = process(api);
    house.input(Input::Fetched(digest("a"), Err(Unfit::Missing("there is no chunk".into()))));
    assert_eq!(loaded(&house), ("False".into(), "ModuleMissing".into(), "there is no chunk".into()));
    assert!(house.engine.is_ready(), "nothing is waited for");
}

#[test]
fn a_module_of_the_folder_serves_only_if_it_has_the_digest_that_is_asked_for() {
    let pinned = |letter: &str| json!({"module": {"folder": {}, "digest": digest(letter)}});
    let mut house = House::declared(pinned("b"), rooms, manifest(false));
    assert_eq!(status(&house)["digest"], Value::Null);
    assert_eq!(loaded(&house).1, "WrongDigest");
    name_module(&mut house, &pinned("a"));
    assert_eq!((status(&house)["digest"].clone(), loaded(&house).0), (json!(digest("a")), "True".to_owned()));
    name_module(&mut house, &pinned("b"));
    assert_eq!(status(&house)["digest"], digest("a"), "it stays in service");
    let (is, reason, message) = loaded(&house);
    assert_eq!((is.as_str(), reason.as_str()), ("False", "WrongDigest"));
    assert!(message.contains(&digest("b")) && message.contains("aaaaaaaaaaaa"), "{message}");
}

/// Which module decided for which object since the last time this was asked: `moon a`.
pub(crate) fn decided(house: &mut House) -> Vec<String> {
    let deciders = std::mem::take(&mut house.deciders);
    let named = house.called().into_iter().zip(deciders);
    named.map(|(name, digest)| format!("{name} {}", &digest[7..8])).collect()
}

#[test]
fn m03_a_call_in_flight_is_carried_out_and_its_object_is_called_once_more_with_the_new_module() {
    let mut house = house();
    house.deciders.clear();
    house.called();
    house.holds_calls = true;
    house.put(inn("sun", json!({"rooms": ["two"]})));
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!(decided(&mut house), ["sun a", "moon b"], "one call for one object at a time");
    house.answer();
    assert!(house.api.get("ConfigMap", Some("a"), "two").is_some());
    let after = decided(&mut house);
    assert!(!after.is_empty() && after.iter().all(|one| one == "sun b"), "{after:?}");
}

#[test]
fn m03_after_a_swap_what_somebody_changes_goes_before_what_is_only_looked_at_anew() {
    let mut house = house();
    for n in 0..30 {
        house.put(inn(&format!("inn-{n:02}"), json!({"rooms": [format!("room-{n}")]})));
    }
    house.called();
    house.holds_calls = true;
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    let begun = house.called();
    assert!(!begun.is_empty() && !begun.contains(&"inn-29".to_owned()), "{begun:?}");
    house.put(inn("inn-29", json!({"rooms": ["another"]})));
    house.answer();
    assert_eq!(house.called().first().map(String::as_str), Some("inn-29"));
}

/// A Reconciler that names a ConfigMap.
pub(crate) fn in_a_config_map() -> Value {
    let at = json!({"namespace": "shop", "name": "modules", "key": "inn.wasm"});
    json!({"module": {"configMap": at}, "permissions": {"apply": [{"group": "", "kinds": ["ConfigMap", "Secret"]}]}})
}

pub(crate) fn place() -> Place {
    Place::ConfigMaps(vec![ConfigMapKey { namespace: "shop".into(), name: "modules".into(), key: "inn.wasm".into() }])
}

#[test]
fn the_module_of_a_config_map_is_followed_while_it_is_named() {
    let mut api = served();
    api.put(reconciler(in_a_config_map()));
    api.put(inn("moon", json!({"rooms": ["one"]})));
    let mut house = process(api);
    assert_eq!(house.followed.iter().collect::<Vec<_>>(), ["key inn.wasm of ConfigMap shop/modules"]);
    assert!(!house.engine.is_ready());
    for letter in ["a", "b"] {
        house.input(Input::Followed(place(), Ok(module(letter))));
        assert_eq!((status(&house)["digest"].clone(), loaded(&house).0), (json!(digest(letter)), "True".to_owned()));
    }
    assert_eq!((history(&house).as_str(), &status(&house)["history"][0]["source"]), ("ba", &json!("configMap")));
    for (unfit, reason) in [
        (Unfit::Rejected("it is no wasm".into()), "ModuleRejected"),
        (Unfit::Missing("there is none".into()), "ModuleMissing"),
    ] {
        house.input(Input::Followed(place(), Err(unfit)));
        assert_eq!((status(&house)["digest"].clone(), loaded(&house).1), (json!(digest("b")), reason.to_owned()));
    }
    name_module(&mut house, &naming("c"));
    assert!(house.followed.is_empty());
    house.input(Input::Followed(place(), Ok(module("d"))));
    assert_eq!(status(&house)["digest"], digest("b"), "it is not named any more");
    house.input(Input::Fetched(digest("c"), Ok(module("c"))));
    assert_eq!(history(&house), "cba");
}

#[test]
fn the_module_of_a_url_is_followed_under_the_digest_that_is_asked_for() {
    let at = |letter| Place::Url { url: "https://modules.example/inn.wasm".into(), digest: Some(digest(letter)) };
    let naming = |letter| {
        let mut spec = in_a_config_map();
        spec["module"] = json!({"url": "https://modules.example/inn.wasm", "digest": digest(letter)});
        spec
    };
    let mut api = served();
    api.put(reconciler(naming("a")));
    let mut house = process(api);
    assert_eq!(house.followed.len(), 1);
    house.input(Input::Followed(at("a"), Ok(module("b"))));
    assert_eq!(loaded(&house).1, "WrongDigest");
    house.input(Input::Followed(at("a"), Ok(module("a"))));
    assert_eq!((status(&house)["digest"].clone(), loaded(&house).0), (json!(digest("a")), "True".to_owned()));
    name_module(&mut house, &naming("b"));
    assert_eq!(status(&house)["digest"], digest("a"), "it serves until the other is there");
    house.input(Input::Followed(at("a"), Ok(module("a"))));
    house.input(Input::Followed(at("b"), Ok(module("b"))));
    assert_eq!((history(&house).as_str(), &status(&house)["history"][0]["source"]), ("ba", &json!("url")));
}

#[test]
fn a_module_for_another_kind_does_not_take_over() {
    let mut house = house();
    name_module(&mut house, &naming("b"));
    let mut other = manifest(false);
    other.serves = Kind::new("example.com", "v1", "Tower");
    let other = Module { digest: digest("b"), manifest: Arc::new(other) };
    house.input(Input::Fetched(digest("b"), Ok(other)));
    assert_eq!(status(&house)["digest"], digest("a"));
    let (_, reason, message) = loaded(&house);
    assert_eq!(reason, "WrongKind");
    assert!(message.contains("Tower.example.com") && message.contains("Inn.example.com"), "{message}");
    house.put(inn("sun", json!({"rooms": ["two"]})));
    assert!(house.api.get("ConfigMap", Some("a"), "two").is_some(), "the one before serves");
}

#[test]
fn the_log_says_that_a_file_changes_nothing_while_its_reconciler_takes_a_pushed_module_and_which_module_came_for_which()
{
    let mut house = house();
    house.notes.clear();
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module("b")) });
    let said = "inn.wasm: module inn 1.0.0 (bbbbbbbbbbbb) is loaded, for example.com/v1 Inn; it changes nothing: \
                Reconciler inn takes its module from spec.module.pushed, not from the folder";
    assert_eq!(house.notes, [(false, said.into())]);
    let mut spec = naming("a");
    spec["module"] = json!({"folder": {}});
    name_module(&mut house, &spec);
    assert_eq!(status(&house)["digest"], digest("b"));
    let serves = "Reconciler inn: module inn (bbbbbbbbbbbb) 1.0.0 is in service; before it, aaaaaaaaaaaa was";
    assert_eq!(house.notes.iter().filter(|(_, text)| text == serves).count(), 1, "{:?}", house.notes);
}
