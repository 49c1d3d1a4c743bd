//! Q06: `innkeeper.dev/paused` and `innkeeper.dev/reconcile-now` work on any object.

use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

use crate::bench::{KIND, OTHER, apply, bench, children, config_map};

fn annotate(house: &House, kind: &str, name: &str, annotation: &str) {
    let kind = format!("{}es.test.innkeeper.dev", kind.to_lowercase());
    house.kubectl(&["annotate", "--overwrite", &kind, name, annotation]);
}

fn ready(house: &House, kind: &str, name: &str) -> Value {
    condition(&house.get(kind, name), "Ready").unwrap_or_default()
}

#[test]
fn q06_a_paused_object_is_left_alone_and_goes_on_when_it_is_no_more() {
    let house = House::shared();
    let with = |names: &[&str]| {
        let manifests: Vec<Value> = names.iter().map(|name| config_map(name, "mine")).collect();
        bench(KIND, "one", &children(&manifests))
    };
    apply(&house, &[with(&["first", "old"])]);
    house.wait_for_condition(KIND, "one", "Ready", "True");
    annotate(&house, KIND, "one", "innkeeper.dev/paused=until monday");
    house.eventually("it says that it is paused", || ready(&house, KIND, "one")["reason"] == "Paused");
    assert_eq!(ready(&house, KIND, "one")["status"], "Unknown");
    let mark = house.mark();
    house.delete("configmap", "first");
    apply(&house, &[with(&["first", "new"])]);
    house.wait_for_condition(KIND, "one", "Ready", "Unknown");
    house.wait_until_quiet();
    let beside = |r: &innkeeper_controlplane::Request| r.is_write() && r.subresource.as_deref() != Some("status");
    let written: Vec<String> =
        house.requests_since(&mark).iter().filter(|r| beside(r)).map(ToString::to_string).collect();
    assert_eq!(written, Vec::<String>::new(), "nothing is applied and nothing is deleted");
    assert!(house.find("ConfigMap", "first").is_none() && house.find("ConfigMap", "old").is_some());
    annotate(&house, KIND, "one", "innkeeper.dev/paused=false");
    house.wait_for_condition(KIND, "one", "Ready", "True");
    house.wait_for_children(
        KIND,
        "one",
        "
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
data: {text: mine}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: new}
data: {text: mine}
",
    );
}

#[test]
fn q06_a_paused_object_that_is_deleted_waits_too() {
    let house = House::alone(&["final-bench"]);
    house.start_host();
    apply(&house, &[bench(OTHER, "one", &json!({"finished": true}))]);
    house.wait_for_condition(OTHER, "one", "Ready", "True");
    annotate(&house, OTHER, "one", "innkeeper.dev/paused=");
    house.eventually("it says that it is paused", || ready(&house, OTHER, "one")["reason"] == "Paused");
    house.begin_deletion("finalbenches.test.innkeeper.dev", "one");
    house.wait_until_quiet();
    assert!(house.find(OTHER, "one").is_some(), "its guest has not been asked to finish it");
    annotate(&house, OTHER, "one", "innkeeper.dev/paused-");
    house.eventually("it is finished now", || house.find(OTHER, "one").is_none());
}

#[test]
fn q06_a_changed_reconcile_now_leads_to_a_call() {
    let house = House::shared();
    apply(&house, &[bench(KIND, "one", &json!({"behaviour": "Invalid"}))]);
    house.eventually("its guest says that it is wrong", || ready(&house, KIND, "one")["reason"] == "Invalid");
    let told = || {
        let (name, log) = (format!("{}/one", house.namespace()), house.host().log());
        log.lines().filter(|line| line.contains(&name) && line.contains("somebody asked for it")).count()
    };
    for round in 1..=2 {
        assert_eq!(told(), round - 1);
        annotate(&house, KIND, "one", &format!("innkeeper.dev/reconcile-now={round}"));
        house.eventually("its guest is called again", || told() == round);
    }
}
