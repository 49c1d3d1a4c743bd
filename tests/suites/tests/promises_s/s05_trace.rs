//! S05: for any object one command tells why it was last reconciled, by which digest, what it read, how long each
//! part took, what changed.

use innkeeper_suites::{House, trace_at};
use serde_json::{Value, json};

use crate::bench::{KIND, apply, config_map};

/// A word in an object that no trace may tell.
const SECRET: &str = "correct-horse-battery-staple";

/// What is told of an object; null while nothing is.
fn traced(house: &House, object: &str) -> Value {
    let (code, told, complaint) = house.trace(&[object, "-o", "json"]);
    match code {
        Some(0) => serde_json::from_str(&told).unwrap(),
        Some(1) => Value::Null,
        _ => panic!("{complaint}"),
    }
}

/// Waits until one of the last reconciles is as it should be; the latest of those.
fn one_of_the_last(house: &House, object: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut one = Value::Null;
    house.eventually(&format!("one of the last reconciles of {object} tells {what}"), || {
        let report = traced(house, object);
        let found = report["reconciles"].as_array().into_iter().flatten().find(|one| is_so(one));
        one = found.cloned().unwrap_or_default();
        if found.is_some() { Ok(()) } else { Err(report.to_string()) }
    });
    one
}

fn has(list: &Value, words: &[&str]) -> bool {
    let lines = list.as_array().into_iter().flatten();
    lines.map(ToString::to_string).any(|line| words.iter().all(|word| line.contains(word)))
}

/// A bench whose child somebody changed, and the host put back.
fn meddled() -> House {
    let house = House::shared();
    apply(&house, "told", &json!({"children": [config_map("told", SECRET)], "status": {"word": SECRET}}));
    house.wait_for_condition(KIND, "told", "Ready", "True");
    house.wait_until_quiet();
    let theirs = json!({"data": {"word": "theirs"}}).to_string();
    house.kubectl(&["patch", "configmap", "told", "--type=merge", "--field-manager=meddler", "-p", &theirs]);
    house.eventually("it is put back", || house.get("ConfigMap", "told")["data"]["word"] == SECRET);
    house
}

#[test]
fn s05_a_trace_tells_why_by_whom_what_was_asked_and_what_changed() {
    let house = meddled();
    let is_so = |one: &Value| has(&one["changes"], &["applied ConfigMap", "told"]);
    let report = {
        let mut report = Value::Null;
        house.eventually("a reconcile put the child back", || {
            report = traced(&house, "workbench/told");
            report["reconciles"].as_array().into_iter().flatten().any(is_so)
        });
        report
    };
    assert_eq!((&report["apiVersion"], &report["kind"]), (&json!("test.innkeeper.dev/v1"), &json!(KIND)));
    assert_eq!((&report["namespace"], &report["name"]), (&json!(house.namespace()), &json!("told")));
    let reconciles = report["reconciles"].as_array().unwrap();
    assert!((2..=3).contains(&reconciles.len()), "the last three are kept: {report}");
    let one = reconciles.iter().find(|one| is_so(one)).unwrap();
    assert!(has(&one["causes"], &["its child ConfigMap", "told changed by meddler"]), "why: {one}");
    let reconciler = house.get("Reconciler", "workbench");
    assert_eq!(one["digest"], reconciler["status"]["digest"], "by which digest");
    assert!(one["queuedMillis"].is_u64(), "how long it waited: {one}");
    assert!(one["module"].as_str().unwrap().starts_with("workbench "), "{one}");
    let call = &one["calls"][0];
    assert_eq!(call["result"], "outcome");
    for measure in ["tookMicros", "cpuMicros", "memoryBytes", "inputBytes", "outputBytes"] {
        assert!(call[measure].as_u64().unwrap() > 0, "{measure}: {call}");
    }
    let requests = one["requests"].as_array().unwrap();
    let put_back = requests.iter().find(|request| request["verb"] == "apply").unwrap();
    assert_eq!(put_back["object"], format!("ConfigMap {}/told", house.namespace()));
    assert_eq!(put_back["result"], "done");
    let took = put_back["tookMicros"].as_u64().unwrap();
    assert!(took > 0 && took <= one["tookMicros"].as_u64().unwrap(), "a part is no longer than the whole: {one}");
    assert_eq!(one["next"], "when something changes");

    // The same for people.
    let (code, table, _) = house.trace(&["workbench/told"]);
    assert_eq!(code, Some(0));
    let object = format!("test.innkeeper.dev/v1 Workbench {}/told", house.namespace());
    for words in [
        &object,
        "queued ",
        "why ",
        "changed by meddler",
        "module ",
        "workbench ",
        "call ",
        "apply",
        "changed ",
        "next ",
    ] {
        assert!(table.contains(words), "{words:?} is in\n{table}");
    }
    let (_, yaml, _) = house.trace(&["workbench/told", "--output", "yaml"]);
    let yaml: Value = serde_yaml_ng::from_str(&yaml).unwrap();
    assert_eq!(yaml["reconciles"][0]["digest"], one["digest"]);
    // No content of any object.
    for text in [report.to_string(), table, yaml.to_string()] {
        assert!(!text.contains(SECRET) && !text.contains("theirs"), "{text}");
    }
}

