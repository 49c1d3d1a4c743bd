//! Modules that were left for another one: none of them decides again before a person says so (promise M04).

use crate::house::House;
use crate::pushed::{digest, house, in_a_config_map, loaded, module, name_module, naming, place, process, status};
use innkeeper_core::engine::Input;
use serde_json::{Value, json};

/// What a person writes who approves a module.
fn approve(house: &mut House, approval: &str) {
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["metadata"]["annotations"] = json!({"innkeeper.dev/approved": approval});
    house.put(reconciler);
}

/// Somebody goes back to a module: names it, and approves it in the same write.
pub(crate) fn go_back(house: &mut House, letter: &str) {
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"] = naming(letter);
    reconciler["metadata"]["annotations"] = json!({"innkeeper.dev/approved": digest(letter)});
    house.put(reconciler);
}

fn decides(house: &House) -> String {
    status(house)["digest"].as_str().unwrap()[7..8].to_owned()
}

/// The module `b` was left for `a`, which decides again.
fn left() -> House {
    let mut house = house();
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    go_back(&mut house, "a");
    assert_eq!(decides(&house), "a");
    house
}

#[test]
fn m04_what_is_left_for_the_one_before_is_remembered() {
    let house = left();
    let rejected = status(&house)["rejected"].clone();
    assert_eq!((rejected.as_array().unwrap().len(), &rejected[0]["digest"]), (1, &json!(digest("b"))));
    assert_eq!(rejected[0]["why"], "somebody went back to aaaaaaaaaaaa");
}

#[test]
fn m04_no_source_brings_back_what_was_left() {
    let mut house = left();
    name_module(&mut house, &naming("b"));
    assert_eq!((decides(&house), loaded(&house).1), ("a".to_owned(), "RolledBack".to_owned()));
    assert!(loaded(&house).2.contains("innkeeper approve inn"), "{}", loaded(&house).2);
    name_module(&mut house, &in_a_config_map());
    house.input(Input::Followed(place(), Ok(module("b"))));
    assert_eq!((decides(&house), loaded(&house).1), ("a".to_owned(), "RolledBack".to_owned()));
    house.input(Input::Followed(place(), Ok(module("c"))));
    assert_eq!((decides(&house), loaded(&house).0), ("c".to_owned(), "True".to_owned()));
}

#[test]
fn m04_no_restart_brings_back_what_was_left() {
    let mut old = left();
    name_module(&mut old, &naming("b"));
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!((house.fetches.clone(), house.calls), (vec![digest("b"), digest("a")], 0));
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!((decides(&house), loaded(&house).1), ("a".to_owned(), "RolledBack".to_owned()));
}

#[test]
fn m04_a_person_brings_back_what_was_left() {
    let mut house = left();
    name_module(&mut house, &naming("b"));
    approve(&mut house, &digest("b"));
    assert_eq!((decides(&house), &status(&house)["rejected"]), ("b".to_owned(), &Value::Null));
}

#[test]
fn m04_what_approved_a_module_before_it_was_left_does_not_bring_it_back() {
    let mut house = left();
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["status"]["spent"] = json!([format!("approved {}", digest("b"))]);
    reconciler["spec"] = naming("b");
    reconciler["metadata"]["annotations"] = json!({"innkeeper.dev/approved": digest("b")});
    house.put(reconciler);
    assert_eq!((decides(&house), loaded(&house).1), ("a".to_owned(), "RolledBack".to_owned()));
    approve(&mut house, &format!("{} again", digest("c")));
    assert_eq!(decides(&house), "a");
    approve(&mut house, &format!("{} again", digest("b")));
    assert_eq!(decides(&house), "b");
}

#[test]
fn who_names_an_older_module_without_approving_it_leaves_none() {
    let mut house = house();
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    name_module(&mut house, &naming("a"));
    assert_eq!((decides(&house), &status(&house)["rejected"]), ("a".to_owned(), &Value::Null));
}

#[test]
fn m04_an_older_manifest_that_brings_its_approval_does_not_bring_the_module_back() {
    let mut house = house();
    let mut older = house.api.get("Reconciler", None, "inn").unwrap().clone();
    older["spec"] = naming("b");
    older["metadata"]["annotations"] = json!({"innkeeper.dev/approved": digest("b")});
    house.put(older.clone());
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!(decides(&house), "b");
    go_back(&mut house, "a");
    let mut again = house.api.get("Reconciler", None, "inn").unwrap().clone();
    (again["spec"], again["metadata"]["annotations"]) =
        (older["spec"].clone(), older["metadata"]["annotations"].clone());
    house.put(again);
    assert_eq!((decides(&house), loaded(&house).1), ("a".to_owned(), "RolledBack".to_owned()));
}

#[test]
fn m04_an_approval_that_went_back_does_not_do_so_again() {
    let mut house = left();
    name_module(&mut house, &naming("c"));
    house.input(Input::Fetched(digest("c"), Ok(module("c"))));
    assert_eq!(decides(&house), "c");
    name_module(&mut house, &naming("a"));
    assert_eq!(decides(&house), "a");
    let rejected = status(&house)["rejected"].clone();
    assert_eq!(rejected.as_array().map(Vec::len), Some(1), "nobody approved that c be left: {rejected}");
}
