//! A guest is a function: the same request and the same reads give the same outcome, byte for byte.
#![allow(clippy::unwrap_used, reason = "a test fails so")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use innkeeper_core::binding::{Binding, StatusSupport};
use innkeeper_core::contract::{Limits, Phase, Request, State, Verdict};
use innkeeper_core::engine::Catalog;
use innkeeper_core::kind::Kind;
use innkeeper_core::object::Object;
use innkeeper_core::permissions::{Permission, Permissions, Reach};
use innkeeper_core::picture::Picture;
use innkeeper_core::resource::Resource;
use innkeeper_core::shelf::Shelf;
use innkeeper_core::watch::Form;
use innkeeper_core::world::World;
use innkeeper_guest::{Answer, Cache, Engine, Module};
use serde_json::json;
use support::ENGINE;

/// A guest as people write them, built from `tests/guests/workbench`.
fn workbench() -> Vec<u8> {
    let test = std::env::current_exe().unwrap();
    let target: PathBuf = test.ancestors().nth(3).unwrap().into();
    std::fs::read(target.join("test-guests/workbench.wasm")).expect("`guests/build.sh --test-guests` builds it")
}

fn config_map(name: &str) -> Arc<Object> {
    let metadata =
        json!({"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1", "labels": {"app": "web"}});
    let whole =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"z": "1", "a": "2", "m": name}});
    Arc::new(Object::parse(&whole.to_string(), None).unwrap())
}

/// An object that asks for children, looks at the cluster in several ways, and shows all it saw.
fn request() -> Request {
    let child = |name: &str| json!({"manifest": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"b": "1", "a": "2"}}});
    let looks = json!([
        {"kind": "ConfigMap", "labels": "app in (web,db)", "view": "full"},
        {"kind": "ConfigMap", "fields": {"data.m": "two"}, "view": "digest"},
        {"kind": "ConfigMap", "name": "one", "view": "spec"},
        {"kind": "ConfigMap", "name": "none"},
        {"kind": "Secret"},
    ]);
    let spec = json!({"children": [child("x"), child("y")], "looks": looks, "labels": {"b": "1", "a": "2"},
        "events": ["Played"], "conditions": [{"type": "Played", "status": true, "reason": "Played"}]});
    let object = json!({"apiVersion": "test.innkeeper.dev/v1", "kind": "Workbench",
        "metadata": {"name": "w", "namespace": "shop", "uid": "w"}, "spec": spec});
    let key = config_map("x").key.clone();
    let children = vec![Verdict { key, state: State::Current, message: String::new() }];
    let config = "{}".to_owned();
    Request {
        phase: Phase::Apply,
        object: object.to_string(),
        config,
        children,
        contributions: vec![],
        removals: vec![],
    }
}

fn resource(group: &str, kind: &str) -> Arc<Resource> {
    let plural = format!("{}s", kind.to_lowercase());
    Arc::new(Resource { kind: Kind::new(group, "v1", kind), plural, namespaced: true })
}

/// The recorded world of a call, made anew each time.
fn world() -> World {
    let maps = resource("", "ConfigMap");
    let mut catalog = Catalog::default();
    catalog.discovered(&maps.kind, Some(maps.clone()));
    let mut shelf = Shelf::default();
    for name in ["two", "one", "three"] {
        shelf.put(config_map(name));
    }
    let picture =
        Picture { catalog: Arc::new(catalog), shelves: [(maps, (Form::Whole, shelf))].into(), unseen: [].into() };
    let read = Permission { kinds: vec!["ConfigMap".into()], reach: Reach::All, ..Permission::default() };
    let binding = Binding {
        resource: resource("test.innkeeper.dev", "Workbench"),
        manager: "m".into(),
        reconciler: "workbench".into(),
        module: None,
        permissions: Permissions { read: vec![read], ..Permissions::default() },
        limits: Limits::default(),
        config: "{}".into(),
        status: StatusSupport::default(),
        on_delete: innkeeper_core::reconciler::OnDelete::default(),
        leaving: false,
    };
    let object = Object::parse(&request().object, None).unwrap();
    World::new(&object, vec![config_map("y"), config_map("x")], Arc::new(picture), Arc::new(binding), 1_000)
}

fn call(engine: &Engine, module: &Module) -> Answer {
    engine.call(module, request(), world(), &Limits { time_ms: 5_000, ..Limits::default() })
}

#[test]
fn g05_the_same_request_and_reads_give_the_same_outcome_byte_for_byte() {
    let bytes = workbench();
    let module = ENGINE.load(&bytes).unwrap();
    let first = call(&ENGINE, &module);
    let outcome = first.result.clone().unwrap();
    let status: serde_json::Value = serde_json::from_str(outcome.status.as_deref().unwrap()).unwrap();
    let names: Vec<_> = status["looks"][0].as_array().unwrap().iter().map(|o| o["metadata"]["name"].clone()).collect();
    assert_eq!(names, ["one", "three", "two"], "it saw something, in the order of the names");
    assert_eq!((status["looks"][2].as_array().unwrap().len(), &status["looks"][3]), (1, &json!([])));
    assert!(status["looks"][4]["denied"].as_str().unwrap().contains("Secret"));
    assert_eq!(outcome.children.len(), 2);
    let same = |answer: &Answer| {
        assert_eq!(answer.result, first.result);
        assert_eq!(answer.reads, first.reads);
    };
    // Many times, on several threads at once.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|_| same(&call(&ENGINE, &module))));
        }
    });
    // Compiled anew, and as it was kept.
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let engine = Engine::with(Some(Cache::open(folder.path()).unwrap()), None).unwrap();
        same(&call(&engine, &engine.load(&bytes).unwrap()));
    }
}
