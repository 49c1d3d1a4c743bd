//! What comes in between while a module takes over in steps: restarts, other settings, other modules, people (promise M06).

use std::cell::Cell;
use std::rc::Rc;

use crate::house::{Api, House, inn, rooms};
use crate::pushed::{decided, digest, loaded, module, name_module, process, status};
use crate::rollouts::{OBJECTS, annotate, begin, begun, called_with, decides, rolling, step, street, wait};
use innkeeper_core::contract::{Failure, Hold};
use innkeeper_core::engine::{Input, Unfit};
use serde_json::{Value, json};

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
    for _ in 0..8 {
        house.input(Input::Fetched(digest("a"), Err(Unfit::Missing("there is no chunk".into()))));
        assert_eq!(house.calls, 0);
        wait(&mut house, 12);
    }
    house.input(Input::Fetched(digest("a"), Err(Unfit::Missing("there is no chunk".into()))));
    assert_eq!((house.calls, loaded(&house).1), (0, "ModuleMissing".to_owned()));
    assert_eq!(step(&house), 1, "nobody knows otherwise");
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
fn m06_what_was_left_takes_its_steps_again_although_it_decided_before_and_was_promoted() {
    let mut house = street();
    begin(&mut house, &json!({"steps": ["tier=canary"]}));
    annotate(&mut house, "innkeeper.dev/promoted", &digest("b"));
    assert_eq!(decides(&house), "b");
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["module"] = json!({"pushed": {}, "digest": digest("a")});
    reconciler["metadata"]["annotations"]["innkeeper.dev/approved"] = json!(digest("a"));
    house.put(reconciler);
    assert_eq!(
        (decides(&house), &status(&house)["spent"]),
        ("a".to_owned(), &json!([format!("approved {}", digest("a")), format!("promoted {}", digest("b"))]))
    );
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["module"] = json!({"pushed": {}, "digest": digest("b")});
    reconciler["metadata"]["annotations"]["innkeeper.dev/approved"] = json!(format!("{} again", digest("b")));
    house.put(reconciler);
    assert_eq!((decides(&house), step(&house)), ("a".to_owned(), json!(1)));
    annotate(&mut house, "innkeeper.dev/promoted", &format!("{} again", digest("b")));
    assert_eq!(decides(&house), "b", "that was promoted anew");
}

#[test]
fn m06_a_new_process_excuses_nothing_that_failed_with_the_new_module() {
    let mut old = street();
    old.guest = Box::new(|_| Err(Failure::Trap("it fell".into())));
    begin(&mut old, &json!({"steps": ["tier=canary"], "maxFailures": 4, "pause": "1h"}));
    let mut reconciler = old.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["rollout"]["maxFailures"] = json!(0);
    old.api.put(reconciler);
    let mut house = process(old.api);
    house.guest = Box::new(|request| match request.object.contains("canary") {
        true => Err(Failure::Trap("it fell".into())),
        false => rooms(request),
    });
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    wait(&mut house, 2);
    assert_eq!((decides(&house), loaded(&house).1), ("a".to_owned(), "RolledBack".to_owned()));
}

#[test]
fn m06_an_answer_that_failed_once_after_a_restart_moves_no_object() {
    let old = begun(&json!({"steps": ["tier=canary"], "pause": "1h"}));
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("b"), Err(Unfit::Missing("nobody answers".into()))));
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!((house.calls, step(&house)), (0, json!(1)));
    wait(&mut house, 12);
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    let mut with_b = decided(&mut house);
    with_b.retain(|one| one.ends_with(" b"));
    assert_eq!((with_b.len(), step(&house)), (4, json!(1)));
}

#[test]
fn m06_after_a_restart_too_it_stays_where_it_is_while_another_one_is_not_there() {
    let mut old = begun(&json!({"steps": ["tier=canary"], "pause": "1s", "paused": true}));
    name_module(&mut old, &rolling("c", &json!({"steps": ["tier=canary"], "pause": "1s"})));
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("c"), Err(Unfit::Rejected("it is no wasm".into()))));
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!(house.calls, 0);
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    let mut with_b = decided(&mut house);
    with_b.retain(|one| one.ends_with(" b"));
    wait(&mut house, 60);
    assert_eq!((with_b.len(), step(&house), decides(&house)), (4, json!(1), "a".to_owned()));
}

