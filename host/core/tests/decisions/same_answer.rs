//! The guest is shown something else and says what it had said: nothing is worked out again where all that the host
//! looks at is as it was left, and everything is where it is not.

use crate::house::{House, inn, rooms};
use innkeeper_core::contract::{Failure, Outcome, Request, View};
use innkeeper_core::kind::{Key, Kind};
use serde_json::{Value, json};

fn object(house: &House) -> Value {
    house.api.get("Inn", Some("a"), "x").unwrap().clone()
}

/// Somebody changes the object; which requests follow, and how many calls.
fn change(house: &mut House, change: impl Fn(&mut Value)) -> (Vec<String>, usize) {
    let mut object = object(house);
    change(&mut object);
    house.requests();
    house.called();
    house.put(object);
    (house.requests(), house.called().len())
}

fn label(house: &mut House, value: &str) -> (Vec<String>, usize) {
    change(house, |object| object["metadata"]["labels"]["colour"] = json!(value))
}

fn kept(guest: impl FnMut(&Request) -> Result<Outcome, Failure> + 'static) -> House {
    let mut house = House::new(guest);
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    house.ended.clear();
    house
}

#[test]
fn nothing_is_asked_of_the_api_server_and_the_object_rests_again() {
    let mut house = kept(rooms);
    for colour in ["green", "red", "green"] {
        assert_eq!(label(&mut house, colour), (vec![], 1));
    }
    let touched = change(&mut house, |object| object["metadata"]["managedFields"] = json!([{"manager": "somebody"}]));
    assert_eq!(touched, (vec![], 0), "it is skipped, as after any other reconcile");
}

#[test]
fn what_the_host_says_of_the_object_is_put_right() {
    let mut house = kept(rooms);
    let (requests, _) = change(&mut house, |object| object["status"]["conditions"][0]["status"] = json!("Unknown"));
    assert_eq!(requests, ["status Inn a/x"]);
    let (requests, _) = change(&mut house, |object| drop(object.as_object_mut().unwrap().remove("status")));
    assert_eq!(requests, ["status Inn a/x"]);
}

#[test]
fn a_finalizer_that_somebody_takes_away_is_put_back() {
    let mut house = House::finalizing(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let held = object(&house)["metadata"]["finalizers"].clone();
    assert_eq!(held.as_array().map(Vec::len), Some(1));
    let (requests, _) = change(&mut house, |object| object["metadata"]["finalizers"] = json!([]));
    assert!(!requests.is_empty());
    assert_eq!(object(&house)["metadata"]["finalizers"], held);
}

#[test]
fn a_label_of_its_own_that_somebody_takes_away_is_set_again() {
    let mut house = kept(|request| {
        let mut outcome = rooms(request)?;
        outcome.labels = vec![("tier".into(), "front".into())];
        Ok(outcome)
    });
    assert_eq!(object(&house)["metadata"]["labels"]["tier"], "front");
    let (requests, _) = change(&mut house, |object| object["metadata"]["labels"] = json!({}));
    assert!(!requests.is_empty());
    assert_eq!(object(&house)["metadata"]["labels"]["tier"], "front");
}

#[test]
fn a_child_that_is_gone_or_another_by_then_is_made_again() {
    let mut house = kept(rooms);
    house.api.delete("ConfigMap", Some("a"), "one");
    label(&mut house, "green");
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"]);
    let mut theirs = house.api.get("ConfigMap", Some("a"), "two").unwrap().clone();
    theirs["data"]["x"] = json!("theirs");
    theirs["metadata"]["managedFields"][0]["fieldsV1"].as_object_mut().unwrap().remove("f:data");
    house.api.put(theirs);
    label(&mut house, "red");
    assert_eq!(house.api.get("ConfigMap", Some("a"), "two").unwrap()["data"]["x"], "1");
}

#[test]
fn another_answer_is_carried_out() {
    let mut house = kept(|request| {
        let mut outcome = rooms(request)?;
        outcome.children.truncate(if request.object.contains("\"fewer\"") { 1 } else { 2 });
        Ok(outcome)
    });
    label(&mut house, "green");
    label(&mut house, "fewer");
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    label(&mut house, "green");
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"]);
}

#[test]
fn the_time_that_the_guest_asks_for_counts_from_its_last_answer() {
    let mut house = kept(|request| {
        let mut outcome = rooms(request)?;
        outcome.requeue_after = Some(10_000);
        Ok(outcome)
    });
    house.pass(6_000);
    assert_eq!(label(&mut house, "green"), (vec![], 1));
    house.pass(9_000);
    assert_eq!(house.called(), Vec::<String>::new());
    house.pass(1_500);
    assert_eq!(house.called(), ["x"]);
}

#[test]
fn what_the_guest_reads_is_an_input_like_any_other() {
    let mut house = House::reading(|request, world| {
        let key = Key::new(Kind::new("", "v1", "Secret"), None, "s".into());
        world.get(key, View::Full)?.unwrap();
        rooms(request)
    });
    house.put(inn("x", json!({"rooms": ["one"]})));
    let secret = |data: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "a"}, "data": {"k": data}});
    house.put(secret("1"));
    house.requests();
    for data in ["2", "3"] {
        house.called();
        house.put(secret(data));
        assert_eq!((house.called().len(), house.requests()), (1, vec![]));
    }
}

