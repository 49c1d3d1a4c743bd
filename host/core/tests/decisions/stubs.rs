//! Names that are known to be free without a look at each.

use std::collections::BTreeMap;

use crate::house::{House, inn, rooms};
use innkeeper_core::engine::Input;
use innkeeper_core::kind::Kind;
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use serde_json::{Value, json};

/// So many looks are made before the names of a kind are watched.
const LOOKS: usize = 16;

/// An object that wants that many rooms: `<prefix>-0`, `<prefix>-1`, …
fn crowd(object: &str, prefix: &str, count: usize) -> Value {
    let names: Vec<String> = (0..count).map(|n| format!("{prefix}-{n:02}")).collect();
    inn(object, json!({ "rooms": names }))
}

/// How often each verb was asked for since the last time.
fn counts(house: &mut House) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in house.requests() {
        *counts.entry(request.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// What a stranger has written.
fn strangers(name: &str) -> Value {
    let entry = json!({"manager": "somebody", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:own": {}}}});
    let metadata = json!({"name": name, "namespace": "a", "managedFields": [entry]});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"own": "1"}, "metadata": metadata})
}

fn config_maps() -> Watch {
    let kind = Kind::new("", "v1", "ConfigMap");
    Watch::metadata(Resource { kind, plural: "configmaps".into(), namespaced: true }.into())
}

/// A house whose names are watched: it has just had many claims.
fn watching() -> House {
    let mut house = House::new(rooms);
    house.put(crowd("many", "room", 40));
    assert_eq!(house.api.children().len(), 40);
    assert!(house.api.watches(&config_maps()), "the names are watched");
    counts(&mut house);
    house
}

fn reason(house: &House, object: &str) -> String {
    let object = house.api.get("Inn", Some("a"), object).unwrap();
    object["status"]["conditions"][0]["reason"].as_str().unwrap().to_owned()
}

#[test]
fn many_claims_of_a_kind_cost_few_looks() {
    let mut house = House::new(rooms);
    house.put(crowd("many", "room", 40));
    let asked = counts(&mut house);
    assert_eq!((asked["look"], asked["apply"]), (LOOKS, 40), "{asked:?}");
    house.put(crowd("more", "hall", 40));
    let asked = counts(&mut house);
    assert_eq!((asked.get("look"), asked["apply"]), (None, 40), "{asked:?}");
    assert_eq!(reason(&house, "more"), "ChildrenReady");
}

#[test]
fn few_claims_watch_no_names() {
    let mut house = House::new(rooms);
    house.put(crowd("few", "room", LOOKS));
    assert_eq!(counts(&mut house)["look"], LOOKS);
    assert!(!house.api.watches(&config_maps()));
    house.pass(31_000);
    house.put(crowd("few", "hall", LOOKS));
    assert_eq!(counts(&mut house)["look"], LOOKS);
    assert!(!house.api.watches(&config_maps()), "that was a while ago");
}

#[test]
fn a_name_that_a_stranger_has_is_never_claimed() {
    let mut house = House::new(rooms);
    house.put(strangers("hall-05"));
    house.put(crowd("many", "room", 40));
    counts(&mut house);
    house.put(crowd("more", "hall", 10));
    let asked = house.requests();
    assert!(asked.contains(&"look ConfigMap a/hall-05".to_owned()), "{asked:#?}");
    assert!(!asked.contains(&"apply ConfigMap a/hall-05".to_owned()), "{asked:#?}");
    assert_eq!(reason(&house, "more"), "Conflict");
}

#[test]
fn a_stranger_that_the_watch_has_not_shown_yet_is_met_and_withdrawn_from() {
    let mut house = watching();
    house.api.put(strangers("hall-05"));
    house.api.hold_back(&config_maps());
    house.put(crowd("more", "hall", 10));
    let object = house.api.get("ConfigMap", Some("a"), "hall-05").unwrap();
    assert_eq!(object["data"], json!({"own": "1"}));
    assert!(object["metadata"]["labels"]["innkeeper.dev/object-uid"].is_null());
    assert_eq!(reason(&house, "more"), "Conflict");
}

/// The children of a kind share one field manager: the API server cannot tell two objects of it apart.
#[test]
fn a_name_that_another_object_has_just_claimed_is_looked_at() {
    let mut house = watching();
    house.api.hold_back(&config_maps());
    house.put(crowd("first", "hall", 1));
    house.put(crowd("second", "hall", 1));
    assert_eq!((reason(&house, "first"), reason(&house, "second")), ("ChildrenReady".into(), "Conflict".into()));
    let child = house.api.get("ConfigMap", Some("a"), "hall-00").unwrap();
    assert_eq!(child["metadata"]["annotations"]["innkeeper.dev/object"], "Inn.example.com/a/first");
}

#[test]
fn a_watch_that_does_not_show_our_own_creations_is_not_believed() {
    let mut house = watching();
    house.api.hold_back(&config_maps());
    house.put(crowd("more", "hall", 1));
    assert_eq!(counts(&mut house).get("look"), None);
    house.pass(2_001);
    house.put(crowd("more", "hall", 2));
    assert_eq!(counts(&mut house)["look"], 1);
    house.api.let_go();
    house.settle();
    house.put(crowd("more", "hall", 3));
    assert_eq!(counts(&mut house).get("look"), None, "it has shown them");
}

#[test]
fn a_watch_that_fails_or_lists_anew_is_not_believed() {
    let mut house = watching();
    house.input(Input::Troubles([(config_maps(), "it broke off".to_owned())].into()));
    house.put(crowd("more", "hall", 1));
    assert_eq!(counts(&mut house)["look"], 1);
    house.input(Input::Troubles(BTreeMap::new()));
    house.put(crowd("more", "hall", 2));
    assert_eq!(counts(&mut house).get("look"), None, "it works again");
    house.api.tell("ConfigMap", &innkeeper_core::store::Event::Begin);
    house.put(crowd("more", "hall", 3));
    assert_eq!(counts(&mut house)["look"], 1);
}

#[test]
fn names_that_cannot_be_listed_hold_nobody_up() {
    let mut house = House::new(rooms);
    house.api.silent = Some(config_maps());
    house.put(crowd("many", "room", 20));
    assert_eq!(house.api.children().len(), LOOKS, "the others wait a moment");
    assert!(house.engine.next_wake().is_some());
    house.pass(5_002);
    assert_eq!(house.api.children().len(), 20);
    assert_eq!(counts(&mut house)["look"], 20);
}

#[test]
fn a_huge_kind_is_not_watched_for_its_names() {
    let mut house = House::new(rooms);
    for n in 0..5_001 {
        house.api.put(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("x-{n}"), "namespace": "b"}}),
        );
    }
    house.put(crowd("many", "room", 40));
    assert_eq!(house.api.get("Inn", Some("a"), "many").unwrap()["status"]["conditions"][0]["reason"], "ChildrenReady");
    assert_eq!(counts(&mut house)["look"], 40);
    assert!(!house.api.watches(&config_maps()));
}

