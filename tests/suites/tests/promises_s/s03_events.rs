//! S03: Events are deduplicated and say what a person can do.

use innkeeper_suites::{House, uid};
use serde_json::{Value, json};

use crate::bench::{KIND, apply, config_map};

/// The Events about an object, as events.k8s.io/v1 has them.
fn events(house: &House, name: &str) -> Vec<Value> {
    let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", house.namespace());
    let list = house.read(&path).unwrap();
    let all = list["items"].as_array().unwrap().iter();
    all.filter(|event| event["regarding"]["name"] == name && event["regarding"]["kind"] == KIND).cloned().collect()
}

fn one(house: &House, name: &str, reason: &str) -> Value {
    let mut found = Value::Null;
    house.eventually(&format!("there is one Event {reason} about {name}"), || {
        let all = events(house, name);
        let mut of_reason = all.iter().filter(|event| event["reason"] == reason);
        found = of_reason.next().cloned().unwrap_or_default();
        if found.is_object() && of_reason.next().is_none() { Ok(()) } else { Err(format!("{all:#?}")) }
    });
    found
}

/// The object says these Events from now on, and the host has heard it.
fn says(house: &House, name: &str, reasons: &[&str]) {
    apply(house, name, &json!({"children": [config_map(name, "one")], "events": reasons}));
    house.wait_for_condition(KIND, name, "Ready", "True");
}

/// Writes of Events since the mark.
fn written(house: &House, mark: &innkeeper_controlplane::Mark) -> Vec<String> {
    let requests = house.requests_since(mark);
    requests.iter().filter(|r| r.resource == "events" && r.is_write()).map(ToString::to_string).collect()
}

#[test]
fn s03_a_repetition_is_counted_and_not_made_anew_also_after_a_restart() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    says(&house, "talker", &["Moved"]);
    let first = one(&house, "talker", "Moved");
    assert!(first.get("series").is_none(), "said once: {first}");
    let bench = house.get(KIND, "talker");
    let regarding = &first["regarding"];
    assert_eq!(regarding["uid"], uid(&bench).as_str());
    assert_eq!((&regarding["apiVersion"], &regarding["kind"]), (&bench["apiVersion"], &bench["kind"]));
    assert_eq!((&regarding["namespace"], &regarding["name"]), (&json!(house.namespace()), &json!("talker")));
    assert_eq!((&first["type"], &first["action"]), (&json!("Normal"), &json!("Play")));
    assert_eq!(
        (&first["note"], &first["reportingController"]),
        (&json!("the spec says so"), &json!("innkeeper.dev/host"))
    );
    assert!(!first["reportingInstance"].as_str().unwrap().is_empty());

    says(&house, "talker", &[]);
    says(&house, "talker", &["Moved"]);
    house.eventually("it is counted", || one(&house, "talker", "Moved")["series"]["count"] == 2);
    says(&house, "talker", &[]);
    house.wait_until_quiet();
    house.start_host();
    says(&house, "talker", &["Moved"]);
    house.eventually("it is counted by the next process", || one(&house, "talker", "Moved")["series"]["count"] == 3);
    let last = one(&house, "talker", "Moved");
    assert_eq!(uid(&last), uid(&first), "it is the same Event");
    assert!(last["series"]["lastObservedTime"].as_str().unwrap() > last["eventTime"].as_str().unwrap());

    // As people see it.
    for printed in
        [house.kubectl(&["events", "--for", "workbench/talker"]), house.kubectl(&["describe", "workbench", "talker"])]
    {
        let line = printed.lines().find(|line| line.contains("Moved") && line.contains("the spec says so"));
        assert!(line.is_some_and(|line| line.contains("(x3 over ")), "{printed}");
    }
    let described = house.kubectl(&["describe", "workbench", "talker"]);
    assert!(described.contains("innkeeper.dev/host"), "it says who says so: {described}");
}

