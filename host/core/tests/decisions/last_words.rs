//! What an object that goes says while it waits, what its guest said last, and what guests are told.

use std::cell::RefCell;
use std::rc::Rc;

use crate::house::script::{follows, liberal, say, says};
use crate::house::{House, config_map, inn, manifest, ordered, wants};
use innkeeper_core::action::Done;
use innkeeper_core::binding::Module;
use innkeeper_core::contract::{Child, Failure, Manifest, Outcome, Phase, Request, State};
use innkeeper_core::engine::{Input, News};
use serde_json::{Value, json};

/// A house whose Reconciler says this too.
fn house(more: Value, manifest: Manifest, guest: impl FnMut(&Request) -> Result<Outcome, Failure> + 'static) -> House {
    let mut spec = json!({"module": {"folder": {}}, "permissions": {"apply": [{"group": "", "kinds": ["ConfigMap"]}]}});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    House::declared(spec, guest, manifest)
}

fn delete(house: &mut House, kind: &str, namespace: Option<&str>, name: &str) {
    house.api.delete(kind, namespace, name);
    house.settle();
}

/// Somebody's finalizer holds a child.
fn hold(house: &mut House, name: &str) {
    let mut child = house.api.get("ConfigMap", Some("a"), name).unwrap().clone();
    child["metadata"]["finalizers"] = json!(["example.com/slow"]);
    house.put(child);
}

#[test]
fn no_more_than_five_children_are_named_that_are_waited_for() {
    for (count, rest) in [(5, None), (7, Some(" and 2 more"))] {
        let names = move || (0..count).map(|n| config_map(&format!("c{n}"), "1"));
        let mut house = house(json!({}), ordered(false), move |_| wants(names().collect()));
        house.put(inn("x", json!({})));
        (0..count).for_each(|n| hold(&mut house, &format!("c{n}")));
        delete(&mut house, "Inn", Some("a"), "x");
        let (reason, message) = says(&house, "Reconciling");
        assert_eq!(reason, "Deleting");
        assert!(message.starts_with("it is being deleted and waits until these children are gone: ConfigMap a/c0 (held by example.com/slow), "), "{message}");
        assert!(
            message.ends_with(&format!("ConfigMap a/c4 (held by example.com/slow){}", rest.unwrap_or_default())),
            "{message}"
        );
    }
}

#[test]
fn the_last_word_of_a_guest_is_written_while_its_children_go() {
    let mut house = house(json!({}), ordered(true), |request| {
        let finished = request.phase == Phase::Finalize;
        let status = finished.then(|| json!({"said": "good bye"}).to_string());
        let children = vec![config_map("a", "1"), Child { wave: 1, ..config_map("b", "1") }];
        wants(children).map(|outcome| Outcome { finished, status, ..outcome })
    });
    house.put(inn("x", json!({})));
    hold(&mut house, "a");
    delete(&mut house, "Inn", Some("a"), "x");
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["status"]["said"], "good bye");
    assert_eq!(says(&house, "Reconciling").0, "Deleting");
}

#[test]
fn an_object_whose_finalizer_somebody_holds_says_that_its_guest_is_finished() {
    let mut house = house(json!({}), manifest(true), |request| {
        wants(vec![]).map(|outcome| Outcome { finished: request.phase == Phase::Finalize, ..outcome })
    });
    let mut object = inn("x", json!({}));
    object["metadata"]["finalizers"] = json!(["example.com/slow"]);
    house.put(object);
    delete(&mut house, "Inn", Some("a"), "x");
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["metadata"]["finalizers"], json!(["example.com/slow"]));
    assert_eq!(says(&house, "Reconciling"), ("Deleting".into(), "it is being deleted; its guest is finished".into()));
}