#[test]
fn names_that_nobody_looks_for_any_more_are_forgotten() {
    let mut house = watching();
    house.pass(30_002);
    assert!(!house.api.watches(&config_maps()));
    assert!(!house.spins());
    house.put(crowd("more", "hall", 40));
    assert_eq!(counts(&mut house)["look"], LOOKS, "and watched again when many are looked for");
}

#[test]
fn the_host_wakes_by_itself_when_names_cannot_be_listed_and_when_nobody_looks_for_them_any_more() {
    let mut house = House::new(rooms);
    house.sleep(60_000);
    house.api.silent = Some(config_maps());
    house.put(crowd("many", "room", 20));
    assert!(!house.spins() && house.api.children().len() == LOOKS);
    house.sleep(5_001);
    assert_eq!(house.api.children().len(), 20);
    house.sleep(25_000);
    assert!(!house.api.watches(&config_maps()), "it was of no use");

    let mut house = watching();
    house.sleep(29_000);
    assert!(house.api.watches(&config_maps()));
    house.sleep(2_000);
    assert!(!house.api.watches(&config_maps()));
}

#[test]
fn names_that_were_of_no_use_are_not_watched_again_for_a_while() {
    let mut house = House::new(rooms);
    house.api.silent = Some(config_maps());
    house.put(crowd("many", "room", 20));
    house.pass(5_002);
    house.pass(60_000);
    house.api.silent = None;
    counts(&mut house);
    house.put(crowd("more", "hall", 40));
    assert_eq!(counts(&mut house)["look"], 40);
    house.pass(600_000);
    house.put(crowd("most", "loft", 40));
    assert_eq!(counts(&mut house)["look"], LOOKS);
}

#[test]
fn names_that_are_taken_are_no_reason_to_watch_them_all() {
    let mut house = House::new(rooms);
    (0..40).for_each(|n| house.put(strangers(&format!("room-{n:02}"))));
    for n in 0..40 {
        house.put(inn(&format!("x{n}"), json!({"rooms": [format!("room-{n:02}")]})));
    }
    assert_eq!(reason(&house, "x39"), "Conflict");
    assert!(!house.api.watches(&config_maps()));
}

#[test]
fn what_is_to_be_removed_is_looked_at_itself_although_its_name_seems_free() {
    let mut house = crate::house::script::liberal();
    let children: Vec<Value> = (0..40).map(|n| json!({"name": format!("room-{n:02}")})).collect();
    house.put(inn("many", json!({ "children": children })));
    assert!(house.api.watches(&config_maps()), "the names are watched");
    house.api.hold_back(&config_maps());
    house.put(strangers("old"));
    let uid = house.api.get("ConfigMap", Some("a"), "old").unwrap()["metadata"]["uid"].clone();
    house.put(inn("x", json!({"remove": [{"name": "old", "uid": uid}]})));
    assert!(house.api.get("ConfigMap", Some("a"), "old").is_none());
}
