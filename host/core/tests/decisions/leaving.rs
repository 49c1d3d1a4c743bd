//! A Reconciler is deleted: what becomes of the finalizers and children that it leaves, and when it is gone.

use crate::house::{Api, House, config_map, crd, inn, manifest, rooms, wants};
use innkeeper_core::action::Done;
use innkeeper_core::contract::{Child, Failure, Manifest, Outcome, Phase, Request};
use innkeeper_core::engine::{Input, News};
use serde_json::{Value, json};

const GUARD: &str = "innkeeper.dev/reconciler";

/// A Reconciler that a person made.
fn reconciler(name: &str, more: &Value) -> Value {
    let mut spec = json!({"module": {"folder": {}}, "permissions": {"apply": [{"group": "", "kinds": ["ConfigMap"]}]}});
    for (field, value) in more.as_object().unwrap() {
        spec[field] = value.clone();
    }
    json!({"apiVersion": "innkeeper.dev/v1alpha1", "kind": "Reconciler", "metadata": {"name": name}, "spec": spec})
}

fn house(manifest: Manifest, spec: &Value, guest: impl FnMut(&Request) -> Result<Outcome, Failure> + 'static) -> House {
    let mut api = Api::default();
    api.put(crd());
    api.put(reconciler("inn", spec));
    let mut house = House::starting(api, Box::new(guest), manifest);
    house.input(Input::ModulesRead);
    house
}

/// Two waves of rooms.
fn two_waves(request: &Request) -> Result<Outcome, Failure> {
    let finished = request.phase == Phase::Finalize;
    wants(vec![config_map("a", "1"), Child { wave: 1, ..config_map("b", "1") }]).map(|o| Outcome { finished, ..o })
}

/// The module's file is gone, which stops nothing.
fn remove_file(house: &mut House) {
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Removed });
}

fn delete(house: &mut House, kind: &str, namespace: Option<&str>, name: &str) {
    house.api.delete(kind, namespace, name);
    house.settle();
}

fn finalizers(house: &House, kind: &str, namespace: Option<&str>, name: &str) -> Vec<String> {
    let object = house.api.get(kind, namespace, name).unwrap_or_else(|| panic!("there is no {kind} {name}"));
    serde_json::from_value(object["metadata"]["finalizers"].clone()).unwrap_or_default()
}

fn guard(house: &House) -> Vec<String> {
    finalizers(house, "Reconciler", None, "inn")
}

