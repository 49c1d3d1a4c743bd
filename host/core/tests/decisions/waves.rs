//! Children come in waves, each kept as its guest says; what is not wanted any more goes last.

use crate::house::House;
use crate::house::script::{liberal, say, says};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::refusal::{Cause, Refusal};
use serde_json::{Value, json};

fn child(house: &House, name: &str) -> Value {
    house.api.get("ConfigMap", Some("a"), name).cloned().unwrap_or_default()
}

fn edit(house: &mut House, name: &str, change: impl FnOnce(&mut Value)) {
    let mut there = child(house, name);
    change(&mut there);
    house.put(there);
}

fn is_working(house: &mut House, name: &str, working: bool) {
    let status = if working { "True" } else { "False" };
    edit(house, name, |c| c["status"] = json!({"conditions": [{"type": "Reconciling", "status": status}]}));
}

fn asked_of(house: &mut House, name: &str) -> Vec<String> {
    let ending = format!(" ConfigMap a/{name}");
    let all = house.requests().into_iter();
    all.filter_map(|request| request.strip_suffix(&ending).map(str::to_owned)).collect()
}

fn two_waves() -> Value {
    json!({"children": [{"name": "first", "data": {"x": "1"}}, {"name": "second", "wave": 1}]})
}

#[test]
fn a_wave_comes_when_the_one_before_it_is_ready() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "first", "data": {"x": "1"}}]}));
    is_working(&mut house, "first", true);
    say(&mut house, two_waves());
    assert_eq!(house.api.children(), ["ConfigMap a/first"]);
    let (_, message) = says(&house, "Reconciling");
    assert!(message.contains("ConfigMap a/second: wave 1 waits until earlier waves are ready"), "{message}");
    is_working(&mut house, "first", false);
    assert_eq!(house.api.children(), ["ConfigMap a/first", "ConfigMap a/second"]);
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
}

#[test]
fn a_child_that_failed_keeps_the_next_wave_back() {
    let mut house = liberal();
    house.api.refuse("apply ConfigMap a/first", Done::Forbidden("not by you".into()));
    say(&mut house, two_waves());
    assert_eq!(house.api.children(), Vec::<String>::new());
    let (reason, message) = says(&house, "Stalled");
    assert_eq!((reason.as_str(), message.as_str()), ("ChildFailed", "ConfigMap a/first: forbidden: not by you"));
}

#[test]
fn nothing_is_pruned_while_a_child_cannot_be_applied() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "old"}]}));
    house.api.refuse("apply ConfigMap a/first", Done::Forbidden("not by you".into()));
    say(&mut house, two_waves());
    assert_eq!(house.api.children(), ["ConfigMap a/old"]);
    house.api.refuses = None;
    house.pass(60_000);
    assert_eq!(house.api.children(), ["ConfigMap a/first", "ConfigMap a/second"]);
}

#[test]
fn a_child_that_is_at_work_still_lets_the_rest_be_pruned() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "old"}, {"name": "first", "data": {"x": "1"}}]}));
    is_working(&mut house, "first", true);
    say(&mut house, json!({"children": [{"name": "first", "data": {"x": "1"}}]}));
    assert_eq!(house.api.children(), ["ConfigMap a/first"]);
}

#[test]
fn what_cannot_be_pruned_is_told_and_tried_again() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "old"}]}));
    house.api.refuse("delete ConfigMap a/old", Done::Forbidden("not by you".into()));
    say(&mut house, json!({}));
    let trouble = house.ended.last().unwrap().1.trouble.clone().unwrap();
    assert!(trouble.contains("ConfigMap a/old cannot be deleted: forbidden: not by you"), "{trouble}");
    house.api.refuses = None;
    house.pass(60_000);
    assert_eq!(house.api.children(), Vec::<String>::new());
}

#[test]
fn what_is_to_be_made_once_is_made_once_and_labelled_again() {
    let mut house = liberal();
    let once = |text: &str| json!({"children": [{"name": "one", "policy": "create-only", "data": {"x": text}}]});
    say(&mut house, once("1"));
    assert_eq!(asked_of(&mut house, "one"), ["look", "apply"]);
    say(&mut house, once("2"));
    assert_eq!((child(&house, "one")["data"]["x"].clone(), asked_of(&mut house, "one")), (json!("1"), vec![]));
    house.strip("ConfigMap", "one");
    assert_eq!(asked_of(&mut house, "one").last().map(String::as_str), Some("merge"));
    assert!(house.ended.iter().any(|(_, ended)| ended.changes == ["labelled ConfigMap a/one"]));
    assert!(child(&house, "one")["metadata"]["labels"]["innkeeper.dev/object-uid"].is_string());
    assert_eq!(child(&house, "one")["data"]["x"], "1");
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    assert_eq!(child(&house, "one")["data"]["x"], "2", "it is made again when it is gone");
}

