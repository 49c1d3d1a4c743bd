//! What is told of a Reconciler in Events, and the conditions `Accepted` and `Planned`.

use crate::house::{House, inn, reconciler, served};
use crate::left::go_back;
use crate::planned::{found, planned, planning, waiting};
use crate::pushed::{digest, house, loaded, module, name_module, naming, process, status};
use crate::rollouts::{begun, failing, wait};
use innkeeper_core::action::Done;
use innkeeper_core::engine::{Input, Unfit};
use serde_json::{Value, json};

/// The Events since the last time this was asked: `Reason: message`.
fn told(house: &mut House) -> Vec<String> {
    let told = |(reason, message)| format!("{reason}: {message}");
    std::mem::take(&mut house.news).into_iter().map(told).collect()
}

fn condition(house: &House, kind: &str) -> (String, String, String) {
    let conditions = status(house)["conditions"].clone();
    let condition = conditions.as_array().unwrap().iter().find(|c| c["type"] == kind).unwrap().clone();
    ["status", "reason", "message"].map(|field| condition[field].as_str().unwrap().to_owned()).into()
}

/// The module `b` is named and loaded.
fn swapped(house: &mut House) {
    name_module(house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
}

#[test]
fn a_module_that_decides_is_told_once_with_where_it_came_from_and_what_it_followed() {
    let mut house = house();
    let first = told(&mut house);
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(
        first[0].starts_with("ModuleSwapped: module aaaaaaaaaaaa (version ") && first[0].ends_with(", pushed) decides")
    );
    swapped(&mut house);
    let second = told(&mut house);
    assert_eq!(second.len(), 1, "{second:?}");
    assert!(second[0].starts_with("ModuleSwapped: module bbbbbbbbbbbb ("), "{second:?}");
    assert!(second[0].ends_with("; before it, aaaaaaaaaaaa did"), "{second:?}");
    house.put(inn("sun", json!({"rooms": ["two"]})));
    house.pass(3_600_000);
    let mut again = process(house.api);
    again.input(Input::Fetched(digest("b"), Ok(module("b"))));
    again.pass(3_600_000);
    assert_eq!(told(&mut again), Vec::<String>::new(), "a new process has no news");
}

#[test]
fn what_was_written_is_told_also_where_the_answer_to_the_write_was_lost() {
    let mut house = house();
    told(&mut house);
    house.loses = Some("status Reconciler inn".into());
    swapped(&mut house);
    house.pass(10_000);
    assert!(house.loses.is_none());
    assert_eq!(told(&mut house).len(), 1);
}

#[test]
fn what_was_not_written_is_not_told() {
    let mut house = house();
    told(&mut house);
    house.api.refuse("status Reconciler inn", Done::Forbidden("no".into()));
    swapped(&mut house);
    assert_eq!(told(&mut house), Vec::<String>::new());
    house.api.refuses = None;
    house.pass(10_000);
    assert_eq!(told(&mut house).len(), 1);
}

#[test]
fn m02_a_module_that_is_none_is_told_with_the_reason() {
    let mut house = house();
    told(&mut house);
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Err(Unfit::Rejected("it imports wasi:cli/exit".into()))));
    let all = told(&mut house);
    assert_eq!(all, ["ModuleRejected: it imports wasi:cli/exit; the module loaded before stays in service"]);
    house.pass(3_600_000);
    let mut again = process(house.api);
    again.input(Input::Fetched(digest("b"), Err(Unfit::Rejected("it imports wasi:cli/exit".into()))));
    again.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!((told(&mut again), loaded(&again).1), (vec![], "ModuleRejected".to_owned()));
}

#[test]
fn a_swap_back_and_forth_writes_events_ever_more_seldom() {
    let mut house = house();
    swapped(&mut house);
    told(&mut house);
    for _ in 0..50 {
        name_module(&mut house, &naming("a"));
        name_module(&mut house, &naming("b"));
    }
    let all = told(&mut house);
    assert!((2..=20).contains(&all.len()), "{all:?}");
}

