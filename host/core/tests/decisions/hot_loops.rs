//! Promise Q04: an object that does not settle is slowed down, and says who keeps it from settling.

use std::sync::Arc;

use crate::house::{House, config_map, inn, manifest, rooms, wants};
use innkeeper_core::binding::Module;
use innkeeper_core::contract::View;
use innkeeper_core::engine::{Input, News};
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::print::Print;
use innkeeper_core::world::Read;
use serde_json::{Value, json};

/// An opponent changes the child `one` if it is as we want it. Says whether it was.
fn fight(house: &mut House) -> bool {
    let Some(mut child) = house.api.get("ConfigMap", Some("a"), "one").cloned() else { return false };
    if child["data"]["x"] != "1" {
        return false;
    }
    child["data"]["x"] = json!("theirs");
    let entries = child["metadata"]["managedFields"].as_array_mut().unwrap();
    entries.retain(|entry| entry["manager"] != "meddler");
    entries[0]["fieldsV1"]["f:data"] = json!({});
    entries.push(json!({
        "manager": "meddler", "operation": "Update", "apiVersion": "v1", "time": "2030-01-01T00:00:00Z",
        "fieldsV1": {"f:data": {"f:x": {}}},
    }));
    house.put(child);
    true
}

/// The opponent fights for so many milliseconds. Says how often.
fn fight_for(house: &mut House, ms: u64) -> usize {
    let mut rounds = 0;
    for _ in 0..ms / 100 {
        while rounds < 1_000 && fight(house) {
            rounds += 1;
        }
        house.pass(100);
    }
    rounds
}

fn stalled(house: &House) -> Value {
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    let all = object["status"]["conditions"].as_array().unwrap();
    all.iter().find(|c| c["type"] == "Stalled").unwrap().clone()
}

fn is_settled(house: &House) -> bool {
    stalled(house)["status"] == "False"
}

#[test]
fn q04_who_fights_over_a_child_is_named_and_the_object_is_slowed_down_until_it_ends() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let rounds = fight_for(&mut house, 120_000);
    assert!((12..=25).contains(&rounds), "{rounds} rounds in two minutes");
    assert!(house.pauses.windows(2).all(|two| two[1] >= two[0]), "each pause is longer: {:?}", house.pauses);
    let said = stalled(&house);
    assert_eq!((&said["status"], &said["reason"]), (&json!("True"), &json!("HotLoop")));
    let message = said["message"].as_str().unwrap();
    for name in ["ConfigMap a/one", "meddler", "innkeeper.Inn.example.com"] {
        assert!(message.contains(name), "{message}");
    }
    (0..3).for_each(|_| house.pass(300_000));
    assert!(is_settled(&house), "{}", stalled(&house));
    assert_eq!(house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"]["x"], "1");
    assert!(!house.spins());
}

#[test]
fn q04_no_pause_is_longer_than_five_minutes() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    fight_for(&mut house, 10_000);
    for _ in 0..20 {
        house.pass(300_000);
        assert!(fight(&mut house), "it was put right");
    }
    assert_eq!(house.pauses.last(), Some(&300_000));
}

#[test]
fn q04_a_change_of_the_object_by_a_person_ends_the_pause() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    fight_for(&mut house, 120_000);
    house.put(inn("x", json!({"rooms": ["one", "two"]})));
    assert_eq!(house.api.children(), ["ConfigMap a/one", "ConfigMap a/two"], "at once");
    assert!(is_settled(&house), "{}", stalled(&house));
}

#[test]
fn q04_a_child_that_is_deleted_again_and_again_is_no_race_at_request_speed() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut rounds = 0;
    for _ in 0..300 {
        while rounds < 1_000 && house.api.get("ConfigMap", Some("a"), "one").is_some() {
            house.api.delete("ConfigMap", Some("a"), "one");
            house.settle();
            rounds += 1;
        }
        house.pass(100);
    }
    assert!((12..=20).contains(&rounds), "{rounds} rounds in half a minute");
    assert!(stalled(&house)["message"].as_str().unwrap().contains("ConfigMap a/one was deleted"));
}