#[test]
fn what_is_to_be_kept_is_neither_changed_nor_made_again_and_holds_nobody_up() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "one", "data": {"x": "1"}}]}));
    asked_of(&mut house, "one");
    let kept = json!({"children": [{"name": "one", "policy": "keep", "data": {"x": "2"}}, {"name": "two", "wave": 1}]});
    say(&mut house, kept);
    assert_eq!((child(&house, "one")["data"]["x"].clone(), asked_of(&mut house, "one")), (json!("1"), vec![]));
    house.api.delete("ConfigMap", Some("a"), "one");
    house.api.delete("ConfigMap", Some("a"), "two");
    house.settle();
    assert_eq!(house.api.children(), ["ConfigMap a/two"]);
    let (reason, message) = says(&house, "Ready");
    assert_eq!(
        (reason.as_str(), message.as_str()),
        ("ChildrenReady", "its child is ready"),
        "what is kept does not count"
    );
}

/// What the API server says of a field that cannot change.
fn immutable() -> Done {
    let cause =
        Cause { reason: "FieldValueInvalid".into(), field: "data".into(), message: "field is immutable".into() };
    Done::Invalid(Refusal { message: "ConfigMap is invalid: data: field is immutable".into(), causes: vec![cause] })
}

fn rigid(house: &mut House, rehearsal: Done) {
    house.api.refuses = Some(Box::new(move |action| match action {
        Action::Apply { manifest, .. } if manifest["metadata"]["uid"].is_string() && manifest["data"]["x"] == "2" => {
            Some(immutable())
        }
        Action::Rehearse(_) => Some(rehearsal.clone()),
        _ => None,
    }));
}

fn with_policy(policy: &str, text: &str) -> Value {
    json!({"children": [{"name": "one", "policy": policy, "data": {"x": text}}]})
}

#[test]
fn what_cannot_change_is_made_anew_where_the_guest_says_so_and_it_could_be_made() {
    let mut house = liberal();
    say(&mut house, with_policy("recreate", "1"));
    let before = child(&house, "one")["metadata"]["uid"].clone();
    rigid(&mut house, Done::Accepted);
    asked_of(&mut house, "one");
    say(&mut house, with_policy("recreate", "2"));
    house.pass(10_000);
    assert_eq!(child(&house, "one")["data"]["x"], "2");
    assert_ne!(child(&house, "one")["metadata"]["uid"], before);
    let asked = asked_of(&mut house, "one");
    assert_eq!(asked[..3], ["apply", "rehearse", "delete"], "{asked:?}");
}

#[test]
fn what_could_not_be_made_anew_is_left_as_it_is() {
    let mut house = liberal();
    say(&mut house, with_policy("recreate", "1"));
    rigid(&mut house, Done::Invalid("a webhook will not have it".into()));
    say(&mut house, with_policy("recreate", "2"));
    assert_eq!(child(&house, "one")["data"]["x"], "1");
    let (reason, message) = says(&house, "Stalled");
    assert_eq!(reason, "ChildFailed");
    let why = "it cannot be made anew: a webhook will not have it. It must be, because ConfigMap is invalid";
    assert!(message.contains(why), "{message}");
}

#[test]
fn what_cannot_change_fails_where_the_guest_does_not_let_it_be_made_anew() {
    let mut house = liberal();
    say(&mut house, with_policy("apply", "1"));
    rigid(&mut house, Done::Accepted);
    asked_of(&mut house, "one");
    say(&mut house, with_policy("apply", "2"));
    assert!(asked_of(&mut house, "one").iter().all(|verb| verb == "apply"));
    assert!(says(&house, "Stalled").1.contains("data: field is immutable"));
}

#[test]
fn a_value_that_can_never_be_is_no_reason_to_make_a_child_anew() {
    let mut house = liberal();
    say(&mut house, with_policy("recreate", "1"));
    asked_of(&mut house, "one");
    house.api.refuse("apply ConfigMap a/one", Done::Invalid("x must be a number".into()));
    say(&mut house, with_policy("recreate", "2"));
    assert!(asked_of(&mut house, "one").iter().all(|verb| verb == "apply"));
}

#[test]
fn a_child_is_made_anew_once_when_its_guest_names_its_uid() {
    let mut house = liberal();
    let one = json!([{"name": "one", "data": {"x": "1"}}]);
    say(&mut house, json!({ "children": one }));
    let before = child(&house, "one")["metadata"]["uid"].clone();
    say(&mut house, json!({"children": one, "replace": [{"name": "one", "uid": before}]}));
    house.pass(10_000);
    let after = child(&house, "one")["metadata"]["uid"].clone();
    assert!(after.is_string() && after != before);
    asked_of(&mut house, "one");
    house.pass(10_000);
    say(&mut house, json!({"children": one, "replace": [{"name": "one", "uid": before}], "more": 1}));
    assert_eq!(asked_of(&mut house, "one"), Vec::<String>::new(), "that one is gone");
}