#[test]
fn m06_settings_that_make_no_sense_in_the_middle_move_no_object() {
    let mut house = begun(&json!({"steps": ["tier=canary"], "pause": "1s", "paused": true}));
    decided(&mut house);
    name_module(&mut house, &rolling("b", &json!({"steps": ["a==b==c"]})));
    wait(&mut house, 10);
    assert_eq!((decided(&mut house).len(), step(&house), loaded(&house).1), (0, json!(1), "InvalidSpec".to_owned()));
    name_module(&mut house, &rolling("b", &json!({"steps": ["tier=canary"], "pause": "1s"})));
    wait(&mut house, 10);
    assert_eq!(decides(&house), "b");
}

#[test]
fn m06_other_steps_in_the_middle_take_nothing_back_and_skip_nothing() {
    let mut house = begun(&json!({"steps": ["tier=canary", "20%", "50%"], "pause": "10s"}));
    wait(&mut house, 11);
    assert_eq!(status(&house)["rollout"]["taken"], json!(["tier=canary", "20%"]));
    decided(&mut house);
    name_module(&mut house, &rolling("b", &json!({"steps": ["20%"], "pause": "20s"})));
    assert_eq!((decided(&mut house).len(), &status(&house)["rollout"]["taken"]), (0, &json!(["tier=canary", "20%"])));
    wait(&mut house, 21);
    assert_eq!(status(&house)["rollout"]["taken"], json!(["tier=canary", "20%", "100%"]));
}

#[test]
fn m06_while_it_is_suspended_no_time_passes() {
    let mut house = street();
    house.guest = Box::new(|request| {
        let mut outcome = rooms(request)?;
        outcome.hold = Some(Hold { reason: "Cleaning".into(), message: "the rooms are cleaned".into() });
        Ok(outcome)
    });
    let rollout = json!({"steps": ["tier=canary"], "pause": "1s", "readyWithin": "1m"});
    begin(&mut house, &rollout);
    wait(&mut house, 30);
    let mut spec = rolling("b", &rollout);
    spec["suspend"] = json!(true);
    name_module(&mut house, &spec);
    wait(&mut house, 600);
    name_module(&mut house, &rolling("b", &rollout));
    wait(&mut house, 20);
    assert_eq!((step(&house), &status(&house)["rejected"]), (json!(1), &Value::Null));
    wait(&mut house, 20);
    assert_eq!(loaded(&house).1, "RolledBack");
}

#[test]
fn m06_an_object_that_was_paused_has_its_time_anew() {
    let mut house = street();
    house.guest = Box::new(|request| {
        let mut outcome = rooms(request)?;
        let cleaning = request.object.contains("inn-10");
        outcome.hold = cleaning.then(|| Hold { reason: "Cleaning".into(), message: "the rooms are cleaned".into() });
        Ok(outcome)
    });
    begin(&mut house, &json!({"steps": ["tier=canary"], "pause": "1h", "readyWithin": "1m"}));
    wait(&mut house, 30);
    let pause = |house: &mut House, value: &str| {
        let mut inn = house.api.get("Inn", Some("a"), "inn-10").unwrap().clone();
        inn["metadata"]["annotations"] = json!({"innkeeper.dev/paused": value});
        house.put(inn);
    };
    pause(&mut house, "true");
    wait(&mut house, 600);
    pause(&mut house, "false");
    wait(&mut house, 30);
    assert_eq!((step(&house), &status(&house)["rejected"]), (json!(1), &Value::Null));
    wait(&mut house, 40);
    assert_eq!(loaded(&house).1, "RolledBack");
}

