//! What guests look at is an input: it is answered from what the host watches, and a change of it wakes those
//! who looked, and nobody else.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::house::{House, inn, manifest, towers};
use innkeeper_core::binding::Module;
use innkeeper_core::contract::{Failure, Manifest, Outcome, Request, View};
use innkeeper_core::engine::{Input, News};
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use innkeeper_core::world::{Listing, Scope, World};
use serde_json::{Value, json};

/// What a spec says is read, and what came of it, as the status.
fn looks(request: &Request, world: &mut World) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    let mut seen = Vec::new();
    for read in object["spec"]["reads"].as_array().cloned().unwrap_or_default() {
        let text = |field: &str| read[field].as_str().map(str::to_owned);
        let (group, kind) = (text("group").unwrap_or_default(), text("kind").unwrap());
        let kind = Kind::new(&group, text("version").as_deref().unwrap_or("v1"), &kind);
        let view = match text("view").as_deref() {
            Some("metadata") => View::Metadata,
            Some("spec") => View::Spec,
            Some("status") => View::Status,
            Some("full") => View::Full,
            Some("digest") => View::Digest,
            _ => View::Names,
        };
        let answer = match text("name") {
            Some(name) => {
                let found = world.get(Key::new(kind, text("namespace"), name), view)?;
                found.map(|found| found.into_iter().collect::<Vec<_>>())
            }
            None => {
                let scope = match text("namespace") {
                    Some(all) if all == "*" => Scope::All,
                    Some(one) => Scope::Namespace(one),
                    None => Scope::Own,
                };
                let fields = read["field"].as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.to_string()));
                let labels = text("labels").unwrap_or_default();
                world.list(&Listing { kind, scope, labels, fields: fields.collect(), view })?
            }
        };
        let parsed = |text: &String| serde_json::from_str::<Value>(text).unwrap();
        seen.push(match answer {
            Ok(found) => json!(found.iter().map(parsed).collect::<Vec<_>>()),
            Err(denied) => json!(denied),
        });
    }
    Ok(Outcome { status: Some(json!({"seen": seen}).to_string()), ..Outcome::default() })
}

fn reading(name: &str, read: Value) -> Value {
    inn(name, json!({"reads": [read]}))
}

fn seen(house: &House, name: &str) -> Value {
    house.api.get("Inn", Some("a"), name).unwrap()["status"]["seen"][0].clone()
}

fn names(house: &House, name: &str) -> Vec<String> {
    let seen = seen(house, name);
    let of = |o: &Value| {
        format!(
            "{}/{}",
            o["metadata"]["namespace"].as_str().unwrap_or_default(),
            o["metadata"]["name"].as_str().unwrap()
        )
    };
    seen.as_array().unwrap_or_else(|| panic!("{seen}")).iter().map(of).collect()
}

fn map(namespace: &str, name: &str, app: &str, data: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace,
        "labels": {"app": app}}, "data": {"key": data}})
}

#[test]
fn a_get_is_answered_and_what_was_not_found_is_an_input_too() {
    let mut house = House::reading(looks);
    house.put(reading("x", json!({"kind": "ConfigMap", "name": "m", "view": "spec"})));
    house.put(reading("bystander", json!({"kind": "ConfigMap", "name": "other", "view": "spec"})));
    assert_eq!(seen(&house, "x"), json!([]));
    house.called();
    house.put(map("a", "m", "web", "1"));
    assert!(house.called().iter().all(|name| name == "x"));
    assert_eq!(seen(&house, "x")[0]["data"]["key"], "1");
    house.put(map("b", "m", "web", "1"));
    assert!(house.called().is_empty(), "another namespace");
    house.put(map("a", "m", "db", "1"));
    assert!(house.called().is_empty(), "labels are no part of the view");
    house.put(map("a", "m", "db", "2"));
    assert!(house.called().contains(&"x".to_owned()));
    house.api.delete("ConfigMap", Some("a"), "m");
    house.settle();
    assert_eq!(seen(&house, "x"), json!([]));
}

