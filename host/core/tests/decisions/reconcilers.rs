//! Reconcilers: the host makes the missing ones until they are there, and says how they stand without
//! wavering.

use std::sync::Arc;

use crate::house::{Api, House, crd, inn, manifest, rooms};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::binding::Module;
use innkeeper_core::engine::{Input, News, Now, Output, Settings};
use innkeeper_core::kind::Kind;
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use serde_json::json;

const START: Now = Now { mono_ms: 3_600_000, wall_ms: 4_600_000 };

fn load(house: &mut House, finalizes: bool) {
    let digest = format!("sha256:{}", "a".repeat(64));
    let module = Module { digest, manifest: Arc::new(manifest(finalizes)) };
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
    house.input(Input::ModulesRead);
}

fn house_with_kind() -> House {
    let mut api = Api::default();
    api.put(crd());
    let mut house = House::begun(api, Box::new(rooms), START);
    house.settle();
    house
}

/// What the condition Ready of Reconcilers was set to, in order, where a patch said so.
fn said_of_reconcilers(house: &House) -> Vec<String> {
    let of_reconcilers = house.patches.iter().filter(|p| p["metadata"].is_null());
    let conditions = of_reconcilers.filter_map(|p| p["status"]["conditions"].as_array());
    let ready = conditions.filter_map(|all| all.iter().find(|c| c["type"] == "Ready"));
    ready.map(|c| format!("{}: {}", c["status"].as_str().unwrap(), c["reason"].as_str().unwrap())).collect()
}

#[test]
fn a_reconciler_whose_creation_failed_is_made_when_it_can_be() {
    let why = || "not now".to_owned();
    let refusals = [
        Done::Throttled { after_ms: 1_000, message: why() },
        Done::Unknown(why()),
        Done::Forbidden(why()),
        Done::NotFound(why()),
        Done::Invalid(why().into()),
        Done::Conflict(why()),
    ];
    for refusal in refusals {
        let mut house = house_with_kind();
        let told = format!("{refusal:?}");
        house.refusals = vec![refusal; 100];
        load(&mut house, false);
        assert!(house.api.get("Reconciler", None, "inn").is_none(), "{told}");
        assert_eq!(house.refusals.len(), 99, "not again at once: {told}");
        assert!(!house.engine.is_ready(), "{told}");
        house.refusals.clear();
        house.pass(2_000);
        assert!(house.api.get("Reconciler", None, "inn").is_some(), "{told}");
        assert!(house.engine.is_ready(), "{told}");
    }
}