#[test]
fn m06_what_was_cured_and_fails_then_is_the_new_modules_fault() {
    let mut house = street();
    let state = Rc::new(Cell::new(1));
    let told = state.clone();
    house.guest = Box::new(move |request| match told.get() {
        0 => rooms(request),
        _ if !request.object.contains("inn-10") => rooms(request),
        _ => Err(Failure::Trap("it fell".into())),
    });
    let touch = |house: &mut House, word: &str| {
        let mut inn = house.api.get("Inn", Some("a"), "inn-10").unwrap().clone();
        inn["spec"]["word"] = json!(word);
        inn["metadata"]["generation"] = json!(inn["metadata"]["generation"].as_i64().unwrap_or(1) + 1);
        house.put(inn);
    };
    touch(&mut house, "falls with the one before");
    begin(&mut house, &json!({"steps": ["tier=canary"], "pause": "1h"}));
    wait(&mut house, 5);
    assert_eq!((step(&house), &status(&house)["rejected"]), (json!(1), &Value::Null));
    state.set(0);
    touch(&mut house, "is cured");
    wait(&mut house, 5);
    state.set(1);
    touch(&mut house, "falls again");
    wait(&mut house, 5);
    assert_eq!(loaded(&house).1, "RolledBack");
}

#[test]
fn m06_what_promoted_a_module_once_does_not_do_so_again() {
    let mut house = begun(&json!({"steps": ["tier=canary"], "pause": "1h"}));
    annotate(&mut house, "innkeeper.dev/promoted", &digest("b"));
    assert_eq!(decides(&house), "b");
    name_module(&mut house, &rolling("c", &json!({})));
    house.input(Input::Fetched(digest("c"), Ok(module("c"))));
    assert_eq!(decides(&house), "c");
    name_module(&mut house, &rolling("b", &json!({"steps": ["tier=canary"], "pause": "1h"})));
    assert_eq!((decides(&house), step(&house)), ("c".to_owned(), json!(1)));
}

#[test]
fn m06_a_folder_whose_module_before_is_not_kept_waits_after_a_restart_until_it_is_promoted() {
    let mut spec = rolling("a", &json!({"steps": ["tier=canary"], "paused": true}));
    spec["module"] = json!({"folder": {}});
    let mut old = House::declared(spec, rooms, crate::house::manifest(false));
    let file = |house: &mut House, letter: &str| {
        let news = innkeeper_core::engine::News::Loaded(module(letter));
        house.input(Input::Module { source: "inn.wasm".into(), news });
    };
    old.put(inn("moon", json!({"rooms": ["one"]})));
    file(&mut old, "b");
    assert_eq!((decides(&old), step(&old)), ("a".to_owned(), json!(1)));
    let now = innkeeper_core::engine::Now { mono_ms: 1, wall_ms: 4_600_000 };
    let mut house = House::begun(old.api, Box::new(rooms), now);
    file(&mut house, "b");
    house.input(Input::ModulesRead);
    assert_eq!((house.calls, loaded(&house).1, step(&house)), (0, "ModuleMissing".to_owned(), json!(1)));
    annotate(&mut house, "innkeeper.dev/promoted", &digest("b"));
    assert_eq!((decides(&house), &status(&house)["rollout"]), ("b".to_owned(), &Value::Null));
}

#[test]
fn m06_an_abort_that_was_not_told_before_the_process_ended_is_told_by_the_next() {
    let mut old = begun(&json!({"steps": ["tier=canary"]}));
    let mut reconciler = old.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["module"] = json!({"pushed": {}, "digest": digest("a")});
    reconciler["metadata"]["annotations"] = json!({"innkeeper.dev/approved": digest("a")});
    old.api.put(reconciler);
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert!(house.engine.is_ready());
    assert_eq!(called_with(&mut house, "a").len(), OBJECTS);
    let now = status(&house);
    assert_eq!((&now["rollout"], &now["rejected"][0]["digest"]), (&Value::Null, &json!(digest("b"))));
}

