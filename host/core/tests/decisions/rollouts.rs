//! Modules that take over in steps (promise M06).

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::house::{House, inn, rooms};
use crate::pushed::{decided, digest, house, loaded, module, name_module, naming, status};
use innkeeper_core::contract::{Failure, Hold};
use innkeeper_core::engine::Input;
use serde_json::{Value, json};

pub(crate) const OBJECTS: usize = 40;

pub(crate) fn rolling(letter: &str, rollout: &Value) -> Value {
    let mut spec = naming(letter);
    spec["rollout"] = rollout.clone();
    spec
}

/// Forty inns, of which every tenth is a canary, kept by the module `a`.
pub(crate) fn street() -> House {
    let mut house = house();
    for n in 0..OBJECTS {
        let mut inn = inn(&format!("inn-{n:02}"), json!({"rooms": [format!("room-{n}")]}));
        inn["metadata"]["labels"] = json!({"tier": if n % 10 == 0 { "canary" } else { "stable" }});
        house.put(inn);
    }
    house.api.delete("Inn", Some("a"), "moon");
    decided(&mut house);
    house
}

/// The module `b` is loaded and named, under that rollout.
pub(crate) fn begun(rollout: &Value) -> House {
    let mut house = street();
    begin(&mut house, rollout);
    house
}

pub(crate) fn begin(house: &mut House, rollout: &Value) {
    name_module(house, &rolling("b", rollout));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
}

/// The names of those that were called with that module since the last time this was asked, each once.
pub(crate) fn called_with(house: &mut House, letter: &str) -> BTreeSet<String> {
    let all = decided(house);
    let names: Vec<String> =
        all.iter().filter_map(|one| one.strip_suffix(&format!(" {letter}"))).map(str::to_owned).collect();
    let once: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!((all.len(), once.len()), (names.len(), names.len()), "each once, and with no other: {all:?}");
    once
}

/// So many seconds pass, one by one.
pub(crate) fn wait(house: &mut House, seconds: u32) {
    (0..seconds).for_each(|_| house.pass(1_000));
}

pub(crate) fn decides(house: &House) -> String {
    status(house)["digest"].as_str().unwrap()[7..8].to_owned()
}

pub(crate) fn step(house: &House) -> Value {
    status(house)["rollout"]["step"].clone()
}

pub(crate) fn annotate(house: &mut House, key: &str, value: &str) {
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["metadata"]["annotations"] = json!({key: value});
    house.put(reconciler);
}

#[test]
fn m06_objects_move_step_by_step_and_each_is_called_once() {
    let mut house = begun(&json!({"steps": ["10%", "50%"], "pause": "20s"}));
    let first = called_with(&mut house, "b");
    assert!((1..=10).contains(&first.len()), "{first:?}");
    assert_eq!((decides(&house), step(&house)), ("a".to_owned(), json!(1)));
    assert_eq!(
        (&status(&house)["rollout"]["steps"], &status(&house)["rollout"]["taken"]),
        (&json!(3), &json!(["10%"]))
    );
    let (is, reason, message) = loaded(&house);
    assert_eq!((is.as_str(), reason.as_str()), ("True", "RollingOut"));
    assert!(message.contains("(bbbbbbbbbbbb) takes over: step 1 of 3 (10%)"), "{message}");
    wait(&mut house, 15);
    assert_eq!(called_with(&mut house, "b").len(), 0, "not before the pause is over");
    wait(&mut house, 6);
    let second = called_with(&mut house, "b");
    assert!((8..=32).contains(&(first.len() + second.len())) && first.is_disjoint(&second), "{second:?}");
    wait(&mut house, 21);
    let third = called_with(&mut house, "b");
    assert_eq!((first.len() + second.len() + third.len(), step(&house)), (OBJECTS, json!(3)));
    assert_eq!(decides(&house), "a", "all are to be well first");
    wait(&mut house, 21);
    assert_eq!((decides(&house), &status(&house)["rollout"]), ("b".to_owned(), &Value::Null));
    assert_eq!((decided(&mut house), loaded(&house).1), (Vec::<String>::new(), "Loaded".to_owned()));
    assert!(!house.spins());
}

#[test]
fn m06_nothing_is_written_to_objects_for_it() {
    let mut house = street();
    house.requests.clear();
    begin(&mut house, &json!({"steps": ["50%"], "pause": "1s"}));
    wait(&mut house, 60);
    assert_eq!(decides(&house), "b");
    assert!(house.requests.iter().all(|request| request.ends_with(" Reconciler inn")), "{:?}", house.requests);
}