#[test]
fn a_reconciler_that_leaves_nothing_behind_goes_at_once() {
    let mut house = house(manifest(false), &json!({}), rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    assert_eq!(guard(&house), Vec::<String>::new());
    remove_file(&mut house);
    delete(&mut house, "Reconciler", None, "inn");
    assert!(house.api.get("Reconciler", None, "inn").is_none());
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

#[test]
fn a_reconciler_carries_its_finalizer_before_any_object_does_and_while_there_are_objects() {
    let mut house = house(manifest(true), &json!({}), two_waves);
    assert_eq!(guard(&house), Vec::<String>::new());
    house.api.refuse("merge Reconciler inn", Done::Forbidden("not now".into()));
    house.put(inn("x", json!({})));
    assert_eq!((house.calls, finalizers(&house, "Inn", Some("a"), "x")), (0, vec![]), "nothing is done before");
    house.api.refuses = None;
    house.pass(2_000);
    assert_eq!((guard(&house), finalizers(&house, "Inn", Some("a"), "x").len()), (vec![GUARD.to_owned()], 1));
    delete(&mut house, "Inn", Some("a"), "x");
    assert_eq!(guard(&house), Vec::<String>::new(), "nothing is left to withdraw");
}

#[test]
fn finalizers_are_withdrawn_and_children_stay() {
    let mut house = house(manifest(true), &json!({}), two_waves);
    house.put(inn("x", json!({})));
    house.put(inn("y", json!({})));
    remove_file(&mut house);
    let calls = house.calls;
    delete(&mut house, "Reconciler", None, "inn");
    assert!(house.api.get("Reconciler", None, "inn").is_none());
    for name in ["x", "y"] {
        assert_eq!(finalizers(&house, "Inn", Some("a"), name), Vec::<String>::new());
    }
    assert_eq!((house.calls, house.api.children()), (calls, vec!["ConfigMap a/a".to_owned(), "ConfigMap a/b".into()]));
}

#[test]
fn children_are_deleted_in_order_where_it_says_so() {
    let mut house = house(manifest(false), &json!({"onDelete": "Delete"}), two_waves);
    house.put(inn("x", json!({})));
    assert_eq!(guard(&house), [GUARD]);
    let mut b = house.api.get("ConfigMap", Some("a"), "b").unwrap().clone();
    b["metadata"]["finalizers"] = json!(["example.com/slow"]);
    house.put(b.clone());
    remove_file(&mut house);
    delete(&mut house, "Reconciler", None, "inn");
    assert_eq!((guard(&house), house.api.children().len()), (vec![GUARD.to_owned()], 2));
    b = house.api.get("ConfigMap", Some("a"), "b").unwrap().clone();
    b["metadata"]["finalizers"] = json!([]);
    house.put(b);
    assert!(house.api.get("Reconciler", None, "inn").is_none());
    assert_eq!(house.api.children(), Vec::<String>::new());
    assert!(house.api.get("Inn", Some("a"), "x").is_some(), "the object stays");
}

#[test]
fn an_object_that_is_being_deleted_is_finished_first() {
    let mut house = house(manifest(true), &json!({}), |request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        two_waves(request).map(|o| Outcome { finished: object["spec"]["finished"] == true, ..o })
    });
    house.put(inn("x", json!({})));
    delete(&mut house, "Inn", Some("a"), "x");
    delete(&mut house, "Reconciler", None, "inn");
    assert_eq!(guard(&house), [GUARD], "its guest has work to do");
    let mut x = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    x["spec"]["finished"] = json!(true);
    house.put(x);
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert!(!guard(&house).contains(&GUARD.to_owned()), "made again, for its module is there");
}

#[test]
fn without_a_module_nothing_is_waited_for() {
    let mut before = house(manifest(true), &json!({}), two_waves);
    before.put(inn("x", json!({})));
    before.put(inn("y", json!({})));
    let mut api = before.api;
    api.forget_watches();
    api.delete("Inn", Some("a"), "x");
    api.delete("Reconciler", None, "inn");
    let mut house = House::begun(api, Box::new(two_waves), innkeeper_core::engine::Now { mono_ms: 1, wall_ms: 1 });
    house.input(Input::ModulesRead);
    assert!(house.api.get("Reconciler", None, "inn").is_none());
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert_eq!(finalizers(&house, "Inn", Some("a"), "y"), Vec::<String>::new());
}

#[test]
fn without_its_kind_nothing_is_waited_for() {
    let mut house = house(manifest(true), &json!({"onDelete": "Delete"}), two_waves);
    house.put(inn("x", json!({})));
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    house.api.delete("CustomResourceDefinition", None, "inns.example.com");
    house.settle();
    remove_file(&mut house);
    delete(&mut house, "Reconciler", None, "inn");
    assert!(house.api.get("Reconciler", None, "inn").is_none());
}

#[test]
fn another_reconciler_of_the_kind_takes_over() {
    let mut house = house(manifest(true), &json!({}), two_waves);
    house.put(inn("x", json!({})));
    let kind = json!({"group": "example.com", "kind": "Inn"});
    house.put(reconciler("other", &json!({"for": kind})));
    remove_file(&mut house);
    delete(&mut house, "Reconciler", None, "inn");
    assert!(house.api.get("Reconciler", None, "inn").is_none());
    assert_eq!(finalizers(&house, "Inn", Some("a"), "x"), ["innkeeper.dev/guest"], "the other one's to withdraw");
    delete(&mut house, "Reconciler", None, "other");
    assert!(house.api.get("Reconciler", None, "other").is_none());
    assert_eq!(finalizers(&house, "Inn", Some("a"), "x"), Vec::<String>::new());
}

#[test]
fn a_reconciler_whose_module_is_offered_still_is_made_again_and_says_so() {
    let mut house = house(manifest(true), &json!({}), two_waves);
    house.put(inn("x", json!({})));
    let uid = |house: &House| house.api.get("Reconciler", None, "inn").unwrap()["metadata"]["uid"].clone();
    let before = uid(&house);
    let mut held = house.api.get("Reconciler", None, "inn").unwrap().clone();
    held["metadata"]["finalizers"] = json!([GUARD, "example.com/hold"]);
    house.put(held);
    delete(&mut house, "Reconciler", None, "inn");
    let told = house.api.get("Reconciler", None, "inn").unwrap().clone();
    assert_eq!(told["metadata"]["finalizers"], json!(["example.com/hold"]), "that of others is theirs");
    assert!(told["status"]["conditions"].to_string().contains("remove the file first"), "{told}");
    let mut let_go = told;
    let_go["metadata"]["finalizers"] = json!([]);
    house.put(let_go);
    assert_ne!(uid(&house), before);
    assert_eq!(finalizers(&house, "Inn", Some("a"), "x"), ["innkeeper.dev/guest"]);
}

#[test]
fn children_that_somebody_wants_to_stay_are_not_waited_for() {
    let spec = json!({"onDelete": "Delete"});
    let mut house = house(Manifest { ordered_deletion: true, ..manifest(false) }, &spec, rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    let finalizers = object["metadata"]["finalizers"].as_array_mut().unwrap();
    finalizers.extend([json!("orphan"), json!("example.com/slow")]);
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    house.put(object);
    assert_eq!(self::finalizers(&house, "Inn", Some("a"), "x"), ["orphan", "example.com/slow"]);
    remove_file(&mut house);
    delete(&mut house, "Reconciler", None, "inn");
    assert!(house.api.get("Reconciler", None, "inn").is_none(), "nothing is left to do");
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

#[test]
fn objects_of_a_reconciler_that_makes_no_sense_any_more_are_let_go_with_it() {
    let mut house = house(manifest(true), &json!({}), two_waves);
    house.put(inn("x", json!({})));
    let mut wrong = house.api.get("Reconciler", None, "inn").unwrap().clone();
    wrong["spec"]["limits"] = json!({"time": "a while"});
    house.put(wrong);
    remove_file(&mut house);
    delete(&mut house, "Reconciler", None, "inn");
    assert!(house.api.get("Reconciler", None, "inn").is_none());
    assert_eq!(finalizers(&house, "Inn", Some("a"), "x"), Vec::<String>::new());
}

#[test]
fn a_host_that_stops_sets_no_finalizers() {
    let mut house = house(manifest(true), &json!({}), two_waves);
    house.input(Input::Stop);
    house.put(inn("x", json!({})));
    assert_eq!(guard(&house), Vec::<String>::new());
}

#[test]
fn a_reconciler_waits_while_children_that_go_with_it_may_be_there_unseen() {
    let mut first = house(manifest(false), &json!({"onDelete": "Delete"}), two_waves);
    first.put(inn("x", json!({})));
    let mut api = first.api;
    api.forget_watches();
    api.unlisted = vec!["ConfigMap"];
    let mut house = House::over(api, first.guest);
    let kind = innkeeper_core::kind::Kind::new("", "v1", "ConfigMap");
    let resource = innkeeper_core::resource::Resource { kind, plural: "configmaps".into(), namespaced: true };
    let failing = [(innkeeper_core::watch::Watch::children(resource.into()), "it is forbidden".to_owned())];
    for _ in 0..12 {
        house.input(Input::Troubles(failing.clone().into()));
        house.pass(1_000);
    }
    remove_file(&mut house);
    delete(&mut house, "Reconciler", None, "inn");
    house.pass(60_000);
    assert_eq!(guard(&house), [GUARD]);
}

#[test]
fn children_that_somebody_wanted_to_stay_before_this_process_began_are_not_waited_for() {
    let spec = json!({"onDelete": "Delete"});
    let ordered = || Manifest { ordered_deletion: true, ..manifest(false) };
    let mut first = house(ordered(), &spec, rooms);
    first.put(inn("x", json!({"rooms": ["one"]})));
    let mut object = first.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["finalizers"].as_array_mut().unwrap().extend([json!("orphan"), json!("example.com/slow")]);
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    first.put(object);
    let mut noted = first.api.get("Inn", Some("a"), "x").unwrap().clone();
    noted["metadata"]["finalizers"] = json!(["example.com/slow"]);
    first.put(noted);
    let mut api = first.api;
    api.forget_watches();
    let mut house = House::starting(api, Box::new(rooms), ordered());
    house.input(Input::ModulesRead);
    remove_file(&mut house);
    delete(&mut house, "Reconciler", None, "inn");
    assert!(house.api.get("Reconciler", None, "inn").is_none(), "nothing is left to do");
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

#[test]
fn a_note_of_ours_on_an_object_that_nobody_deletes_keeps_no_children() {
    let mut house = house(manifest(false), &json!({"onDelete": "Delete"}), rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["metadata"]["finalizers"] = json!(["example.com/slow"]);
    house.put(child);
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["annotations"] = json!({innkeeper_core::names::ORPHANED: "true"});
    house.put(object);
    remove_file(&mut house);
    house.patches.clear();
    delete(&mut house, "Reconciler", None, "inn");
    assert_eq!(guard(&house), [GUARD], "a child is going");
    let said = format!("{:?}", house.patches);
    assert!(said.contains("and its children with it (spec.onDelete is Delete)"), "{said}");
}