#[test]
fn an_object_whose_reconciler_goes_says_what_becomes_of_its_children() {
    let guest = |_: &Request| wants(vec![config_map("a", "1")]);
    let mut held = house(json!({"onDelete": "Delete"}), manifest(false), guest);
    held.put(inn("x", json!({})));
    hold(&mut held, "a");
    delete(&mut held, "Reconciler", None, "inn");
    let (reason, message) = says(&held, "Reconciling");
    let waits = "its Reconciler is being deleted and waits until these children are gone: ConfigMap a/a (held by example.com/slow)";
    let deletes = "its Reconciler is being deleted, and its children with it (spec.onDelete is Delete)";
    assert!(reason == "Deleting" && [waits, deletes].contains(&message.as_str()), "{message}");

    let mut stuck = house(json!({"onDelete": "Delete"}), manifest(false), guest);
    stuck.put(inn("x", json!({})));
    stuck.api.refuse("delete ConfigMap a/a", Done::Forbidden("not by you".into()));
    delete(&mut stuck, "Reconciler", None, "inn");
    let (reason, message) = says(&stuck, "Stalled");
    assert_eq!(reason, "DeletionStuck");
    assert_eq!(message, "its Reconciler is being deleted, but ConfigMap a/a cannot be deleted: forbidden: not by you");

    let mut kept = house(json!({}), ordered(false), guest);
    kept.put(inn("x", json!({})));
    kept.input(Input::Module { source: "inn.wasm".into(), news: News::Removed });
    delete(&mut kept, "Reconciler", None, "inn");
    assert_eq!(kept.api.get("Inn", Some("a"), "x").unwrap()["metadata"]["finalizers"], json!([]));
    assert_eq!(says(&kept, "Ready").0, "ChildrenReady", "there is nothing worth a write");
}

#[test]
fn an_object_that_waits_for_a_guest_that_is_not_there_says_so() {
    let guest = |_: &Request| wants(vec![]);
    let mut first = house(json!({}), manifest(true), guest);
    first.put(inn("x", json!({})));
    let mut api = first.api;
    api.forget_watches();
    let now = innkeeper_core::engine::Now { mono_ms: 1, wall_ms: 1_000_000 };
    let mut next = House::begun(api, Box::new(guest), now);
    next.input(Input::ModulesRead);
    next.settle();
    delete(&mut next, "Inn", Some("a"), "x");
    let (reason, message) = says(&next, "Stalled");
    assert_eq!(reason, "GuestMissing");
    assert!(
        message.ends_with("No module is loaded that decides for its kind") && message.contains("skip-finalize=true"),
        "{message}"
    );
    assert_eq!(next.ended.last().unwrap().1.trouble, Some(message), "the log says so too");
    assert_eq!(next.events[0].0, "GuestMissing");
    assert!(next.events[0].1.ends_with("Load the module inn again."), "{:?}", next.events);
    let module =
        Module { digest: format!("sha256:{}", "a".repeat(64)), manifest: std::sync::Arc::new(manifest(false)) };
    next.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
    assert!(next.api.get("Inn", Some("a"), "x").is_none());
}

/// What a guest was told, call by call: of children, of contributions, of removals.
type Told = Rc<RefCell<Vec<[Vec<(String, State)>; 3]>>>;

fn told() -> (House, Told) {
    let mut house = liberal();
    let told = Told::default();
    let calls = told.clone();
    house.guest = Box::new(move |request| {
        let of =
            |all: &[innkeeper_core::contract::Verdict]| all.iter().map(|v| (v.key.name.clone(), v.state)).collect();
        calls.borrow_mut().push([of(&request.children), of(&request.contributions), of(&request.removals)]);
        follows(request)
    });
    (house, told)
}

fn last(told: &Told) -> [Vec<(String, State)>; 3] {
    told.borrow().last().unwrap().clone()
}

fn named(all: &[(&str, State)]) -> Vec<(String, State)> {
    all.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect()
}

#[test]
fn a_guest_is_told_which_of_its_children_could_not_be_applied() {
    let (mut house, told) = told();
    let all = |x: &str| json!({"children": [{"name": "one"}, {"name": "two", "data": {"x": x}}, {"name": "zoo"}]});
    say(&mut house, all("1"));
    house.api.refuse("apply ConfigMap a/two", Done::Forbidden("not by you".into()));
    say(&mut house, all("2"));
    house.pass(10_000);
    assert_eq!(last(&told)[0], named(&[("one", State::Current), ("two", State::Failed), ("zoo", State::Current)]));
    house.api.refuses = None;
    house.pass(60_000);
    let mut more = all("2");
    more["more"] = json!(1);
    say(&mut house, more);
    assert_eq!(last(&told)[0], named(&[("one", State::Current), ("two", State::Current), ("zoo", State::Current)]));
}