#[test]
fn m06_a_step_can_be_those_with_certain_labels() {
    let mut house = begun(&json!({"steps": ["tier=canary"]}));
    let canaries: BTreeSet<String> = ["inn-00", "inn-10", "inn-20", "inn-30"].map(str::to_owned).into();
    assert_eq!(called_with(&mut house, "b"), canaries);
    let changed = |house: &mut House, name: &str, n: usize| {
        let mut inn = house.api.get("Inn", Some("a"), name).unwrap().clone();
        inn["spec"] = json!({"rooms": [format!("room-{n}"), format!("attic-{n}")]});
        inn["metadata"]["generation"] = json!(2);
        house.put(inn);
        let mut deciders = decided(house);
        deciders.dedup();
        deciders
    };
    assert_eq!(changed(&mut house, "inn-10", 10), ["inn-10 b"]);
    assert_eq!(changed(&mut house, "inn-11", 11), ["inn-11 a"]);
}

#[test]
fn m06_a_step_without_objects_is_passed_at_once() {
    let mut house = begun(&json!({"steps": ["tier=nowhere", "tier=canary"], "pause": "1h"}));
    wait(&mut house, 1);
    assert_eq!((called_with(&mut house, "b").len(), step(&house)), (4, json!(2)));
}

/// A street whose guest fails, for everybody, from the moment that is said.
pub(crate) fn failing(rollout: &Value) -> (House, Rc<Cell<bool>>) {
    let mut house = street();
    let fails = Rc::new(Cell::new(false));
    let told = fails.clone();
    house.guest =
        Box::new(move |request| if told.get() { Err(Failure::Trap("it fell".into())) } else { rooms(request) });
    fails.set(true);
    begin(&mut house, rollout);
    fails.set(false);
    (house, fails)
}

#[test]
fn m06_a_module_that_fails_more_than_allowed_is_left_by_itself() {
    let (mut house, _) = failing(&json!({"steps": ["tier=canary"], "maxFailures": 3}));
    wait(&mut house, 1);
    assert_eq!((decides(&house), &status(&house)["rollout"]), ("a".to_owned(), &Value::Null));
    let called = decided(&mut house);
    let (with_b, with_a) = called.split_at(4);
    assert!(with_b.iter().all(|one| one.ends_with(" b")), "{called:?}");
    assert!(with_a.len() == 4 && with_a.iter().all(|one| one.ends_with(" a")), "and then the one before: {called:?}");
    let rejected = status(&house)["rejected"][0].clone();
    assert_eq!(rejected["digest"], digest("b"));
    let why = rejected["why"].as_str().unwrap();
    assert!(why.contains("4 of 4 objects, more than 3: a/inn-00") && why.contains("it fell"), "{why}");
    assert_eq!(loaded(&house).1, "RolledBack");
    wait(&mut house, 60);
    assert!(decided(&mut house).iter().all(|one| one.ends_with(" a")), "it does not come back by itself");
    assert!(!house.spins());
    // A person may want it all the same.
    annotate(&mut house, "innkeeper.dev/approved", &digest("b"));
    assert_eq!((called_with(&mut house, "b").len(), step(&house)), (4, json!(1)));
    wait(&mut house, 120);
    assert_eq!((decides(&house), &status(&house)["rejected"]), ("b".to_owned(), &Value::Null));
}

#[test]
fn m06_as_many_failures_as_are_allowed_stop_nothing() {
    let (mut house, _) = failing(&json!({"steps": ["tier=canary"], "maxFailures": 4, "pause": "1s"}));
    wait(&mut house, 60);
    assert_eq!((decides(&house), &status(&house)["rejected"]), ("b".to_owned(), &Value::Null));
}

#[test]
fn m06_what_approved_a_module_that_failed_does_not_bring_it_back() {
    let mut house = street();
    annotate(&mut house, "innkeeper.dev/approved", &digest("b"));
    house.guest = Box::new(|_| Err(Failure::Trap("it fell".into())));
    begin(&mut house, &json!({"steps": ["tier=canary"]}));
    wait(&mut house, 10);
    assert_eq!(
        (decides(&house), &status(&house)["spent"]),
        ("a".to_owned(), &json!([format!("approved {}", digest("b"))]))
    );
    house.guest = Box::new(rooms);
    wait(&mut house, 10);
    assert_eq!((decides(&house), &status(&house)["rollout"]), ("a".to_owned(), &Value::Null));
    annotate(&mut house, "innkeeper.dev/approved", &format!("{} once more", digest("b")));
    assert_eq!(step(&house), 1);
}

