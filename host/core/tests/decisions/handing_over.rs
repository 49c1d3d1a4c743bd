//! Fields that a guest stops naming and wants to stay, and fields of others in what is its own alone.

use std::sync::Arc;

use crate::house::House;
use crate::house::script::{liberal, say, says};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::object::Object;
use serde_json::{Value, json};

fn child(house: &House) -> Value {
    house.api.get("ConfigMap", Some("a"), "one").unwrap().clone()
}

fn asked(house: &mut House) -> Vec<String> {
    let all = house.requests().into_iter();
    all.filter_map(|request| request.strip_suffix(" ConfigMap a/one").map(str::to_owned)).collect()
}

fn says_of_one(data: Value, release: &[&str]) -> Value {
    json!({"children": [{"name": "one", "data": data, "release": release}]})
}

#[test]
fn a_field_that_is_handed_over_stays_with_the_value_that_it_has() {
    let mut house = liberal();
    say(&mut house, says_of_one(json!({"x": "1", "y": "1"}), &["data.x"]));
    asked(&mut house);
    say(&mut house, says_of_one(json!({"y": "1"}), &["data.x"]));
    assert_eq!(asked(&mut house), ["look", "apply", "apply"], "looked at, handed over, applied");
    assert_eq!(child(&house)["data"], json!({"x": "1", "y": "1"}));
    let entries = child(&house)["metadata"]["managedFields"].clone();
    let held = entries.as_array().unwrap().iter().find(|e| e["manager"] == "innkeeper.released").unwrap();
    assert_eq!(held["fieldsV1"]["f:data"], json!({"f:x": {}}));
    assert!(house.ended.iter().any(|(_, e)| e.changes.contains(&"handed over fields of ConfigMap a/one".to_owned())));
    say(&mut house, says_of_one(json!({}), &["data.x", "data.y"]));
    assert_eq!(child(&house)["data"], json!({"x": "1", "y": "1"}), "what was handed over before stays so");
    say(&mut house, json!({"children": [{"name": "one", "data": {}, "release": ["data.x", "data.y"]}], "more": 1}));
    asked(&mut house);
    house.pass(10_000);
    assert_eq!(asked(&mut house), Vec::<String>::new());
}

#[test]
fn a_field_that_is_not_handed_over_goes() {
    let mut house = liberal();
    say(&mut house, says_of_one(json!({"x": "1", "y": "1"}), &[]));
    say(&mut house, says_of_one(json!({"y": "1"}), &["data.z"]));
    assert_eq!(child(&house)["data"], json!({"y": "1"}));
}

#[test]
fn what_changed_hands_between_the_look_and_now_is_looked_at_again_later() {
    let mut house = liberal();
    say(&mut house, says_of_one(json!({"x": "1"}), &["data.x"]));
    house.api.refuses = Some(Box::new(|action| match action {
        Action::Look(at) if at.name == "one" => {
            let other = json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "one", "namespace": "a", "uid": "other", "resourceVersion": "9"}});
            Some(Done::Object { object: Arc::new(Object::parse(&other.to_string(), None).unwrap()), created: false })
        }
        _ => None,
    }));
    asked(&mut house);
    say(&mut house, says_of_one(json!({}), &["data.x"]));
    assert!(asked(&mut house).iter().all(|verb| verb == "look"));
    assert_eq!(
        house.ended.last().unwrap().1.trouble.as_deref(),
        Some("ConfigMap a/one: ConfigMap a/one changed meanwhile")
    );
    house.api.refuses = None;
    house.pass(60_000);
    assert_eq!(child(&house)["data"], json!({"x": "1"}), "handed over");
}

/// Somebody adds a key to data that is the guest's alone; the API server carries out the patch that removes it.
fn meddled(refusal: Option<Done>) -> House {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "one", "data": {"x": "1"}, "exclusive": ["data"]}]}));
    let mut theirs = child(&house);
    theirs["data"]["evil"] = json!("1");
    let clean = child(&house);
    let entry = json!({"manager": "kubectl", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:evil": {}}}});
    theirs["metadata"]["managedFields"].as_array_mut().unwrap().push(entry);
    house.api.refuses = Some(Box::new(move |action| match action {
        Action::Patch { operations, .. } => {
            assert_eq!(operations[1], json!({"op": "replace", "path": "/data", "value": {"x": "1"}}));
            let mut after = clean.clone();
            after["metadata"]["resourceVersion"] = json!("90");
            let object = Arc::new(Object::parse(&after.to_string(), None).unwrap());
            Some(refusal.clone().unwrap_or(Done::Object { object, created: false }))
        }
        _ => None,
    }));
    asked(&mut house);
    house.put(theirs);
    house
}

#[test]
fn what_somebody_adds_to_what_is_the_guests_alone_is_removed() {
    let mut house = meddled(None);
    assert_eq!(asked(&mut house)[..2], ["patch", "apply"]);
    let changes: Vec<String> = house.ended.iter().flat_map(|(_, ended)| ended.changes.clone()).collect();
    assert!(changes.contains(&"removed foreign entries of ConfigMap a/one".to_owned()), "{changes:?}");
}

#[test]
fn what_cannot_be_removed_is_told() {
    let house = meddled(Some(Done::Forbidden("not by you".into())));
    assert_eq!(says(&house, "Stalled"), ("ChildFailed".into(), "ConfigMap a/one: forbidden: not by you".into()));
}

#[test]
fn a_child_of_which_nothing_is_to_be_handed_over_is_not_looked_at() {
    let mut house = liberal();
    say(&mut house, says_of_one(json!({"x": "1"}), &["data.x"]));
    asked(&mut house);
    say(&mut house, says_of_one(json!({"x": "2"}), &["data.x"]));
    assert_eq!(asked(&mut house), ["apply"]);
}