#[test]
fn s03_what_every_outcome_says_is_written_once_and_not_again_after_a_restart() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    says(&house, "steady", &["Steady"]);
    one(&house, "steady", "Steady");
    house.wait_until_quiet();
    let mark = house.mark();
    for n in 0..5 {
        house.kubectl(&["label", "--overwrite", "workbench", "steady", &format!("round=r{n}")]);
    }
    house.kubectl(&["annotate", "configmap", "steady", "somebody=was-here"]);
    house.wait_until_quiet();
    house.start_host();
    house.wait_until_quiet();
    let all: Vec<String> =
        house.requests_since(&mark).iter().filter(|r| r.is_write()).map(ToString::to_string).collect();
    assert!(all.is_empty(), "{all:#?}");
    // And the process that came back tells what is new.
    says(&house, "steady", &["Steady", "News"]);
    one(&house, "steady", "News");
    assert!(one(&house, "steady", "Steady").get("series").is_none(), "it has never stopped to hold");
}

#[test]
fn s03_a_loop_does_not_write_events_at_its_speed() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    says(&house, "hot", &[]);
    let mark = house.mark();
    for n in 0..60 {
        let spec = json!({"spec": {"events": [format!("Reason{n}")]}});
        house.patch("workbench", "hot", &spec.to_string());
    }
    house.wait_for_condition(KIND, "hot", "Ready", "True");
    house.wait_until_quiet();
    let written = written(&house, &mark);
    assert!((1..=20).contains(&written.len()), "{written:#?}");
}

#[test]
fn s03_an_event_says_what_a_person_can_do() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    let note = |name: &str, reason: &str| {
        let event = one(&house, name, reason);
        assert_eq!((&event["type"], &event["action"]), (&json!("Warning"), &json!("Reconcile")));
        let note = event["note"].as_str().unwrap().to_owned();
        assert!(note.len() <= 1024, "{} bytes", note.len());
        (note, event)
    };
    apply(&house, "trapped", &json!({"behaviour": "Trap"}));
    let (text, _) = note("trapped", "GuestTrapped");
    assert!(
        text.contains("the spec says that this guest traps") && text.contains("bug in the module workbench"),
        "{text}"
    );
    apply(&house, "endless", &json!({"behaviour": "Loop"}));
    let (text, _) = note("endless", "GuestLimitExceeded");
    assert!(text.contains("limit of time") && text.contains("raise spec.limits of Reconciler workbench"), "{text}");
    apply(&house, "wrong", &json!({"behaviour": "Invalid"}));
    let (text, _) = note("wrong", "Invalid");
    assert!(text.contains("spec.behaviour: the spec says: wrong") && text.contains("Correct the object"), "{text}");

    house.kubectl(&["create", "configmap", "taken", "--from-literal=a=b"]);
    apply(&house, "second", &json!({"children": [config_map("taken", "one")]}));
    let (text, event) = note("second", "Conflict");
    assert!(text.contains("taken") && text.contains("Rename or remove what is in the way"), "{text}");
    let related = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "taken", "namespace": house.namespace()});
    assert_eq!(event["related"], related, "it names what is in the way");

    // What is too long is cut, and says so; what to do is not cut.
    let mut broken = config_map("broken", "one");
    for n in 0..40 {
        broken["manifest"]["data"][format!("no/key/number/{n}/of/many")] = json!("word");
    }
    apply(&house, "wordy", &json!({"children": [broken]}));
    let (text, _) = note("wordy", "ChildFailed");
    assert!(text.len() > 900 && text.contains(" ...") && text.contains("Look at that child"), "{text}");
}

#[test]
fn s03_events_that_cannot_be_written_fail_nothing() {
    let house = House::alone(&["workbench"]);
    let proxy = house.start_host_behind_a_proxy();
    proxy.answer_where(403, None, |sent| sent.path.contains("/events"));
    apply(&house, "mute", &json!({"children": [config_map("mute", "one")], "events": ["Said"]}));
    house.wait_for_condition(KIND, "mute", "Ready", "True");
    house.wait_until_quiet();
    assert!(events(&house, "mute").is_empty());
    assert!(house.complaints().is_empty(), "{:?}", house.complaints());
}
