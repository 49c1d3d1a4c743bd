//! What one call reads is one picture, and the next call's is no older than what the host wrote for the object.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::house::{House, inn, manifest, rooms};
use innkeeper_core::binding::Module;
use innkeeper_core::contract::{Outcome, Removal, View};
use innkeeper_core::engine::{Input, News};
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use innkeeper_core::world::{Listing, Scope, World};
use serde_json::{Value, json};

fn listing(kind: &str) -> Listing {
    let kind = Kind::new("", "v1", kind);
    Listing { kind, scope: Scope::Own, labels: String::new(), fields: vec![], view: View::Full }
}

/// The watch of every object of a kind.
fn watched(kind: &str) -> Watch {
    let plural = format!("{}s", kind.to_lowercase());
    Watch::all(Arc::new(Resource { kind: Kind::new("", "v1", kind), plural, namespaced: true }))
}

fn secret(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "a"}, "data": {"key": "1"}})
}

fn map(data: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "a"}, "data": {"key": data}})
}

#[test]
fn g06_all_reads_of_one_call_come_from_one_frozen_picture_while_events_go_on() {
    let worlds: Rc<RefCell<Vec<World>>> = Rc::default();
    let kept = worlds.clone();
    let mut house = House::reading(move |request, world| {
        world.list(&listing("ConfigMap"))?.unwrap();
        world.list(&listing("Secret"))?.unwrap();
        kept.borrow_mut().push(world.clone());
        rooms(request)
    });
    house.put(map("1"));
    house.put(secret("s"));
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut world = worlds.borrow().last().unwrap().clone();
    let (maps, secrets, children) = (
        world.list(&listing("ConfigMap")).unwrap().unwrap(),
        world.list(&listing("Secret")).unwrap().unwrap(),
        world.children(View::Full),
    );
    assert_eq!((maps.len(), secrets.len(), children.len()), (2, 1, 1));
    // The same call goes on while all of it changes.
    house.put(map("2"));
    house.put(secret("t"));
    house.api.delete("Secret", Some("a"), "s");
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    assert_eq!(world.list(&listing("ConfigMap")).unwrap().unwrap(), maps);
    assert_eq!(world.list(&listing("Secret")).unwrap().unwrap(), secrets);
    assert_eq!(world.children(View::Full), children);
    let key = Key::new(Kind::new("", "v1", "ConfigMap"), None, "m".into());
    let one: Value = serde_json::from_str(&world.get(key, View::Spec).unwrap().unwrap().unwrap()).unwrap();
    assert_eq!(one["data"]["key"], "1", "a get sees what a list saw");
    let mut later = worlds.borrow().last().unwrap().clone();
    assert_ne!(later.list(&listing("ConfigMap")).unwrap().unwrap(), maps, "and the next call what is now");
}

/// The guest removes every Secret that it sees. The store of Secrets is there only because it reads them.
#[test]
fn g06_the_next_call_begins_when_every_store_that_it_reads_has_seen_our_last_write_there() {
    let seen: Rc<RefCell<Vec<usize>>> = Rc::default();
    let told = seen.clone();
    let mut house = House::reading(move |_, world| {
        let secrets = world.list(&listing("Secret"))?.unwrap();
        told.borrow_mut().push(secrets.len());
        let remove = secrets.iter().map(|text| {
            let secret: Value = serde_json::from_str(text).unwrap();
            let text = |pointer: &str| secret.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            let key = Key::new(Kind::new("", "v1", "Secret"), None, text("/metadata/name"));
            Removal { key, uid: text("/metadata/uid"), before_wave: None }
        });
        Ok(Outcome { remove: remove.collect(), ..Outcome::default() })
    });
    house.put(inn("x", json!({"round": 1})));
    house.api.hold_back(&watched("Secret"));
    house.put(secret("s"));
    house.api.let_go();
    seen.borrow_mut().clear();
    // The Secret is seen and removed; that it is gone is told later.
    house.deliver();
    house.api.hold_back(&watched("Secret"));
    assert!(house.api.get("Secret", Some("a"), "s").is_none(), "{:?}", house.requests);
    house.put(inn("x", json!({"round": 2})));
    assert_eq!(*seen.borrow(), [1], "it is not asked while the store shows what it removed");
    house.api.let_go();
    house.settle();
    assert!(seen.borrow().len() > 1, "now it is");
    assert!(seen.borrow()[1..].iter().all(|secrets| *secrets == 0), "{seen:?}");
}

/// Of the children too, and of the object itself.
#[test]
fn g06_the_next_call_sees_the_children_that_the_last_one_asked_for() {
    let seen: Rc<RefCell<Vec<(Value, usize)>>> = Rc::default();
    let told = seen.clone();
    let mut house = House::reading(move |request, world| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let maps = world.list(&listing("ConfigMap"))?.unwrap();
        told.borrow_mut().push((object["spec"]["rooms"].clone(), maps.len()));
        rooms(request)
    });
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.api.hold_back(&watched("ConfigMap"));
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    seen.borrow_mut().clear();
    house.put(inn("x", json!({"rooms": ["one", "two", "three"]})));
    assert!(seen.borrow().is_empty(), "its second child is not shown yet: {seen:?}");
    house.api.let_go();
    house.settle();
    assert_eq!(seen.borrow()[0], (json!(["one", "two", "three"]), 2));
}

#[test]
fn m07_a_swap_that_reads_another_kind_begins_the_watch_of_that_and_ends_the_one_before() {
    let kind = Rc::new(std::cell::Cell::new("ConfigMap"));
    let read = kind.clone();
    let mut house = House::reading(move |request, world| {
        world.list(&listing(read.get()))?.unwrap();
        rooms(request)
    });
    house.put(inn("x", json!({"rooms": ["one"]})));
    let watches = |house: &House| ["ConfigMap", "Secret"].map(|kind| house.api.watches(&watched(kind)));
    assert_eq!(watches(&house), [true, false]);
    kind.set("Secret");
    let module = Module { digest: format!("sha256:{}", "b".repeat(64)), manifest: Arc::new(manifest(false)) };
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
    assert_eq!(watches(&house), [false, true]);
    // Its children of the kind that it does not read any more are seen still.
    house.api.delete("ConfigMap", Some("a"), "one");
    house.settle();
    assert!(house.api.get("ConfigMap", Some("a"), "one").is_some());
}