#[test]
fn q04_a_guest_whose_status_changes_with_each_call_is_slowed_down() {
    let mut calls = 0;
    let mut house = House::new(move |_| {
        calls += 1;
        let mut outcome = wants(vec![config_map("one", "1")])?;
        outcome.status = Some(json!({"calls": calls}).to_string());
        Ok(outcome)
    });
    house.put(inn("x", json!({})));
    (0..600).for_each(|_| house.pass(100));
    assert!(house.calls < 40, "{} calls in a minute", house.calls);
    let said = stalled(&house);
    assert_eq!(said["reason"], "HotLoop");
    assert!(said["message"].as_str().unwrap().contains("its guest"), "{said}");
}

#[test]
fn q04_an_object_on_its_way_is_not_slowed_down() {
    let mut house = House::new(|request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let count = object["spec"]["count"].as_u64().unwrap();
        let children = (0..count).map(|n| {
            let mut child = config_map(&format!("room-{n}"), "1");
            child.wave = i32::try_from(n).unwrap();
            child
        });
        wants(children.collect())
    });
    for count in 1..=30 {
        house.put(inn("x", json!({"count": count})));
    }
    for n in 0..30 {
        house.api.delete("ConfigMap", Some("a"), &format!("room-{n}"));
        house.settle();
    }
    assert_eq!(house.pauses, Vec::<u64>::new());
    assert!(is_settled(&house));
}

/// The child `one` reports a number, as a rollout does.
fn report(house: &mut House, number: u64) {
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["status"] = json!({"ready": number});
    house.put(child);
}

#[test]
fn q04_a_status_that_follows_a_child_is_no_loop_though_the_object_changes_by_it() {
    let mut house = House::reading(|_, world| {
        let children = world.children(View::Status);
        let ready =
            children.iter().map(|child| serde_json::from_str::<Value>(child).unwrap()["status"]["ready"].clone());
        let mut outcome = wants(vec![config_map("one", "1")])?;
        outcome.status = Some(json!({"ready": ready.collect::<Vec<_>>()}).to_string());
        Ok(outcome)
    });
    house.put(inn("x", json!({})));
    for step in 1..=20 {
        house.holds = Some("status Inn a/x".to_owned());
        report(&mut house, 2 * step);
        report(&mut house, 2 * step + 1);
        house.release();
        house.pass(1_500);
    }
    assert_eq!(house.api.get("Inn", Some("a"), "x").unwrap()["status"]["ready"], json!([41]));
    assert_eq!(house.pauses, Vec::<u64>::new());
    assert!(is_settled(&house), "{}", stalled(&house));
}

/// An opponent removes the annotation that the guest sets on its object, as long as it is there. Says how often.
fn strip_for(house: &mut House, ms: u64) -> usize {
    let mut rounds = 0;
    for _ in 0..ms / 100 {
        while rounds < 1_000 {
            let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
            if object["metadata"]["annotations"]["stars"].is_null() {
                break;
            }
            object["metadata"]["annotations"] = json!({});
            object["metadata"]["managedFields"] = json!([]);
            house.put(object);
            rounds += 1;
        }
        house.pass(100);
    }
    rounds
}

#[test]
fn q04_a_fight_over_an_annotation_of_the_object_itself_is_slowed_down_too() {
    let mut house = House::new(|_| {
        let mut outcome = wants(vec![])?;
        outcome.annotations = vec![("stars".to_owned(), "5".to_owned())];
        Ok(outcome)
    });
    house.put(inn("x", json!({})));
    let rounds = strip_for(&mut house, 120_000);
    assert!((12..=25).contains(&rounds), "{rounds} rounds in two minutes");
    assert!(house.pauses.len() > 3, "{:?}", house.pauses);
    assert_eq!(stalled(&house)["reason"], "HotLoop");
}

#[test]
fn q04_a_person_who_asks_for_an_object_by_its_annotation_ends_the_pause() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    fight_for(&mut house, 120_000);
    let calls = house.calls;
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["annotations"]["innkeeper.dev/reconcile-now"] = json!("1");
    house.put(object);
    assert!(house.calls > calls, "at once");
    assert!(is_settled(&house), "{}", stalled(&house));
}

