//! Text that is no JSON, or no JSON that anybody should read: the outcome is refused, and the kind goes on.

use serde_json::{Value, json};

use crate::inn::{Inn, KIND, config_map};

fn nested(depth: usize) -> String {
    format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth))
}

/// A ConfigMap's text with this in its data.
fn with_data(data: &str) -> String {
    format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"odd"}},"data":{data}}}"#)
}

#[test]
fn manifests_that_are_no_json_are_refused() {
    let inn = Inn::open();
    let refused = |name: &str, manifest: &str, words: &[&str]| {
        inn.turns(name, &json!({"children": [manifest]}), "OutcomeRefused", words);
    };
    refused("words", "these are words", &["child 0", "not JSON"]);
    refused("list", "[]", &["child 0", "not a JSON object"]);
    refused("deep", &with_data(&nested(200)), &["child 0", "recursion limit"]);
    refused("deeper", &with_data(&nested(50_000)), &["child 0", "recursion limit"]);
    refused("huge", &with_data(r#"{"n":1e999}"#), &["child 0", "number out of range"]);
    refused("half", &with_data(r#"{"n":"\ud800"}"#), &["child 0", "not JSON"]);
    refused("nul", r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a\u0000b"}}"#, &["not a legal name"]);
    refused("kindless", r#"{"metadata":{"name":"a"}}"#, &["lacks apiVersion or kind"]);
}

#[test]
fn what_the_api_server_refuses_is_told_in_its_words() {
    let inn = Inn::open();
    let failed = |name: &str, manifest: &str, word: &str| {
        let kept = inn.good(name);
        inn.apply(name, &json!({"children": [config_map(name), manifest], "status": r#"{"word":"good"}"#}));
        let message = inn.stalled(name, "ChildFailed");
        assert!(message.contains(word), "{name}: the condition says {word:?}: {message}");
        assert_eq!(inn.good(name), kept);
        inn.others_are_kept();
    };
    failed("typed", &with_data(&nested(100)), "odd");
    failed("key", &with_data(&format!(r#"{{"{}":"x"}}"#, "k".repeat(300_000))), "odd");
    let labels: Vec<String> = (0..3000).map(|n| format!(r#""label-{n}":"not a value!""#)).collect();
    let metadata = format!(r#"{{"name":"odd","labels":{{{}}}}}"#, labels.join(","));
    failed("labels", &format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{metadata}}}"#), "odd");
}

#[test]
fn a_key_that_is_there_twice_counts_once() {
    let inn = Inn::open();
    let manifest = r#"{"apiVersion":"v1","kind":"Secret","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"2"}}"#;
    inn.apply("twice", &json!({"children": [manifest]}));
    inn.house.wait_for_condition(KIND, "twice", "Ready", "True");
    assert_eq!(inn.house.get("ConfigMap", "twice")["data"], json!({"a": "2"}));
}

#[test]
fn a_status_that_is_no_json_object_is_refused() {
    let inn = Inn::open();
    let refused = |name: &str, status: &str, words: &[&str]| {
        let spec = json!({"children": [config_map(name)], "status": status});
        inn.turns(name, &spec, "OutcomeRefused", words);
    };
    refused("words", "these are words", &["the status is not JSON"]);
    refused("list", "[1]", &["the status is not a JSON object"]);
    refused("deep", &nested(50_000), &["the status is not JSON", "recursion limit"]);
}

#[test]
fn a_status_as_deep_as_may_be_stops_nobody() {
    let inn = Inn::open();
    for depth in [60, 90, 110, 120, 125, 127] {
        let name = format!("deep-{depth}");
        inn.apply(&name, &json!({"children": [config_map(&name)], "status": nested(depth)}));
        inn.house.eventually("its child is there", || inn.house.find("ConfigMap", &name).is_some());
    }
    inn.good("shallow");
    inn.others_are_kept();
}

#[test]
fn an_object_as_deep_as_the_api_server_takes_stops_nobody() {
    let inn = Inn::open();
    let mut deep: Value = json!(1);
    for _ in 0..300 {
        deep = json!({ "a": deep });
    }
    let child =
        json!({"manifest": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "deep"}, "data": deep}});
    let object = json!({"apiVersion": "test.innkeeper.dev/v1", "kind": "Workbench", "metadata": {"name": "deep"},
        "spec": {"children": [child]}});
    inn.house.apply(&object.to_string());
    inn.others_are_kept();
    inn.good("shallow");
    // Also for a host that lists it.
    inn.house.start_host();
    inn.others_are_kept();
    inn.good("shallow");
}