#[test]
fn a_list_wakes_only_those_for_whom_it_changed() {
    let mut house = House::reading(looks);
    house.put(reading("web", json!({"kind": "ConfigMap", "namespace": "*", "labels": "app=web"})));
    house.put(reading("odd", json!({"kind": "ConfigMap", "namespace": "*", "labels": "app notin (web,db)"})));
    house.put(reading(
        "one",
        json!({"kind": "ConfigMap", "namespace": "*", "field": {"data.key": 1}, "view": "digest"}),
    ));
    house.put(reading("own", json!({"kind": "ConfigMap", "labels": "app"})));
    house.called();
    let woken = |house: &mut House| {
        let mut called = house.called();
        called.sort();
        called.dedup();
        called.join(" ")
    };
    house.put(map("b", "m", "web", "0"));
    assert_eq!(woken(&mut house), "web");
    house.put(map("b", "m", "web", "1"));
    assert_eq!(woken(&mut house), "", "names do not show data, and \"1\" is no number");
    let mut number = map("b", "m", "web", "1");
    number["data"]["key"] = json!(1);
    house.put(number.clone());
    assert_eq!(woken(&mut house), "one");
    number["metadata"]["labels"]["app"] = json!("cache");
    house.put(number.clone());
    assert_eq!(woken(&mut house), "odd web", "it left one list and came into another");
    number["data"]["more"] = json!(2);
    house.put(number.clone());
    assert_eq!(woken(&mut house), "one", "the digest shows all data");
    house.put(map("a", "n", "db", "0"));
    assert_eq!(woken(&mut house), "own");
    house.put(map("kube-system", "n", "web", "0"));
    assert_eq!(woken(&mut house), "", "which must be named to be read");
    assert_eq!(names(&house, "odd"), ["b/m"]);
    house.put(map("a", "a", "web", "0"));
    house.put(map("c", "a", "web", "0"));
    assert_eq!(names(&house, "web"), ["a/a", "c/a"]);
}

#[test]
fn who_reads_otherwise_now_is_woken_by_that_and_no_longer_by_what_it_read_before() {
    let mut house = House::reading(looks);
    house.put(reading("x", json!({"kind": "ConfigMap", "name": "m"})));
    house.put(reading("x", json!({"kind": "ConfigMap", "name": "n"})));
    house.called();
    house.put(map("a", "m", "web", "1"));
    assert!(house.called().is_empty());
    house.put(map("a", "n", "web", "1"));
    assert!(!house.called().is_empty());
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    assert!(house.api.watches_of("ConfigMap").is_empty(), "nobody needs it any more");
}

#[test]
fn there_is_one_watch_of_a_kind_and_it_shows_no_more_than_is_needed() {
    let mut house = House::reading(looks);
    house.put(reading("x", json!({"kind": "ConfigMap", "name": "m", "view": "metadata"})));
    assert_eq!(house.api.watches_of("ConfigMap"), ["v1 ConfigMap (all, metadata)"]);
    house.put(reading("y", json!({"kind": "ConfigMap", "name": "m", "view": "spec"})));
    house.put(reading("z", json!({"kind": "ConfigMap", "view": "names"})));
    assert_eq!(house.api.watches_of("ConfigMap"), ["v1 ConfigMap (all)"]);
    house.put(map("a", "m", "web", "1"));
    assert_eq!(seen(&house, "y")[0]["data"]["key"], "1");
    assert_eq!(seen(&house, "x")[0]["metadata"]["labels"]["app"], "web");
    house.api.delete("Inn", Some("a"), "y");
    house.settle();
    assert_eq!(house.api.watches_of("ConfigMap"), ["v1 ConfigMap (all, metadata)"]);
    house.called();
    house.put(map("a", "m", "db", "1"));
    assert_eq!(house.called(), ["x", "x"], "its status was written once more");
}

#[test]
fn what_is_not_permitted_is_denied_and_not_watched() {
    let mut house = House::reading(looks);
    house.put(reading("x", json!({"kind": "Pod", "name": "m"})));
    house.put(reading("y", json!({"kind": "ConfigMap", "namespace": "kube-system", "name": "m"})));
    assert!(seen(&house, "x").as_str().unwrap().contains("does not list Pod"), "{}", seen(&house, "x"));
    assert!(seen(&house, "y").as_str().unwrap().contains("in namespace kube-system"), "{}", seen(&house, "y"));
    assert!(house.api.watches_of("Pod").is_empty() && house.api.watches_of("ConfigMap").is_empty());
}