#[test]
fn a_guest_is_told_what_became_of_its_removals_and_gifts() {
    let (mut house, told) = told();
    for name in ["old", "to", "too"] {
        house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a"}}));
    }
    let uid = house.api.get("ConfigMap", Some("a"), "old").unwrap()["metadata"]["uid"].clone();
    let gives = json!([{"name": "to", "data": {"x": "1"}}, {"name": "too", "data": {"x": "1"}}, {"name": "nowhere", "data": {"x": "1"}}]);
    let spec = |more: u64| json!({"gives": gives, "remove": [{"name": "old", "uid": uid}], "more": more});
    say(&mut house, spec(1));
    say(&mut house, spec(2));
    let [_, given, removed] = last(&told);
    assert_eq!(given, named(&[("nowhere", State::Absent), ("to", State::Current), ("too", State::Current)]));
    assert_eq!(removed, named(&[("old", State::Absent)]));
    let mut api = house.api;
    api.forget_watches();
    let guest = house.guest;
    let _next = House::over(api, guest);
    assert_eq!(last(&told)[1][..2], named(&[("to", State::Current), ("too", State::Current)]), "what is there of them");
}

#[test]
fn a_gift_that_is_not_meant_any_more_waits_for_the_children_and_is_not_missed_when_it_is_gone() {
    let mut house = liberal();
    house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "to", "namespace": "a"}}));
    say(&mut house, json!({"gives": [{"name": "to", "data": {"x": "1"}}], "children": [{"name": "one"}]}));
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["status"] = json!({"conditions": [{"type": "Reconciling", "status": "True"}]});
    house.put(child.clone());
    say(&mut house, json!({"children": [{"name": "one"}, {"name": "two", "wave": 1}]}));
    let (_, message) = says(&house, "Reconciling");
    assert!(message.contains("ConfigMap a/to: it is withdrawn when every child is applied"), "{message}");
    child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["status"] = json!({});
    house.patches.clear();
    house.put(child);
    assert!(house.api.get("ConfigMap", Some("a"), "to").unwrap()["data"].get("x").is_none());
    assert_eq!(says(&house, "Ready").0, "ChildrenReady");
    let said = format!("{:?}", house.patches);
    assert!(!said.contains("ConfigMap a/to"), "{said}");
}

#[test]
fn a_guest_is_told_once_more_when_what_failed_does_not_any_more() {
    let (mut house, told) = told();
    let all = |x: &str| json!({"children": [{"name": "one", "data": {"x": x}}]});
    say(&mut house, all("1"));
    house.api.refuse("apply ConfigMap a/one", Done::Forbidden("not by you".into()));
    say(&mut house, all("2"));
    house.pass(10_000);
    assert_eq!(last(&told)[0], named(&[("one", State::Failed)]));
    house.api.refuses = None;
    house.pass(60_000);
    assert_eq!(last(&told)[0], named(&[("one", State::Current)]));
}

#[test]
fn a_guest_is_told_that_a_child_is_going_whatever_was_in_its_way_before() {
    let (mut house, told) = told();
    let all = |x: &str| json!({"children": [{"name": "one", "data": {"x": x}}]});
    say(&mut house, all("1"));
    hold(&mut house, "one");
    house.api.refuse("apply ConfigMap a/one", Done::Forbidden("not by you".into()));
    say(&mut house, all("2"));
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    assert_eq!(last(&told)[0], named(&[("one", State::Deleting)]));
}

#[test]
fn a_guest_that_says_the_same_again_is_told_of_its_removals_as_before() {
    let (mut house, told) = told();
    house.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", "namespace": "a"}}));
    let uid = house.api.get("ConfigMap", Some("a"), "old").unwrap()["metadata"]["uid"].clone();
    say(&mut house, json!({"remove": [{"name": "old", "uid": uid}]}));
    for colour in ["green", "red", "green", "red"] {
        let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
        object["metadata"]["labels"] = json!({"colour": colour});
        house.put(object);
        assert_eq!(last(&told)[2], named(&[("old", State::Absent)]));
    }
}