#[test]
fn m05_a_plan_and_what_waits_for_approval_are_told_and_a_new_process_says_neither_again() {
    let mut house = waiting(&json!({"plan": "Required"}));
    assert_eq!(condition(&house, "Planned").1, "PlanRunning");
    told(&mut house);
    planned(&mut house, "b", Ok(found(2)));
    let all = told(&mut house);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].starts_with("PlanMade: with module bbbbbbbbbbbb, of 1 objects 1 would change"), "{all:?}");
    assert!(all[0].ends_with("; a/moon: much"), "{all:?}");
    assert!(all[1].starts_with("ApprovalNeeded: ") && all[1].contains("innkeeper approve inn"), "{all:?}");
    let (is, reason, message) = condition(&house, "Planned");
    assert_eq!((is.as_str(), reason.as_str()), ("True", "Planned"));
    assert!(message.starts_with("with bbbbbbbbbbbb, of 1 objects"), "{message}");

    let mut again = process(house.api);
    again.input(Input::Fetched(digest("b"), Ok(module("b"))));
    again.input(Input::Fetched(digest("a"), Ok(module("a"))));
    let stands = |house: &House| (loaded(house).1, condition(house, "Planned").1);
    assert_eq!(stands(&again), ("ApprovalNeeded".to_owned(), "Planned".to_owned()), "it is only made again");
    planned(&mut again, "b", Ok(found(2)));
    assert_eq!(stands(&again), ("ApprovalNeeded".to_owned(), "Planned".to_owned()));
    assert_eq!(told(&mut again), Vec::<String>::new());
}

#[test]
fn m05_where_nobody_asks_for_a_plan_the_condition_says_so_and_where_none_is_needed_too() {
    let mut house = house();
    assert_eq!(condition(&house, "Planned").1, "NotAsked");
    name_module(&mut house, &planning("a", &json!({"plan": "Required"})));
    assert_eq!(condition(&house, "Planned").1, "NoPlanNeeded");
    name_module(&mut house, &planning("b", &json!({"plan": "Required"})));
    house.input(Input::Fetched(digest("b"), Err(Unfit::Rejected("it is no wasm".into()))));
    let (is, reason, message) = condition(&house, "Planned");
    assert_eq!((is.as_str(), reason.as_str()), ("False", "ModuleRejected"));
    assert!(message.contains("it is no wasm"), "{message}");
}

#[test]
fn m06_every_step_and_the_end_of_a_rollout_are_told() {
    let mut house = begun(&json!({"steps": ["tier=canary"], "pause": "10s"}));
    let begins = told(&mut house);
    let step = "RolloutStep: module bbbbbbbbbbbb (version ";
    assert!(begins.last().is_some_and(|last| last.starts_with(step)), "{begins:?}");
    assert!(begins.last().is_some_and(|last| last.ends_with("from aaaaaaaaaaaa: step 1 of 2 (tier=canary)")));
    wait(&mut house, 30);
    let rest = told(&mut house);
    assert_eq!(rest.len(), 2, "{rest:?}");
    assert!(rest[0].ends_with("step 2 of 2 (100%)"), "{rest:?}");
    assert!(rest[1].starts_with("RolloutFinished: module bbbbbbbbbbbb (version "), "{rest:?}");
    assert!(rest[1].ends_with("decides for every object; before it, aaaaaaaaaaaa did"), "{rest:?}");
}

#[test]
fn m06_a_module_that_is_left_by_itself_is_told_with_an_object_as_an_example() {
    let (mut house, _) = failing(&json!({"steps": ["tier=canary"], "maxFailures": 3}));
    wait(&mut house, 1);
    let all = told(&mut house);
    let left: Vec<&String> = all.iter().filter(|event| event.starts_with("RolledBack: ")).collect();
    assert_eq!(left.len(), 1, "{all:?}");
    for words in
        ["module bbbbbbbbbbbb was left for aaaaaaaaaaaa", "4 of 4 objects", "a/inn-00", "innkeeper approve inn"]
    {
        assert!(left[0].contains(words), "{words}: {left:?}");
    }
}

#[test]
fn m04_who_goes_back_is_told_so() {
    let mut house = house();
    swapped(&mut house);
    told(&mut house);
    go_back(&mut house, "a");
    let all = told(&mut house);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].starts_with("RolledBack: somebody went back to module aaaaaaaaaaaa"), "{all:?}");
    name_module(&mut house, &naming("b"));
    let all = told(&mut house);
    assert!(all.len() == 1 && all[0].starts_with("RolledBack: ") && all[0].contains("was left at"), "{all:?}");
}