#[test]
fn a_kind_that_is_not_there_has_no_objects_and_its_coming_and_going_are_changes() {
    let mut house = House::reading(looks);
    house.put(reading("x", json!({"group": "example.com", "kind": "Tower", "namespace": "*"})));
    house.put(reading("y", json!({"group": "example.com", "kind": "Tower", "name": "t", "view": "full"})));
    assert_eq!((seen(&house, "x"), seen(&house, "y")), (json!([]), json!([])));
    house.called();
    house.put(json!({"apiVersion": "example.com/v1", "kind": "Tower", "metadata": {"name": "t", "namespace": "a"}}));
    house.put(towers());
    assert_eq!(names(&house, "x"), ["a/t"]);
    assert_eq!(names(&house, "y"), ["a/t"]);
    house.called();
    house.api.delete("CustomResourceDefinition", None, "towers.example.com");
    house.settle();
    assert_eq!((seen(&house, "x"), seen(&house, "y")), (json!([]), json!([])));
}

#[test]
fn a_selector_that_makes_no_sense_makes_the_object_invalid_until_something_changes() {
    let mut house = House::reading(looks);
    house.put(reading("x", json!({"kind": "ConfigMap", "labels": "app in web"})));
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    let stalled = object["status"]["conditions"].to_string();
    assert!(stalled.contains("\"Invalid\"") && stalled.contains("`app in web`"), "{stalled}");
    house.called();
    house.pass(1_000_000);
    assert!(house.called().is_empty());
}

#[test]
fn a_version_that_is_none_makes_the_object_invalid_and_nobody_is_asked() {
    let mut house = House::reading(looks);
    house.put(reading("x", json!({"kind": "ConfigMap", "version": "v1/../secrets"})));
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    let stalled = object["status"]["conditions"].to_string();
    assert!(stalled.contains("\"Invalid\"") && stalled.contains("is no version of a kind"), "{stalled}");
}

#[test]
fn objects_that_others_read_are_looked_at_when_a_module_comes_that_decides_for_them() {
    let mut house = House::reading(looks);
    house.put(towers());
    let mut tower = inn("t", json!({}));
    tower["kind"] = json!("Tower");
    house.put(tower);
    house.put(reading("x", json!({"group": "example.com", "kind": "Tower"})));
    assert_eq!(names(&house, "x"), ["a/t"]);
    assert_eq!(house.api.watches_of("Tower"), ["example.com/v1 Tower (all, metadata)"]);
    let serves = Kind::new("example.com", "v1", "Tower");
    let manifest = Manifest { name: "tower".into(), serves, ..manifest(false) };
    let module = Module { digest: format!("sha256:{}", "b".repeat(64)), manifest: Arc::new(manifest) };
    house.called();
    house.input(Input::Module { source: "tower.wasm".into(), news: News::Loaded(module) });
    assert_eq!(house.called().first().map(String::as_str), Some("t"));
    assert_eq!(house.api.get("Tower", Some("a"), "t").unwrap()["status"]["seen"], json!([]));
}

#[test]
fn its_own_kind_and_its_own_children_can_be_read() {
    let mut house = House::reading(|request, world| {
        let mut outcome = looks(request, world)?;
        outcome.children = crate::house::rooms(request)?.children;
        Ok(outcome)
    });
    let reads = json!([{"group": "example.com", "kind": "Inn", "namespace": "*", "view": "names"},
        {"kind": "ConfigMap", "name": "one", "view": "spec"}]);
    house.put(inn("x", json!({"rooms": ["one"], "reads": reads})));
    house.put(inn("y", json!({})));
    assert_eq!(names(&house, "x"), ["a/x", "a/y"]);
    let child = &house.api.get("Inn", Some("a"), "x").unwrap()["status"]["seen"][1];
    assert_eq!(child[0]["data"]["x"], "1", "{child}");
    assert_eq!(house.api.watches_of("ConfigMap"), ["v1 ConfigMap (all)"], "children come from the same");
}

#[test]
fn a_call_whose_kind_is_being_listed_is_made_when_the_list_is_there() {
    let mut house = House::reading(looks);
    house.api.unlisted = vec!["Secret"];
    house.put(reading("x", json!({"kind": "Secret", "name": "s"})));
    house.put(reading("y", json!({"kind": "ConfigMap", "name": "m"})));
    assert_eq!(seen(&house, "y"), json!([]));
    assert!(house.api.get("Inn", Some("a"), "x").unwrap()["status"].is_null(), "nothing is said meanwhile");
    assert!(house.engine.is_idle(), "and no step waits");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "a"}});
    house.api.tell("Secret", &innkeeper_core::store::Event::Begin);
    house.put(secret);
    house.api.tell("Secret", &innkeeper_core::store::Event::Listed);
    house.settle();
    assert_eq!(names(&house, "x"), ["a/s"]);
}

