//! Plans that Reconcilers ask for before another module takes over (promise M05).

use crate::house::House;
use crate::pushed::{digest, house, loaded, module, name_module, naming, process, status};
use innkeeper_core::engine::{Found, Input, Unfit};
use innkeeper_core::plan::Counts;
use serde_json::{Value, json};

/// A Reconciler that names a pushed module and wants a plan.
pub(crate) fn planning(letter: &str, rollout: &Value) -> Value {
    let mut spec = naming(letter);
    spec["rollout"] = rollout.clone();
    spec
}

/// The house's module is `a`, and `b` is loaded and named, under that rollout.
pub(crate) fn waiting(rollout: &Value) -> House {
    let mut house = house();
    name_module(&mut house, &planning("b", rollout));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!(house.plans, [("inn".to_owned(), digest("b"))]);
    house
}

pub(crate) fn found(deleted: u32) -> Found {
    (Counts { objects: 1, changed: 1, children_deleted: deleted, ..Counts::default() }, vec!["a/moon: much".into()])
}

pub(crate) fn planned(house: &mut House, letter: &str, result: Result<Found, String>) {
    house.input(Input::Planned { reconciler: "inn".into(), digest: digest(letter), result });
}

fn approve(house: &mut House, letter: &str) {
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["metadata"]["annotations"] = json!({"innkeeper.dev/approved": digest(letter)});
    house.put(reconciler);
}

/// The first digit of the digest that decides.
fn decides(house: &House) -> String {
    status(house)["digest"].as_str().unwrap()[7..8].to_owned()
}

#[test]
fn m05_where_a_plan_is_required_a_module_waits_for_it_and_for_the_approval_of_its_very_digest() {
    let mut house = waiting(&json!({"plan": "Required"}));
    assert_eq!((decides(&house), loaded(&house).1), ("a".to_owned(), "PlanRunning".to_owned()));
    planned(&mut house, "b", Ok(found(0)));
    assert_eq!(decides(&house), "a");
    let (_, reason, message) = loaded(&house);
    assert_eq!(reason, "ApprovalNeeded");
    assert!(message.contains("of 1 objects 1 would change") && message.contains("innkeeper approve inn"), "{message}");
    let plan = status(&house)["plan"].clone();
    assert_eq!((&plan["digest"], &plan["changed"]), (&json!(digest("b")), &json!(1)));
    assert_eq!(plan["examples"], json!(["a/moon: much"]));
    approve(&mut house, "c");
    assert_eq!(decides(&house), "a", "another one was approved");
    approve(&mut house, "b");
    assert_eq!((decides(&house), loaded(&house).0), ("b".to_owned(), "True".to_owned()));
    assert_eq!(house.plans.len(), 1);
}

#[test]
fn m05_a_plan_within_its_bounds_lets_a_module_take_over_by_itself() {
    for (rollout, deleted, decider) in [
        (json!({"plan": "Auto"}), 0, "b"),
        (json!({"plan": "Auto"}), 1, "a"),
        (json!({"plan": "Auto", "maxDeletions": 2}), 2, "b"),
        (json!({"plan": "Auto", "maxDeletions": 2}), 3, "a"),
    ] {
        let mut house = waiting(&rollout);
        planned(&mut house, "b", Ok(found(deleted)));
        assert_eq!(decides(&house), decider, "{rollout} with {deleted}");
    }
}

#[test]
fn m05_failures_that_the_module_before_has_too_are_no_reason_to_wait() {
    for (failures, before, most, decider) in [(2, 2, 0, "b"), (3, 2, 0, "a"), (3, 2, 1, "b")] {
        let mut house = waiting(&json!({"plan": "Auto", "maxFailures": most}));
        let counts = Counts { objects: 9, failures, failures_before: before, ..Counts::default() };
        planned(&mut house, "b", Ok((counts, vec![])));
        assert_eq!(decides(&house), decider, "{failures} failures, {before} before");
    }
}

#[test]
fn m05_a_plan_that_cannot_be_made_is_tried_again_and_lets_nothing_pass() {
    let mut house = waiting(&json!({"plan": "Auto"}));
    planned(&mut house, "b", Err("Nodes cannot be listed".into()));
    let (_, reason, message) = loaded(&house);
    assert_eq!(reason, "PlanFailed");
    assert!(message.contains("Nodes cannot be listed"), "{message}");
    house.pass(12_000);
    assert_eq!(house.plans.len(), 2);
    assert!(!house.spins());
    planned(&mut house, "b", Ok(found(0)));
    assert_eq!(decides(&house), "b");
}

#[test]
fn m05_a_new_process_goes_on_with_what_served_and_plans_anew() {
    let mut old = waiting(&json!({"plan": "Required"}));
    planned(&mut old, "b", Ok(found(0)));
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!((house.fetches.clone(), house.plans.len()), (vec![digest("b"), digest("a")], 0));
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!(house.plans, [("inn".to_owned(), digest("b"))]);
    assert_eq!(decides(&house), "a");
    approve(&mut house, "b");
    assert_eq!(decides(&house), "b");
}

#[test]
fn m05_what_is_no_module_is_not_planned() {
    let mut house = house();
    name_module(&mut house, &planning("b", &json!({"plan": "Required"})));
    house.input(Input::Fetched(digest("b"), Err(Unfit::Rejected("it is no wasm".into()))));
    assert_eq!((house.plans.len(), loaded(&house).1), (0, "ModuleRejected".to_owned()));
}

#[test]
fn m05_a_plan_holds_only_for_what_it_compared() {
    let mut house = waiting(&json!({"plan": "Auto"}));
    planned(&mut house, "b", Ok(found(0)));
    assert_eq!(decides(&house), "b");
    assert_eq!(status(&house)["plan"]["digest"], digest("b"));
    // Another one, and the same once more: the objects may have changed since.
    name_module(&mut house, &planning("a", &json!({"plan": "Auto"})));
    planned(&mut house, "a", Ok(found(0)));
    assert_eq!(decides(&house), "a");
    name_module(&mut house, &planning("b", &json!({"plan": "Auto"})));
    assert_eq!((decides(&house), house.plans.len()), ("a".to_owned(), 3));
    planned(&mut house, "b", Ok(found(1)));
    assert_eq!(loaded(&house).1, "ApprovalNeeded");
    // Other limits, other permissions: another answer.
    let mut spec = planning("b", &json!({"plan": "Auto"}));
    spec["limits"] = json!({"time": "200ms"});
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    (reconciler["spec"], reconciler["metadata"]["generation"]) = (spec, json!(9));
    house.put(reconciler);
    assert_eq!(house.plans.len(), 4);
}