#[test]
fn what_makes_no_sense_is_not_accepted_and_told() {
    let mut house = house();
    assert_eq!(condition(&house, "Accepted").0, "True");
    told(&mut house);
    let mut spec = naming("a");
    spec["limits"] = json!({"time": "a while"});
    name_module(&mut house, &spec);
    let (is, reason, message) = condition(&house, "Accepted");
    assert_eq!((is.as_str(), reason.as_str()), ("False", "InvalidSpec"));
    assert!(message.contains("a while"), "{message}");
    let all = told(&mut house);
    assert!(all.len() == 1 && all[0].starts_with("InvalidSpec: ") && all[0].contains("a while"), "{all:?}");
    spec["limits"] = Value::Null;
    spec["rollout"] = json!({"steps": ["ten in a hundred"]});
    name_module(&mut house, &spec);
    assert_eq!(condition(&house, "Accepted").1, "InvalidSpec");
    assert_eq!(condition(&house, "Ready").0, "True", "what served serves");
    name_module(&mut house, &naming("a"));
    assert_eq!(condition(&house, "Accepted").0, "True");
}

#[test]
fn of_two_for_one_kind_the_newer_is_not_accepted() {
    let mut api = served();
    api.put(reconciler(naming("a")));
    let mut house = process(api);
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    let mut second = reconciler(naming("a"));
    (second["metadata"]["name"], second["metadata"]["uid"]) = (json!("second"), json!("second"));
    second["metadata"]["creationTimestamp"] = json!("2027-01-01T00:00:00Z");
    house.put(second);
    let conditions = house.api.get("Reconciler", None, "second").unwrap()["status"]["conditions"].clone();
    let accepted = conditions.as_array().unwrap().iter().find(|c| c["type"] == "Accepted").unwrap();
    assert_eq!((&accepted["status"], &accepted["reason"]), (&json!("False"), &json!("KindTaken")));
    assert!(told(&mut house).iter().any(|event| event.starts_with("KindTaken: Reconciler inn keeps")));
}

#[test]
fn people_see_the_first_digits_of_the_digest() {
    let mut house = house();
    assert_eq!(status(&house)["shortDigest"], "aaaaaaaaaaaa");
    swapped(&mut house);
    assert_eq!(status(&house)["shortDigest"], "bbbbbbbbbbbb");
}

#[test]
fn m05_a_plan_that_is_waited_with_is_made_again_when_objects_have_changed_but_not_at_every_change() {
    let mut house = waiting(&json!({"plan": "Auto"}));
    planned(&mut house, "b", Ok(found(1)));
    house.pass(600_000);
    assert_eq!((house.plans.len(), loaded(&house).1), (1, "ApprovalNeeded".to_owned()), "nothing has changed");
    for n in 0..10 {
        house.put(inn(&format!("new-{n}"), json!({"rooms": [format!("{n}")]})));
    }
    house.pass(100);
    assert_eq!(house.plans.len(), 2, "at once, for the last one is old; and once");
    assert_eq!(loaded(&house).1, "ApprovalNeeded", "what was found holds until then");
    planned(&mut house, "b", Err("Nodes cannot be listed".into()));
    assert_eq!(loaded(&house).1, "ApprovalNeeded");
    house.sleep(59_000);
    assert_eq!(house.plans.len(), 2);
    house.sleep(2_000);
    assert_eq!(house.plans.len(), 3);
    planned(&mut house, "b", Ok(found(0)));
    assert_eq!(status(&house)["digest"], digest("b"), "now it stays within the bounds");
    assert!(!house.spins());
}

#[test]
fn a_reconciler_of_the_same_name_made_anew_has_its_own_news() {
    let mut house = house();
    told(&mut house);
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    let mut anew = reconciler(naming("a"));
    anew["metadata"]["uid"] = json!("anew");
    house.put(anew);
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    let all = told(&mut house);
    assert!(all.len() == 1 && all[0].starts_with("ModuleSwapped: "), "{all:?}");
}
