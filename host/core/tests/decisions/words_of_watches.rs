//! What a change of an object is to the host: somebody's wish, a word to the host, or only how the object is.

use crate::house::House;
use crate::house::script::{liberal, say};
use serde_json::{Value, json};

fn object(house: &House) -> Value {
    house.api.get("Inn", Some("a"), "x").unwrap().clone()
}

fn edit(house: &mut House, change: impl FnOnce(&mut Value)) {
    let mut object = object(house);
    change(&mut object);
    house.put(object);
}

#[test]
fn what_others_write_into_a_status_begins_no_back_off_anew() {
    let mut house = liberal();
    say(&mut house, json!({"fails": "trap"}));
    (0..14).for_each(|_| house.pass(1_000_000));
    edit(&mut house, |object| object["status"]["theirs"] = json!("1"));
    let calls = house.calls;
    house.pass(5_000);
    assert_eq!(house.calls, calls, "nobody wants anything else of it");
    edit(&mut house, |object| object["metadata"]["labels"] = json!({"a": "1"}));
    let calls = house.calls;
    house.pass(5_000);
    assert!(house.calls > calls, "somebody does");
}

#[test]
fn to_ask_for_an_object_is_to_set_the_annotation_and_not_to_have_it_or_to_take_it_away() {
    let mut house = liberal();
    let mut made = crate::house::inn("x", json!({}));
    made["metadata"]["annotations"] = json!({"innkeeper.dev/reconcile-now": "1"});
    house.put(made);
    assert!(!house.insisted.contains(&true), "it is new, and looked at anyway: {:?}", house.causes);
    edit(&mut house, |object| object["metadata"]["annotations"] = json!({"innkeeper.dev/reconcile-now": "2"}));
    assert_eq!(house.insisted.last(), Some(&true));
    house.insisted.clear();
    edit(&mut house, |object| object["metadata"]["annotations"] = json!({}));
    assert!(!house.insisted.contains(&true), "{:?}", house.causes);
}

#[test]
fn a_fight_over_a_label_of_the_object_itself_is_slowed_down() {
    let mut house = liberal();
    say(&mut house, json!({"labels": {"tier": "front"}}));
    for _ in 0..30 {
        edit(&mut house, |object| {
            object["metadata"]["labels"] = json!({});
            for entry in object["metadata"]["managedFields"].as_array_mut().unwrap() {
                entry["fieldsV1"]["f:metadata"] = json!({});
            }
        });
        house.pass(100);
    }
    assert!(!house.pauses.is_empty());
}

#[test]
fn a_child_whose_annotation_somebody_removed_is_its_owners() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "one"}]}));
    house.api.refuse("apply ConfigMap a/one", innkeeper_core::action::Done::Forbidden("not by you".into()));
    let mut theirs = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    theirs["metadata"]["annotations"] = json!({});
    house.put(theirs);
    (0..14).for_each(|_| house.pass(1_000_000));
    house.api.refuses = None;
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    assert_eq!(house.api.children(), ["ConfigMap a/one"], "made anew at once");
}