#[test]
fn a_list_by_several_values_of_a_label_finds_all_of_them_and_only_in_its_namespace() {
    let mut house = House::reading(looks);
    house.put(reading("x", json!({"kind": "ConfigMap", "labels": "app in (db,web)"})));
    house.put(reading("one", json!({"kind": "ConfigMap", "labels": "app=web"})));
    for (namespace, name, app) in [("a", "m1", "web"), ("a", "m2", "db"), ("a", "m3", "cache"), ("b", "m4", "web")] {
        house.put(map(namespace, name, app, "1"));
    }
    assert_eq!(names(&house, "x"), ["a/m1", "a/m2"]);
    assert_eq!(names(&house, "one"), ["a/m1"]);
    house.put(reading("two", json!({"kind": "ConfigMap", "field": {"data.key": "1"}})));
    assert_eq!(names(&house, "two"), ["a/m1", "a/m2", "a/m3"], "what it looks for is more than what it is shown");
}

#[test]
fn a_kind_that_cannot_be_listed_is_waited_for_a_while_and_then_told() {
    let mut house = House::reading(looks);
    house.api.unlisted = vec!["Node"];
    house.put(reading("x", json!({"kind": "Node", "name": "n"})));
    let resource = Resource { kind: Kind::new("", "v1", "Node"), plural: "nodes".into(), namespaced: false };
    let failing = BTreeMap::from([(Watch::metadata(Arc::new(resource)), "forbidden".to_owned())]);
    let told = |house: &House| house.ended.iter().filter_map(|(_, ended)| ended.trouble.clone()).collect::<Vec<_>>();
    for _ in 0..9 {
        house.input(Input::Troubles(failing.clone()));
        house.pass(1_000);
    }
    assert!(told(&house).iter().all(|t| !t.contains("cannot be read")), "{:?}", told(&house));
    for _ in 0..60 {
        house.input(Input::Troubles(failing.clone()));
        house.pass(1_000);
    }
    assert!(told(&house).iter().any(|t| t.contains("v1 Node cannot be read: forbidden")), "{:?}", told(&house));
}

#[test]
fn what_changes_while_a_guest_that_has_not_read_it_before_is_at_work_is_read_again() {
    let mut house = House::reading(|request, world| {
        if request.object.contains("\"looks\"") {
            let key = Key::new(Kind::new("", "v1", "ConfigMap"), None, "one".into());
            world.get(key, View::Full)?.unwrap();
        }
        Ok(Outcome::default())
    });
    let looking = |house: &House, name: &str| {
        let mut object = house.api.get("Inn", Some("a"), name).unwrap().clone();
        object["metadata"]["labels"] = json!({"looks": "1"});
        object
    };
    house.put(map("a", "one", "web", "1"));
    for name in ["x", "y"] {
        house.put(inn(name, json!({})));
    }
    house.put(looking(&house, "y"));
    house.holds_calls = true;
    house.put(looking(&house, "x"));
    house.put(map("a", "one", "web", "2"));
    house.called();
    house.answer();
    assert!(house.called().contains(&"x".to_owned()), "its guest saw what is no more");
}

#[test]
fn an_object_of_which_a_part_is_watched_is_no_answer_to_who_asks_for_all_of_it() {
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let calls = told.clone();
    let mut house = House::reading(move |request, world| {
        let key = Key::new(Kind::new("", "v1", "ConfigMap"), None, "one".into());
        let whole = request.object.contains("\"whole\"");
        let view = if whole { View::Full } else { View::Metadata };
        let found = world.get(key, view)?.unwrap();
        calls.borrow_mut().extend(found.filter(|_| whole));
        Ok(Outcome::default())
    });
    house.put(map("a", "one", "web", "1"));
    house.put(inn("y", json!({})));
    house.put(inn("x", json!({"whole": true})));
    assert!(!told.borrow().is_empty());
    assert!(told.borrow().iter().all(|object| object.contains("\"data\"")), "{told:?}");
}