#[test]
fn a_child_that_goes_is_waited_for_and_made_again() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "one"}]}));
    edit(&mut house, "one", |c| c["metadata"]["finalizers"] = json!(["example.com/slow"]));
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    let (_, message) = says(&house, "Reconciling");
    assert!(
        message.contains("ConfigMap a/one: it is being deleted; it will be created anew when it is gone"),
        "{message}"
    );
    edit(&mut house, "one", |c| c["metadata"]["finalizers"] = json!([]));
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
    assert!(child(&house, "one")["metadata"]["deletionTimestamp"].is_null());
}

#[test]
fn what_is_kept_and_at_work_keeps_the_next_wave_back_as_any_child() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "one"}]}));
    is_working(&mut house, "one", true);
    say(&mut house, json!({"children": [{"name": "one", "policy": "keep"}, {"name": "two", "wave": 1}]}));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    is_working(&mut house, "one", false);
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"]);
}

#[test]
fn a_child_that_was_applied_and_says_itself_that_it_failed_still_lets_the_rest_be_pruned() {
    let mut house = liberal();
    say(&mut house, json!({"children": [{"name": "old"}, {"name": "one"}]}));
    edit(&mut house, "one", |c| {
        c["status"] = json!({"conditions": [{"type": "Stalled", "status": "True", "message": "broken"}]})
    });
    say(&mut house, json!({"children": [{"name": "one"}]}));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    assert_eq!(says(&house, "Stalled"), ("ChildFailed".into(), "ConfigMap a/one: broken".into()));
}

#[test]
fn children_of_one_name_in_two_namespaces_are_two() {
    let mut house = liberal();
    let both = |x: &str| json!({"children": [{"name": "one", "data": {"x": x}}, {"name": "one", "namespace": "b", "data": {"x": x}}]});
    let data =
        |house: &House, namespace| house.api.get("ConfigMap", Some(namespace), "one").unwrap()["data"]["x"].clone();
    for x in ["1", "2"] {
        say(&mut house, both(x));
        assert_eq!((data(&house, "a"), data(&house, "b")), (json!(x), json!(x)));
        assert_eq!(says(&house, "Ready").0, "ChildrenReady");
    }
}

#[test]
fn what_is_made_anew_is_told_and_waited_for() {
    let mut house = liberal();
    say(&mut house, with_policy("recreate", "1"));
    rigid(&mut house, Done::Accepted);
    house.ended.clear();
    say(&mut house, with_policy("recreate", "2"));
    assert!(house.ended[0].1.changes.contains(&"deleted ConfigMap a/one".to_owned()), "{:?}", house.ended[0].1.changes);
}

/// An apply that the API server answers with the object as it was.
#[test]
fn what_was_written_and_changed_nothing_is_no_change() {
    let mut house = liberal();
    let both = |x: &str| json!({"children": [{"name": "one", "data": {"x": x}}, {"name": "two"}]});
    say(&mut house, both("1"));
    let there =
        std::sync::Arc::new(innkeeper_core::object::Object::parse(&child(&house, "one").to_string(), None).unwrap());
    house.api.refuse("apply ConfigMap a/one", Done::Object { object: there, created: false });
    house.ended.clear();
    say(&mut house, both("2"));
    let changes: Vec<String> = house.ended.iter().flat_map(|(_, ended)| ended.changes.clone()).collect();
    assert!(changes.iter().all(|change| !change.contains("ConfigMap")), "{changes:?}");
}

#[test]
fn what_only_the_old_one_holds_is_left_out_when_it_is_asked_whether_a_new_one_could_be_made() {
    let mut house = crate::house::script::scripted(
        json!({"apply": [{"group": "", "kinds": ["Service"]}], "read": [], "delete": []}),
    );
    house.guest = Box::new(|request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let spec = json!({"type": object["spec"]["type"], "ports": [{"port": 1, "nodePort": 30080}]});
        let manifest = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "one"}, "spec": spec});
        let child = crate::house::config_map("one", "1");
        let policy = innkeeper_core::contract::Policy::Recreate;
        crate::house::wants(vec![innkeeper_core::contract::Child { manifest: manifest.to_string(), policy, ..child }])
    });
    say(&mut house, json!({"type": "one"}));
    let message = "provided port is already allocated".to_owned();
    let cause = Cause { reason: "FieldValueInvalid".into(), field: "spec.ports[0].nodePort".into(), message };
    let held = Done::Invalid(Refusal { message: "the port is taken".into(), causes: vec![cause] });
    house.api.refuses = Some(Box::new(move |action| match action {
        Action::Apply { manifest, .. } if manifest["metadata"]["uid"].is_string() => Some(immutable()),
        Action::Rehearse(create) => match create.as_ref() {
            Action::Create { manifest, .. } if manifest["spec"]["ports"][0]["nodePort"].is_null() => None,
            _ => Some(held.clone()),
        },
        _ => None,
    }));
    house.requests();
    say(&mut house, json!({"type": "two"}));
    house.pass(10_000);
    let asked = house.requests();
    assert_eq!(asked.iter().filter(|request| request.starts_with("rehearse")).count(), 2, "{asked:?}");
    assert_eq!(house.api.get("Service", Some("a"), "one").unwrap()["spec"]["type"], "two");
}