#[test]
fn a_reconciler_deleted_while_its_status_is_written_is_made_anew() {
    let mut house = house_with_kind();
    load(&mut house, false);
    let mut set = house.api.get("Reconciler", None, "inn").unwrap().clone();
    set["spec"]["suspend"] = json!(true);
    house.api.put(set);
    let (watch, event) = house.api.next_event().unwrap();
    let outputs = house.engine.handle(START, Input::Watched(watch, event));
    let unanswered = outputs.iter().find_map(|output| match output {
        Output::Act { id, action: Action::Merge { .. }, .. } => Some(*id),
        _ => None,
    });
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    house.input(Input::Done { id: unanswered.unwrap(), done: Done::NotFound("gone".into()) });
    assert!(house.api.get("Reconciler", None, "inn").is_some(), "it is made anew");
    house.put(inn("x", json!({"rooms": ["one"]})));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

/// A process over what an earlier one left, its modules read before anything is listed.
fn quick_start(mut api: Api) -> House {
    api.forget_watches();
    let mut house = House::begun(api, Box::new(rooms), START);
    let digest = format!("sha256:{}", "a".repeat(64));
    let module = Module { digest, manifest: Arc::new(manifest(false)) };
    house.engine.handle(START, Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
    house.input(Input::ModulesRead);
    house
}

#[test]
fn a_reconciler_that_serves_stays_ready_while_a_new_kind_is_listed_and_through_a_restart() {
    let mut house = house_with_kind();
    load(&mut house, false);
    house.patches.clear();
    house.put(inn("x", json!({"rooms": ["one"]})));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    assert_eq!(said_of_reconcilers(&house), Vec::<String>::new());
    house.pass(10_000);
    let mut again = quick_start(house.api);
    again.pass(10_000);
    assert_eq!(said_of_reconcilers(&again), Vec::<String>::new());
}

#[test]
fn an_object_that_waits_for_its_guest_is_not_told_that_there_is_none_before_the_modules_are_read() {
    let mut house = house_with_kind();
    load(&mut house, true);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut api = house.api;
    api.forget_watches();
    api.delete("Inn", Some("a"), "x");
    let mut again = House::begun(api, Box::new(rooms), START);
    again.settle();
    assert_eq!(again.requests, Vec::<String>::new());
    load(&mut again, true);
    assert!(again.calls > 0, "its guest is asked when it is there");
}

#[test]
fn a_reconciler_whose_deletion_was_told_before_the_answer_to_its_creation_is_made_anew() {
    let mut house = house_with_kind();
    house.holds = Some("create Reconciler inn".into());
    load(&mut house, false);
    assert_eq!(house.held.len(), 1);
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    house.release();
    house.pass(10_000);
    assert!(house.api.get("Reconciler", None, "inn").is_some());
    house.put(inn("x", json!({"rooms": ["one"]})));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

#[test]
fn what_the_watch_tells_of_a_reconciler_after_the_answer_to_a_later_write_is_old() {
    let mut house = house_with_kind();
    load(&mut house, false);
    house.put(inn("x", json!({"rooms": ["one"]})));
    house.pass(10_000);
    house.api.hold_back(&reconcilers());
    for suspend in [true, false] {
        let mut set = house.api.get("Reconciler", None, "inn").unwrap().clone();
        set["spec"]["suspend"] = json!(suspend);
        house.put(set);
    }
    house.put(inn("y", json!({"rooms": []})));
    house.pass(10_000);
    let calls = house.calls;
    house.api.let_go();
    house.settle();
    assert_eq!(house.calls, calls, "it was suspended for a moment that is over");
}

fn reconcilers() -> Watch {
    let kind = Kind::new("innkeeper.dev", "v1alpha1", "Reconciler");
    Watch::all(Arc::new(Resource { kind, plural: "reconcilers".into(), namespaced: false }))
}

#[test]
fn what_a_reconciler_does_not_come_to_is_said_once_in_the_log() {
    let mut house = house_with_kind();
    load(&mut house, false);
    let said = |house: &House| house.notes.iter().filter(|(_, text)| text.contains("spec.suspend is true")).count();
    for more in 0..3 {
        let mut set = house.api.get("Reconciler", None, "inn").unwrap().clone();
        (set["spec"]["suspend"], set["spec"]["config"]) = (json!(true), json!({ "more": more }));
        house.put(set);
        house.pass(10_000);
        assert_eq!(said(&house), 1);
    }
}

#[test]
fn how_many_objects_there_are_is_written_every_few_seconds_and_not_with_each() {
    let mut house = house_with_kind();
    load(&mut house, false);
    house.pass(60_000);
    let written = |house: &House| house.requests.iter().filter(|r| *r == "status Reconciler inn").count();
    let before = written(&house);
    for n in 0..20 {
        house.put(inn(&format!("x{n}"), json!({"rooms": []})));
        house.pass(100);
    }
    assert!(written(&house) - before <= 2, "{}", written(&house) - before);
    house.sleep(10_000);
    assert_eq!(house.api.get("Reconciler", None, "inn").unwrap()["status"]["objects"]["total"], 20);
}

#[test]
fn everything_is_looked_at_as_often_as_the_host_is_told() {
    let mut api = Api::default();
    api.put(crd());
    let settings = Settings { resync_ms: 600_000, ..Settings::default() };
    let mut house = House::begun_with(api, Box::new(rooms), START, settings);
    load(&mut house, false);
    house.put(inn("x", json!({"rooms": []})));
    house.sleep(700_000);
    assert!(house.causes.iter().any(|cause| cause.contains("from time to time")), "{:?}", house.causes);
}