#[test]
fn m06_an_object_that_is_not_ready_in_time_counts_as_a_failure() {
    let mut house = street();
    house.guest = Box::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.hold = Some(Hold { reason: "Cleaning".into(), message: "the rooms are cleaned".into() });
        Ok(outcome)
    });
    begin(&mut house, &json!({"steps": ["tier=canary"], "pause": "1s", "readyWithin": "2m"}));
    wait(&mut house, 100);
    assert_eq!(
        (step(&house), &status(&house)["rejected"]),
        (json!(1), &Value::Null),
        "nobody goes on before they are ready"
    );
    wait(&mut house, 30);
    let why = status(&house)["rejected"][0]["why"].as_str().unwrap().to_owned();
    assert!(why.contains("not ready in time") && why.contains("the rooms are cleaned"), "{why}");
    assert_eq!(decides(&house), "a");
}

#[test]
fn m06_what_was_not_ready_before_is_not_the_new_modules_fault() {
    let mut house = street();
    let mut ailing = house.api.get("Inn", Some("a"), "inn-10").unwrap().clone();
    ailing["spec"] = json!({"rooms": ["room-10"], "cleaning": true});
    ailing["metadata"]["generation"] = json!(2);
    house.guest = Box::new(|request| {
        let mut outcome = rooms(request)?;
        let cleaning = request.object.contains("cleaning");
        outcome.hold = cleaning.then(|| Hold { reason: "Cleaning".into(), message: "the rooms are cleaned".into() });
        Ok(outcome)
    });
    house.put(ailing);
    decided(&mut house);
    begin(&mut house, &json!({"steps": ["tier=canary"], "pause": "1s", "readyWithin": "10s"}));
    wait(&mut house, 60);
    assert_eq!((decides(&house), &status(&house)["rejected"]), ("b".to_owned(), &Value::Null));
}

#[test]
fn m06_a_person_pauses_resumes_and_promotes() {
    let mut house = begun(&json!({"steps": ["tier=canary", "50%"], "pause": "1s", "paused": true}));
    wait(&mut house, 60);
    assert_eq!(step(&house), 1);
    assert!(loaded(&house).2.contains("paused"), "{}", loaded(&house).2);
    name_module(&mut house, &rolling("b", &json!({"steps": ["tier=canary", "50%"], "pause": "1h"})));
    wait(&mut house, 3600);
    assert_eq!(step(&house), 2);
    decided(&mut house);
    annotate(&mut house, "innkeeper.dev/promoted", &digest("b"));
    assert_eq!((decides(&house), &status(&house)["rollout"]), ("b".to_owned(), &Value::Null));
    assert!(!called_with(&mut house, "b").is_empty(), "those that were left");
}

#[test]
fn the_last_step_is_every_object_and_needs_no_naming() {
    let mut house = begun(&json!({"steps": ["100%"], "pause": "10s"}));
    assert_eq!((called_with(&mut house, "b").len(), status(&house)["rollout"]["steps"].clone()), (OBJECTS, json!(1)));
    wait(&mut house, 11);
    assert_eq!(decides(&house), "b");
}

#[test]
fn m06_a_plan_comes_before_the_first_step_and_not_again() {
    let mut house = begun(&json!({"plan": "Auto", "steps": ["tier=canary"], "pause": "1s"}));
    assert_eq!((house.plans.len(), step(&house)), (1, Value::Null));
    let found = (innkeeper_core::plan::Counts::default(), vec![]);
    house.input(Input::Planned { reconciler: "inn".into(), digest: digest("b"), result: Ok(found) });
    assert_eq!(step(&house), 1);
    wait(&mut house, 10);
    assert_eq!((decides(&house), house.plans.len()), ("b".to_owned(), 1));
}

#[test]
fn m06_the_counts_of_a_step_come_although_no_object_changes() {
    let mut house = begun(&json!({"steps": ["tier=canary"], "pause": "1h"}));
    wait(&mut house, 10);
    let rollout = status(&house)["rollout"].clone();
    assert_eq!((&rollout["objects"], &rollout["ready"], &rollout["failing"]), (&json!(4), &json!(4), &json!(0)));
}

#[test]
fn m06_steps_that_make_no_sense_are_not_planned() {
    let mut house = begun(&json!({"plan": "Auto", "steps": ["a==b==c"]}));
    wait(&mut house, 5);
    assert_eq!((house.plans.len(), loaded(&house).1), (0, "InvalidSpec".to_owned()));
}
