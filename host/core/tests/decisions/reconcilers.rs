//! Reconcilers: the host makes the missing ones until they are there, and says how they stand without
//! wavering.

use std::sync::Arc;

use crate::house::{Api, House, crd, inn, manifest, rooms};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::binding::Module;
use innkeeper_core::engine::{Input, News, Now, Output};
use serde_json::json;

const START: Now = Now { mono_ms: 1, wall_ms: 1_000_000 };

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
