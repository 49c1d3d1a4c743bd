//! Modules and their sources: a module follows its name from file to file.

use std::sync::Arc;

use crate::house::{House, manifest, wants};
use innkeeper_core::binding::Module;
use innkeeper_core::engine::{Input, News};

fn module(digit: &str) -> News {
    News::Loaded(Module { digest: format!("sha256:{}", digit.repeat(64)), manifest: Arc::new(manifest(false)) })
}

fn tell(house: &mut House, source: &str, news: News) {
    house.input(Input::Module { source: source.into(), news });
}

/// The digest that decides, its first digit.
fn decides(house: &House) -> String {
    let reconciler = house.api.get("Reconciler", None, "inn").unwrap();
    reconciler["status"]["digest"].as_str().unwrap()[7..8].to_owned()
}

/// The house has loaded module `a` from `inn.wasm`.
fn house() -> House {
    House::new(|_| wants(vec![]))
}

#[test]
fn a_module_under_a_new_file_name_takes_over_when_the_old_file_is_removed_before() {
    let mut house = house();
    tell(&mut house, "inn.wasm", News::Removed);
    assert_eq!(decides(&house), "a", "a removed file stops nothing");
    tell(&mut house, "inn-2.wasm", module("b"));
    assert_eq!(decides(&house), "b");
}

#[test]
fn a_module_under_a_new_file_name_takes_over_when_the_old_file_is_removed_after() {
    let mut house = house();
    tell(&mut house, "inn-2.wasm", module("b"));
    assert_eq!(decides(&house), "a", "two files offer one name: the first serves");
    tell(&mut house, "inn-3.wasm", module("c"));
    tell(&mut house, "inn-3.wasm", News::Removed);
    tell(&mut house, "inn.wasm", News::Removed);
    assert_eq!(decides(&house), "b");
    tell(&mut house, "inn-2.wasm", module("d"));
    assert_eq!(decides(&house), "d");
}

#[test]
fn a_file_that_is_renamed_makes_room_for_another_module() {
    let mut house = house();
    tell(&mut house, "inn-2.wasm", module("b"));
    let mut other = manifest(false);
    other.name = "tavern".into();
    let other = Module { digest: format!("sha256:{}", "e".repeat(64)), manifest: Arc::new(other) };
    tell(&mut house, "inn.wasm", News::Loaded(other));
    assert_eq!(decides(&house), "b", "nobody else offers the name any more");
}

#[test]
fn a_removed_file_that_comes_back_serves_as_before() {
    let mut house = house();
    tell(&mut house, "inn.wasm", News::Removed);
    tell(&mut house, "inn.wasm", module("b"));
    assert_eq!(decides(&house), "b");
    tell(&mut house, "inn-2.wasm", module("c"));
    assert_eq!(decides(&house), "b");
}

#[test]
fn the_log_says_that_another_takes_over_only_where_one_did() {
    let mut house = house();
    tell(&mut house, "inn-2.wasm", module("b"));
    tell(&mut house, "inn-3.wasm", module("c"));
    tell(&mut house, "inn-2.wasm", News::Removed);
    assert_eq!(house.notes.last().unwrap().1, "inn-2.wasm was removed");
    tell(&mut house, "inn.wasm", News::Removed);
    let said =
        house.notes.iter().filter(|(_, text)| text.ends_with("the module inn of inn-3.wasm takes its place")).count();
    assert_eq!(said, 1);
}
