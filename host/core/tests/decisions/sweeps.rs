//! In a sweep, such as a start brings, the children of all objects go before what is told of each (promise Q06).

use crate::house::{Api, House, config_map, inn, manifest, rooms, served};
use innkeeper_core::action::Done;
use innkeeper_core::contract::{Child, Hold, Outcome, Request};
use innkeeper_core::engine::Input;
use innkeeper_core::names::GUEST_FINALIZER;
use serde_json::{Value, json};

const OBJECTS: usize = 40;

fn name(n: usize) -> String {
    format!("inn-{n}")
}

/// An API server with objects of which nobody has looked at any.
fn crowd() -> Api {
    let mut api = served();
    for n in 0..OBJECTS {
        api.put(inn(&name(n), json!({"rooms": [name(n)]})));
    }
    api
}

/// How many objects were told before the last ConfigMap was made, of how many that were told.
fn told_before_the_last_child(house: &mut House) -> (usize, usize) {
    let all = house.requests();
    let last = all.iter().rposition(|request| request.starts_with("apply ConfigMap")).expect("children were made");
    let told: Vec<usize> = (0..all.len()).filter(|at| all[*at].starts_with("status Inn")).collect();
    (told.iter().filter(|at| **at < last).count(), told.len())
}

/// How many looks left what they had to tell to the next one.
fn postponed(house: &House) -> usize {
    house.ended.iter().filter(|(_, ended)| ended.owes_a_word).count()
}

#[test]
fn q06_the_children_of_all_objects_go_before_what_is_told_of_each() {
    let mut house = House::over(crowd(), Box::new(rooms));
    let (before, told) = told_before_the_last_child(&mut house);
    assert_eq!((before, told), (0, OBJECTS), "each is told once");
    for n in 0..OBJECTS {
        let status = &house.api.get("Inn", Some("a"), &name(n)).unwrap()["status"];
        assert!(status["conditions"].as_array().unwrap().iter().any(|c| c["reason"] == "ChildrenReady"), "{status}");
    }
}

#[test]
fn q06_the_last_of_a_sweep_and_what_a_person_changes_are_told_at_once() {
    let mut house = House::over(crowd(), Box::new(rooms));
    assert!((1..OBJECTS).contains(&postponed(&house)), "nobody waits behind the last");
    house.ended.clear();
    house.put(inn(&name(0), json!({"rooms": ["another"]})));
    assert_eq!(postponed(&house), 0);
}

#[test]
fn q06_an_object_that_shows_itself_ready_and_is_not_is_told_at_once() {
    let mut house = House::over(crowd(), Box::new(rooms));
    let mut api = std::mem::take(&mut house.api);
    (0..OBJECTS).for_each(|n| api.delete("ConfigMap", Some("a"), &name(n)));
    let hold = || Some(Hold { reason: "Waits".into(), message: "for the painters".into() });
    let mut house = House::over(api, Box::new(move |request| Ok(Outcome { hold: hold(), ..rooms(request)? })));
    assert_eq!((postponed(&house), told_before_the_last_child(&mut house).1), (0, OBJECTS));
}

#[test]
fn q06_what_went_wrong_is_told_at_once() {
    let mut api = crowd();
    let forbidden = || Done::Forbidden("not by you".into());
    api.refuses =
        Some(Box::new(move |action| (action.verb() == "apply" && action.key().name.contains("bad")).then(forbidden)));
    let with_a_bad_one = |request: &Request| {
        let mut outcome = rooms(request)?;
        let bad = outcome.children.first().map(|child| child.manifest.replace("inn-", "bad-")).unwrap();
        outcome.children.push(Child { manifest: bad, ..config_map("", "") });
        Ok(outcome)
    };
    let mut house = House::over(api, Box::new(with_a_bad_one));
    assert_eq!((postponed(&house), told_before_the_last_child(&mut house).1), (0, OBJECTS));
}

#[test]
fn q06_where_nothing_had_to_be_written_it_is_told_at_once() {
    let mut house = House::over(crowd(), Box::new(rooms));
    let mut api = std::mem::take(&mut house.api);
    for n in 0..OBJECTS {
        let mut object = api.get("Inn", Some("a"), &name(n)).unwrap().clone();
        object["status"] = Value::Null;
        api.put(object);
    }
    let house = House::over(api, Box::new(rooms));
    assert_eq!(postponed(&house), 0);
    assert_eq!(house.requests.iter().filter(|request| request.starts_with("status Inn")).count(), OBJECTS);
}

#[test]
fn q06_of_an_object_that_goes_it_is_told_at_once() {
    let mut api = crowd();
    for n in 0..OBJECTS {
        let mut object = api.get("Inn", Some("a"), &name(n)).unwrap().clone();
        object["metadata"]["finalizers"] = json!([GUEST_FINALIZER]);
        api.put(object);
        api.delete("Inn", Some("a"), &name(n));
    }
    let mut house = House::starting(api, Box::new(rooms), manifest(true));
    house.input(Input::ModulesRead);
    assert_eq!((postponed(&house), told_before_the_last_child(&mut house).1), (0, OBJECTS));
}