/// A child with a controller of its own, that says when it has seen what is wanted of it.
fn slow(request: &Request) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    let mut outcome = rooms(request)?;
    for child in &mut outcome.children {
        let mut manifest: Value = serde_json::from_str(&child.manifest).unwrap();
        manifest["spec"] = json!({"word": object["spec"]["word"]});
        child.manifest = manifest.to_string();
    }
    Ok(outcome)
}

/// The child's controller has seen what is wanted of it.
fn observe(house: &mut House) {
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["status"]["observedGeneration"] = child["metadata"]["generation"].clone();
    house.api.put(child);
}

fn ready(house: &House) -> Value {
    let all = object(house)["status"]["conditions"].clone();
    all.as_array().unwrap().iter().find(|c| c["type"] == "Ready").unwrap()["status"].clone()
}

#[test]
fn a_child_that_is_ready_again_before_anybody_looks_again_makes_its_object_ready() {
    let mut house = House::new(slow);
    house.put(inn("x", json!({"rooms": ["one"], "word": "first"})));
    observe(&mut house);
    house.settle();
    assert_eq!(ready(&house), "True");
    // The child is changed, is not ready for that, and is ready again while the status is being written.
    house.holds = Some("status Inn a/x".into());
    house.put(inn("x", json!({"rooms": ["one"], "word": "second"})));
    assert_eq!((ready(&house), house.held.len()), (json!("False"), 1));
    observe(&mut house);
    house.settle();
    house.release();
    assert_eq!(ready(&house), "True");
}

/// Its children's data is their own, and says a word of the object.
fn exclusive(request: &Request) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    let mut outcome = rooms(request)?;
    for child in &mut outcome.children {
        let mut manifest: Value = serde_json::from_str(&child.manifest).unwrap();
        manifest["data"] = json!({"word": object["spec"]["word"]});
        child.manifest = manifest.to_string();
        child.exclusive = vec!["data".to_owned()];
    }
    Ok(outcome)
}

#[test]
fn what_somebody_adds_to_a_child_that_is_just_being_applied_goes_as_at_any_other_time() {
    let mut house = House::new(exclusive);
    house.put(inn("x", json!({"rooms": ["one"], "word": "first"})));
    // The object changes, and before its child is applied somebody adds to that: its store shows it later.
    let mut changed = object(&house);
    changed["spec"]["word"] = json!("second");
    house.api.put(changed);
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["data"]["foreign"] = json!("words");
    let fields = json!({"f:data": {"f:foreign": {}}});
    let entry = json!({"manager": "kubectl", "operation": "Update", "apiVersion": "v1", "fieldsV1": fields});
    child["metadata"]["managedFields"].as_array_mut().unwrap().push(entry);
    house.api.put(child);
    house.requests();
    house.settle();
    // This API server knows no JSON patch; that one is asked for is enough.
    let requests = house.requests();
    assert!(requests.contains(&"patch ConfigMap a/one".to_owned()), "{requests:?}");
}