#[test]
fn s05_a_trace_tells_failures_and_when_it_is_looked_at_again() {
    let house = House::shared();
    apply(&house, "broken", &json!({"behaviour": "Trap"}));
    let failed =
        |one: &Value| one["trouble"].as_str().is_some_and(|t| t.contains("the spec says that this guest traps"));
    let one = one_of_the_last(&house, "workbench/broken", "the trap", failed);
    assert!(one["calls"][0]["result"].as_str().unwrap().contains("trapped"), "{one}");
    assert!(one["next"].as_str().unwrap().contains("its back-off ends"), "{one}");
    assert!(one["nextAt"].as_str().unwrap() > one["began"].as_str().unwrap(), "{one}");
    let said = &one["causes"];
    assert!(has(said, &["back-off is over"]) || has(said, &["the object"]), "{one}");

    apply(&house, "patient", &json!({"children": [], "requeueAfterMs": 3_600_000}));
    let asked = |one: &Value| one["next"].as_str().is_some_and(|n| n.contains("its guest asked for it"));
    one_of_the_last(&house, "workbench/patient", "the hour", asked);

    house.kubectl(&["create", "configmap", "taken", "--from-literal=a=b"]);
    apply(&house, "second", &json!({"children": [config_map("taken", "one")]}));
    let conflict = |one: &Value| has(&one["requests"], &["look", "taken"]) || one["trouble"].is_string();
    let one = one_of_the_last(&house, "workbench/second", "the conflict", conflict);
    assert!(one["trouble"].as_str().unwrap().contains("taken"), "{one}");
}

#[test]
fn s05_a_trace_tells_what_was_read_and_what_made_it_look_again() {
    let house = House::shared();
    house.kubectl(&["create", "configmap", "recipe", &format!("--from-literal=word={SECRET}")]);
    apply(&house, "reader", &json!({"children": [config_map("reader", "one")], "reads": ["recipe", "nowhere"]}));
    house.wait_for_condition(KIND, "reader", "Ready", "True");
    let read = |one: &Value, name: &str| {
        let reads = one["calls"][0]["reads"].as_array().cloned().unwrap_or_default();
        let asked = format!("get v1 ConfigMap {}/{name}", house.namespace());
        reads.into_iter().find(|read| read["read"] == asked).unwrap_or_default()
    };
    let one = one_of_the_last(&house, "workbench/reader", "both reads", |one| read(one, "nowhere")["answer"] == "none");
    let found = read(&one, "recipe");
    assert_eq!((&found["view"], &found["answer"], &found["objects"]), (&json!("spec"), &json!("found"), &json!(1)));
    assert!(found["bytes"].as_u64().unwrap() as usize > SECRET.len(), "{found}");
    assert_eq!((&read(&one, "nowhere")["objects"], &read(&one, "nowhere")["bytes"]), (&json!(0), &json!(0)));

    // A change of what was read is told as why.
    house.kubectl(&["create", "configmap", "nowhere", "--from-literal=word=found"]);
    let because = |one: &Value| has(&one["causes"], &["nowhere, which its guest read, was created by kubectl-create"]);
    one_of_the_last(&house, "workbench/reader", "why", because);

    // A touch of a child that shows the guest nothing new makes no call, and the trace says so. (Who touches it for
    // the first time leaves a name in its managedFields.)
    for words in ["somebody=was-here", "somebody=is-here-again"] {
        house.kubectl(&["annotate", "--overwrite", "configmap", "reader", words]);
        house.wait_until_quiet();
    }
    let skipped = |one: &Value| one["skipped"] == true && has(&one["causes"], &["its child ConfigMap"]);
    let one = one_of_the_last(&house, "workbench/reader", "that no call was made", skipped);
    assert_eq!(one["calls"], json!([]));
    let told = traced(&house, "workbench/reader").to_string();
    assert!(!told.contains(SECRET), "{told}");
    let (_, table, _) = house.trace(&["workbench/reader"]);
    assert!(table.contains("ConfigMap") && table.contains("(spec): found, 1 object, "), "{table}");
}

#[test]
fn s05_kinds_are_called_as_kubectl_calls_them() {
    let house = meddled();
    for kind in
        ["workbench", "Workbench", "workbenches", "workbenches.test.innkeeper.dev", "Workbench.v1.test.innkeeper.dev"]
    {
        assert_eq!(traced(&house, &format!("{kind}/told"))["name"], "told", "{kind}");
    }
}

#[test]
fn s05_what_cannot_be_told_is_said_in_one_sentence() {
    let house = House::shared();
    let refused = |arguments: &[&str], code: i32, words: &[&str]| {
        let (exit, told, complaint) = house.trace(arguments);
        assert_eq!((exit, told.as_str()), (Some(code), ""), "{arguments:?}: {complaint}");
        assert!(words.iter().all(|word| complaint.contains(word)), "{arguments:?}: {complaint}");
        complaint
    };
    let said =
        refused(&["teapot/short"], 1, &["keeps no kind \"teapot\"", "it keeps ", "Workbench.test.innkeeper.dev"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    let said = refused(&["workbench/nobody"], 1, &["there is no Workbench", "nobody", "-n"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    refused(&["workbench"], 2, &["KIND/NAME"]);
    refused(&["workbench/a/b"], 2, &["KIND/NAME"]);
    refused(&[], 2, &["KIND/NAME"]);

    // No host, no host's address, and another server than a host.
    let (code, _, said) = trace_at("http://127.0.0.1:1", &["workbench/x"]);
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("no host listens at") && said.contains("port-forward"), "{said}");
    let (code, _, said) = trace_at("127.0.0.1:8081", &["workbench/x"]);
    assert!(code == Some(2) && said.contains("http://ADDRESS:PORT"), "{said}");
}