#[test]
fn m06_an_older_manifest_that_brings_its_approval_does_not_bring_an_aborted_module_back() {
    let mut house = street();
    annotate(&mut house, "innkeeper.dev/approved", &digest("b"));
    begin(&mut house, &json!({"plan": "Required", "steps": ["tier=canary"]}));
    assert_eq!(step(&house), 1);
    let older = house.api.get("Reconciler", None, "inn").unwrap().clone();
    let mut reconciler = older.clone();
    reconciler["spec"]["module"] = json!({"pushed": {}, "digest": digest("a")});
    reconciler["metadata"]["annotations"] = json!({"innkeeper.dev/approved": digest("a")});
    house.put(reconciler);
    let mut again = house.api.get("Reconciler", None, "inn").unwrap().clone();
    (again["spec"], again["metadata"]["annotations"]) =
        (older["spec"].clone(), older["metadata"]["annotations"].clone());
    house.put(again);
    assert_eq!(
        (decides(&house), loaded(&house).1, step(&house)),
        ("a".to_owned(), "RolledBack".to_owned(), Value::Null)
    );
}

#[test]
fn m06_settings_that_make_no_sense_move_no_object_after_a_restart_either() {
    let mut old = begun(&json!({"steps": ["tier=canary"], "paused": true}));
    name_module(&mut old, &rolling("b", &json!({"steps": ["a==b==c"]})));
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    let mut with_b = decided(&mut house);
    with_b.retain(|one| one.ends_with(" b"));
    assert_eq!((with_b.len(), step(&house), loaded(&house).1), (4, json!(1), "InvalidSpec".to_owned()));
}

#[test]
fn m06_a_spec_that_cannot_be_read_moves_no_object_and_holds_nobody_up() {
    let mut house = begun(&json!({"steps": ["tier=canary"], "paused": true, "maxFailures": 4}));
    decided(&mut house);
    name_module(&mut house, &json!({"module": {"pushed": {}}, "rollout": {"maxFailures": "many"}}));
    wait(&mut house, 5);
    assert_eq!((decided(&mut house).len(), step(&house)), (0, json!(1)));
    let mut house = process(house.api);
    wait(&mut house, 5);
    assert!(house.engine.is_ready());
    assert_eq!((house.calls, step(&house)), (0, json!(1)));
}

#[test]
fn m06_an_object_that_goes_or_leaves_a_step_holds_nobody_up() {
    let mut house = street();
    house.guest = Box::new(|request| {
        let mut outcome = rooms(request)?;
        let cleaning = request.object.contains("inn-10") || request.object.contains("inn-20");
        outcome.hold = cleaning.then(|| Hold { reason: "Cleaning".into(), message: "the rooms are cleaned".into() });
        Ok(outcome)
    });
    begin(&mut house, &json!({"steps": ["tier=canary"], "pause": "1s", "readyWithin": "1h"}));
    wait(&mut house, 60);
    assert_eq!(step(&house), 1);
    house.api.delete("Inn", Some("a"), "inn-10");
    house.settle();
    let mut inn = house.api.get("Inn", Some("a"), "inn-20").unwrap().clone();
    inn["metadata"]["labels"] = json!({"tier": "stable"});
    house.put(inn);
    wait(&mut house, 5);
    assert_eq!(decides(&house), "b");
}

#[test]
fn m06_a_kind_without_objects_is_taken_over_after_a_restart_too() {
    let mut old = crate::pushed::house();
    old.api.delete("Inn", Some("a"), "moon");
    old.settle();
    name_module(&mut old, &rolling("b", &json!({"steps": ["50%"], "paused": true})));
    old.input(Input::Fetched(digest("b"), Ok(module("b"))));
    assert_eq!(step(&old), 1);
    let mut reconciler = old.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["rollout"]["paused"] = json!(false);
    old.api.put(reconciler);
    let mut house = process(old.api);
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    house.input(Input::Fetched(digest("a"), Ok(module("a"))));
    wait(&mut house, 5);
    assert_eq!(decides(&house), "b");
}