/// An object that is held back because of a fight over its child.
fn held_back(house: &mut House) -> usize {
    house.put(inn("x", json!({"rooms": ["one"]})));
    fight_for(house, 120_000);
    assert_eq!(stalled(house)["reason"], "HotLoop");
    house.calls
}

#[test]
fn q04_another_module_ends_the_pause() {
    let mut house = House::new(rooms);
    let calls = held_back(&mut house);
    let module = Module { digest: format!("sha256:{}", "b".repeat(64)), manifest: Arc::new(manifest(false)) };
    house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
    assert!(house.calls > calls, "at once");
    assert!(is_settled(&house), "{}", stalled(&house));
}

#[test]
fn q04_other_settings_end_the_pause() {
    let mut house = House::new(rooms);
    let calls = held_back(&mut house);
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["spec"]["config"] = json!({"other": true});
    house.put(reconciler);
    assert!(house.calls > calls, "at once");
    assert!(is_settled(&house), "{}", stalled(&house));
}

#[test]
fn q04_to_look_again_and_again_whether_a_name_is_free_by_now_is_no_loop() {
    let mut house = House::new(rooms);
    house.put(inn("x", json!({"rooms": ["one"]})));
    let mut child = house.api.get("ConfigMap", Some("a"), "one").unwrap().clone();
    child["metadata"]["finalizers"] = json!(["somebody/waits"]);
    child["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    house.put(child);
    house.strip("ConfigMap", "one");
    house.requests();
    (0..60).for_each(|_| house.pass(1_000));
    let looks = house.requests().iter().filter(|request| *request == "look ConfigMap a/one").count();
    assert!(looks >= 50, "{looks} looks in a minute");
    assert_eq!(house.pauses, Vec::<u64>::new());
}

/// A guest whose child holds what the Secret `source` does.
fn copying() -> House {
    let mut house = House::reading(|_, world| {
        let key = Key::new(Kind::new("", "v1", "Secret"), None, "source".into());
        let source = world.get(key, View::Spec)?.unwrap().unwrap_or_else(|| "{}".to_owned());
        let source: Value = serde_json::from_str(&source).unwrap();
        wants(vec![config_map("one", &source["data"]["x"].to_string())])
    });
    house.put(inn("x", json!({})));
    house
}

/// The source holds each of these for a while, thirty seconds altogether.
fn copy_all(house: &mut House, values: &[usize]) {
    for value in values {
        let metadata = json!({"name": "source", "namespace": "a"});
        house.put(json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"x": value}}));
        house.pass(30_000 / values.len() as u64);
    }
}

#[test]
fn q04_a_child_that_follows_what_its_guest_reads_is_no_loop_however_often_that_changes() {
    let mut house = copying();
    copy_all(&mut house, &Vec::from_iter(1..=40));
    assert_eq!(house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"]["x"], "40");
    assert_eq!(house.pauses, Vec::<u64>::new());
}

#[test]
fn q04_a_child_that_is_written_to_and_fro_is_slowed_down_and_what_drives_it_is_named() {
    let mut house = copying();
    copy_all(&mut house, &[1, 2].repeat(10));
    assert!(house.pauses.is_empty(), "ten times each");
    copy_all(&mut house, &[1, 2]);
    assert_eq!(house.pauses.first(), Some(&1_000));
    let said = stalled(&house);
    assert!(said["message"].as_str().unwrap().contains("Secret a/source, which its guest read, changed"), "{said}");
}

#[test]
fn q04_a_guest_whose_child_changes_with_each_call_is_slowed_down() {
    for counts_in_status in [false, true] {
        let mut calls = 0;
        let mut house = House::new(move |_| {
            calls += 1;
            let mut outcome = wants(vec![config_map("one", &calls.to_string())])?;
            outcome.status = counts_in_status.then(|| json!({"calls": calls}).to_string());
            Ok(outcome)
        });
        // It looks at its child, so that its own write is a reason to call it.
        house.reads = vec![Read::Children { view: View::Full, answer: Print::default() }];
        house.put(inn("x", json!({})));
        (0..600).for_each(|_| house.pass(100));
        assert!(house.calls < 60, "{} calls in a minute", house.calls);
        assert!(stalled(&house)["message"].as_str().unwrap().contains("its guest"), "{}", stalled(&house));
    }
}
