//! Modules that take over in steps (promise M06).

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::house::{Api, House, inn, rooms};
use crate::pushed::{decided, digest, house, loaded, module, name_module, naming, process, status};
use innkeeper_core::contract::{Failure, Hold};
use innkeeper_core::engine::Input;
use serde_json::{Value, json};

const OBJECTS: usize = 40;

fn rolling(letter: &str, rollout: &Value) -> Value {
    let mut spec = naming(letter);
    spec["rollout"] = rollout.clone();
    spec
}

/// Forty inns, of which every tenth is a canary, kept by the module `a`.
fn street() -> House {
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
fn begun(rollout: &Value) -> House {
    let mut house = street();
    begin(&mut house, rollout);
    house
}

fn begin(house: &mut House, rollout: &Value) {
    name_module(house, &rolling("b", rollout));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
}

/// The names of those that were called with that module since the last time this was asked, each once.
fn called_with(house: &mut House, letter: &str) -> BTreeSet<String> {
    let all = decided(house);
    let names: Vec<String> =
        all.iter().filter_map(|one| one.strip_suffix(&format!(" {letter}"))).map(str::to_owned).collect();
    let once: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!((all.len(), once.len()), (names.len(), names.len()), "each once, and with no other: {all:?}");
    once
}

/// So many seconds pass, one by one.
fn wait(house: &mut House, seconds: u32) {
    (0..seconds).for_each(|_| house.pass(1_000));
}

fn decides(house: &House) -> String {
    status(house)["digest"].as_str().unwrap()[7..8].to_owned()
}

fn step(house: &House) -> Value {
    status(house)["rollout"]["step"].clone()
}

fn annotate(house: &mut House, key: &str, value: &str) {
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
        (&status(&house)["rollout"]["steps"], &status(&house)["rollout"]["reached"]),
        (&json!(3), &json!("10%"))
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
    assert!(house.requests.iter().all(|request| request == "status Reconciler inn"), "{:?}", house.requests);
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
fn failing(rollout: &Value) -> (House, Rc<Cell<bool>>) {
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
    assert_eq!((decides(&house), &status(&house)["rejected"][0]["approval"]), ("a".to_owned(), &json!(digest("b"))));
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
fn m06_who_goes_back_in_the_middle_leaves_the_new_one() {
    let mut house = begun(&json!({"steps": ["tier=canary"]}));
    decided(&mut house);
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["module"] = json!({"pushed": {}, "digest": digest("a")});
    reconciler["metadata"]["annotations"] = json!({"innkeeper.dev/approved": digest("a")});
    house.put(reconciler);
    assert_eq!(called_with(&mut house, "a").len(), 4);
    let now = status(&house);
    assert_eq!(
        (decides(&house), &now["rollout"], &now["rejected"][0]["digest"]),
        ("a".to_owned(), &Value::Null, &json!(digest("b")))
    );
}

#[test]
fn m06_another_module_in_the_middle_begins_anew() {
    let mut house = begun(&json!({"steps": ["tier=canary"]}));
    decided(&mut house);
    name_module(&mut house, &rolling("c", &json!({"steps": ["tier=canary"]})));
    assert_eq!(decided(&mut house).len(), 0, "it is not loaded yet");
    wait(&mut house, 120);
    assert_eq!((step(&house), decided(&mut house).len()), (json!(1), 0), "nobody wants the one that is on its way");
    house.input(Input::Fetched(digest("c"), Ok(module("c"))));
    let mut with = decided(&mut house);
    with.retain(|one| one.ends_with(" c"));
    assert_eq!((with.len(), &status(&house)["rollout"]["digest"]), (4, &json!(digest("c"))));
}

/// A new process, in which both modules are read.
fn restarted(api: Api) -> House {
    let mut house = process(api);
    assert_eq!(house.fetches, [digest("b"), digest("a")].into_iter().take(house.fetches.len()).collect::<Vec<_>>());
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!(house.calls, 0, "both must be there");
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    house
}

#[test]
fn m06_a_new_process_goes_on_where_the_one_before_was() {
    let old = begun(&json!({"steps": ["tier=canary"], "pause": "20s"}));
    let mut house = restarted(old.api);
    let mut with_b = decided(&mut house);
    with_b.retain(|one| one.ends_with(" b"));
    assert_eq!((with_b.len(), house.requests.clone(), step(&house)), (4, vec![], json!(1)));
    wait(&mut house, 60);
    assert_eq!(decides(&house), "b");
}

#[test]
fn m06_a_new_process_that_cannot_have_the_one_before_waits_until_it_is_promoted() {
    let old = begun(&json!({"steps": ["tier=canary"]}));
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    house.input(Input::Fetched(digest("a"), Err(innkeeper_core::engine::Unfit::Missing("there is no chunk".into()))));
    assert_eq!((house.calls, loaded(&house).1), (0, "ModuleMissing".to_owned()));
    assert!(loaded(&house).2.contains("innkeeper rollout promote inn"), "{}", loaded(&house).2);
    annotate(&mut house, "innkeeper.dev/promoted", &digest("b"));
    assert_eq!((house.calls, decides(&house)), (OBJECTS, "b".to_owned()));
}

#[test]
fn m06_steps_that_make_no_sense_let_nothing_pass_and_stop_nothing() {
    let mut house = begun(&json!({"steps": ["10%", "a==b==c"]}));
    assert_eq!((decides(&house), loaded(&house).1), ("a".to_owned(), "InvalidSpec".to_owned()));
    assert!(loaded(&house).2.contains("spec.rollout.steps[1]"), "{}", loaded(&house).2);
    house.put(inn("late", json!({"rooms": ["late"]})));
    let after = decided(&mut house);
    assert!(!after.is_empty() && after.iter().all(|one| one == "late a"), "{after:?}");
}

#[test]
fn the_last_step_is_every_object_and_needs_no_naming() {
    let mut house = begun(&json!({"steps": ["100%"], "pause": "10s"}));
    assert_eq!((called_with(&mut house, "b").len(), status(&house)["rollout"]["steps"].clone()), (OBJECTS, json!(1)));
    wait(&mut house, 11);
    assert_eq!(decides(&house), "b");
}

#[test]
fn m06_what_was_left_takes_its_steps_again_although_it_decided_before_and_was_promoted() {
    let mut house = street();
    begin(&mut house, &json!({"steps": ["tier=canary"]}));
    annotate(&mut house, "innkeeper.dev/promoted", &digest("b"));
    assert_eq!(decides(&house), "b");
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["module"] = json!({"pushed": {}, "digest": digest("a")});
    reconciler["metadata"]["annotations"]["innkeeper.dev/approved"] = json!(digest("a"));
    house.put(reconciler);
    assert_eq!((decides(&house), &status(&house)["rejected"][0]["promotion"]), ("a".to_owned(), &json!(digest("b"))));
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["module"] = json!({"pushed": {}, "digest": digest("b")});
    reconciler["metadata"]["annotations"]["innkeeper.dev/approved"] = json!(format!("{} again", digest("b")));
    house.put(reconciler);
    assert_eq!((decides(&house), step(&house)), ("a".to_owned(), json!(1)));
    annotate(&mut house, "innkeeper.dev/promoted", &format!("{} again", digest("b")));
    assert_eq!(loaded(&house).1, "RolledBack", "the approval was taken back");
}
