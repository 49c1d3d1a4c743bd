//! The cluster keeps the modules that decide, wherever they came from (promise M04).

use crate::house::{Api, House, inn, manifest, reconciler, rooms};
use crate::pushed::{digest, house, loaded, module, naming, process, status};
use innkeeper_core::engine::{Input, News, Unfit};
use serde_json::{Value, json};

fn in_the_folder() -> Value {
    let mut spec = naming("a");
    spec["module"] = json!({"folder": {}});
    spec
}

/// A module of the folder serves.
fn with_a_folder() -> House {
    House::declared(in_the_folder(), rooms, manifest(false))
}

fn file(house: &mut House, letter: &str) {
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module(letter)) });
}

/// The module `a` of the folder serves, and the cluster keeps it.
fn kept() -> Api {
    let mut house = with_a_folder();
    house.put(inn("moon", json!({"rooms": ["one"]})));
    house.input(Input::Kept(digest("a"), Ok(())));
    house.api
}

/// A new process over it, whose folder has that module.
fn with_another_file(api: Api, letter: &str) -> House {
    let mut house = House::begun(api, Box::new(rooms), innkeeper_core::engine::Now { mono_ms: 1, wall_ms: 4_600_000 });
    file(&mut house, letter);
    house.input(Input::ModulesRead);
    house
}

#[test]
fn m04_a_module_of_the_folder_is_put_into_the_cluster_once_it_decides() {
    let mut house = with_a_folder();
    assert_eq!(house.keeps, [digest("a")]);
    assert_eq!(status(&house)["history"][0]["kept"], Value::Null);
    house.input(Input::Kept(digest("a"), Ok(())));
    assert_eq!(status(&house)["history"][0]["kept"], true);
    file(&mut house, "b");
    assert_eq!(house.keeps, [digest("a"), digest("b")]);
    house.input(Input::Kept(digest("b"), Ok(())));
    assert_eq!(
        (&status(&house)["history"][0]["digest"], &status(&house)["history"][0]["kept"]),
        (&json!(digest("b")), &json!(true))
    );
}

#[test]
fn m04_what_is_kept_is_not_put_there_again_by_a_new_process() {
    let house = with_another_file(kept(), "a");
    assert_eq!((house.keeps.clone(), house.requests.clone()), (vec![], vec![]));
    assert_eq!(status(&house)["history"][0]["kept"], true);
}

#[test]
fn whether_what_was_pushed_is_kept_is_asked_once() {
    let mut house = house();
    assert_eq!(house.keeps, [digest("a")]);
    house.input(Input::Kept(digest("a"), Ok(())));
    assert_eq!(status(&house)["history"][0]["kept"], true);
    let mut house = process(house.api);
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!((house.keeps.clone(), house.requests.clone()), (vec![], vec![]));
}

#[test]
fn what_cannot_be_kept_serves_all_the_same_and_is_tried_again_after_ten_minutes() {
    let mut house = with_a_folder();
    house.put(inn("moon", json!({"rooms": ["one"]})));
    house.input(Input::Kept(digest("a"), Err("there is no namespace innkeeper".into())));
    assert!(house.notes.iter().any(|(trouble, text)| *trouble && text.contains("no namespace innkeeper")));
    assert!(house.api.get("ConfigMap", Some("a"), "one").is_some());
    house.pass(590_000);
    assert_eq!(house.keeps.len(), 1);
    house.pass(20_000);
    assert_eq!(house.keeps.len(), 2);
    assert!(!house.spins());
}

#[test]
fn m02_a_new_process_without_the_file_goes_on_with_what_the_cluster_keeps() {
    let mut house = process(kept());
    assert_eq!((house.fetches.clone(), house.engine.is_ready()), (vec![digest("a")], false));
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!((house.calls, status(&house)["digest"].clone()), (1, json!(digest("a"))));
    assert_eq!(loaded(&house).0, "True", "a file that is gone stops nothing");
}

#[test]
fn m05_a_file_that_waits_for_approval_waits_after_a_restart_too() {
    let mut api = kept();
    let mut spec = in_the_folder();
    spec["rollout"] = json!({"plan": "Required"});
    let mut changed = api.get("Reconciler", None, "inn").unwrap().clone();
    changed["spec"] = spec;
    api.put(changed);
    let mut house = with_another_file(api, "b");
    assert_eq!(house.fetches, [digest("a")]);
    assert_eq!(house.calls, 0);
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!(house.plans, [("inn".to_owned(), digest("b"))]);
    assert_eq!((house.calls, status(&house)["digest"].clone()), (1, json!(digest("a"))));
}

#[test]
fn a_file_that_waits_for_nobody_decides_after_a_restart_without_a_look_at_the_one_before() {
    let house = with_another_file(kept(), "b");
    assert_eq!((house.fetches.clone(), status(&house)["digest"].clone()), (vec![], json!(digest("b"))));
}

#[test]
fn what_the_history_forgets_the_cluster_need_not_keep() {
    let mut house = with_a_folder();
    let letters = ["a", "b", "c", "d", "e", "f", "0", "1", "2", "3", "4", "5"];
    for letter in letters {
        file(&mut house, letter);
        house.input(Input::Kept(digest(letter), Ok(())));
    }
    assert_eq!(house.discards, [digest("a"), digest("b")]);
}

#[test]
fn what_another_reconciler_names_stays() {
    let mut house = with_a_folder();
    house.input(Input::Kept(digest("a"), Ok(())));
    let mut other = reconciler(naming("a"));
    other["metadata"]["name"] = json!("other");
    house.put(other);
    for letter in ["b", "c", "d", "e", "f", "0", "1", "2", "3", "4"] {
        file(&mut house, letter);
        house.input(Input::Kept(digest(letter), Ok(())));
    }
    assert_eq!(house.discards, Vec::<String>::new());
}

/// A process in which the pushed module `a` decides, which the cluster keeps, and no Reconciler is left.
fn without_its_reconciler() -> House {
    let mut house = house();
    house.input(Input::Kept(digest("a"), Ok(())));
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    house
}

#[test]
fn what_only_a_deleted_reconciler_named_goes_after_a_while() {
    let mut house = without_its_reconciler();
    house.sleep(590_000);
    assert_eq!(house.discards, Vec::<String>::new());
    house.sleep(20_000);
    assert_eq!(house.discards, [digest("a")]);
    house.sleep(3_600_000);
    assert_eq!((house.discards.len(), house.spins()), (1, false));
}

#[test]
fn what_a_reconciler_of_another_name_takes_up_meanwhile_stays() {
    let mut house = without_its_reconciler();
    let mut other = reconciler(naming("a"));
    (other["metadata"]["name"], other["metadata"]["uid"]) = (json!("other"), json!("other"));
    house.put(other);
    house.sleep(3_600_000);
    assert_eq!(house.discards, Vec::<String>::new());
}

#[test]
fn what_cannot_be_had_from_the_cluster_either_is_told() {
    let mut house = process(kept());
    house.input(Input::Fetched(digest("a"), Err(Unfit::Missing("there is no chunk".into()))));
    let (_, reason, message) = loaded(&house);
    assert_eq!((house.calls, reason.as_str()), (0, "ModuleMissing"));
    assert!(message.ends_with("in the folder that the host watches, and there is no chunk"), "{message}");
    assert!(house.engine.is_ready(), "nothing is waited for");
}
