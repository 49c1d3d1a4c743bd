//! S02: status is written only when it changed, and Ready does not flap.

use innkeeper_controlplane::Request;
use innkeeper_suites::{House, condition, uid};
use serde_json::{Value, json};

use crate::bench::{A_WHILE, Bench, KIND, benches, config_map, deployment, history, patch, told};

fn settled(house: &House) {
    Bench::new("steady")
        .child(config_map("steady", "one"))
        .child(deployment("steady"))
        .with("status", json!({"word": "steady"}))
        .apply_ready(house);
    house.wait_until_quiet();
}

fn status_writes(requests: Vec<Request>) -> Vec<Request> {
    let is_status =
        |r: &Request| r.is_write() && r.resource == "workbenches" && r.subresource.as_deref() == Some("status");
    requests.into_iter().filter(is_status).collect()
}

/// How often Ready changed in these versions, and the moments of its transitions.
fn flips(versions: &[Value]) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    for version in versions {
        let ready = condition(version, "Ready").unwrap_or_default();
        let now = json!([ready["status"], ready["lastTransitionTime"]]);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    seen
}

#[test]
fn s02_a_status_that_did_not_change_is_not_written() {
    let house = House::shared();
    settled(&house);
    let mark = house.mark();
    house.kubectl(&["label", "workbench", "steady", "touched=yes"]);
    house.kubectl(&["annotate", "configmap", "steady", "somebody=was-here"]);
    std::thread::sleep(A_WHILE);
    let written = status_writes(house.requests_since(&mark));
    assert!(written.is_empty(), "{}", told(&written));

    // A status that changes is written once.
    let mark = house.mark();
    Bench::new("steady")
        .child(config_map("steady", "one"))
        .child(deployment("steady"))
        .with("status", json!({"word": "changed"}))
        .apply_ready(&house);
    house.eventually("the status changes", || house.get(KIND, "steady")["status"]["word"] == "changed");
    house.wait_until_quiet();
    let written = status_writes(house.requests_since(&mark));
    assert_eq!(written.len(), 1, "{}", told(&written));
}

#[test]
fn s02_a_child_that_is_repaired_at_once_does_not_touch_ready() {
    let house = House::shared();
    settled(&house);
    let (mark, before) = (house.mark(), house.get(KIND, "steady"));
    for round in 0..5 {
        patch(&house, "configmap", "steady", "somebody", &json!({"data": {"word": format!("theirs {round}")}}));
        house.eventually("it is put back", || house.get("ConfigMap", "steady")["data"]["word"] == "one");
    }
    let child = uid(&house.get("ConfigMap", "steady"));
    house.delete("configmap", "steady");
    house.eventually("it is created anew", || house.find("ConfigMap", "steady").is_some_and(|new| uid(&new) != child));
    house.wait_until_quiet();
    let written = status_writes(house.requests_since(&mark));
    assert!(written.is_empty(), "{}", told(&written));
    assert_eq!(flips(&history(&house, &benches(&house), &before)), Vec::<Value>::new(), "no version of it was written");
}

#[test]
fn s02_ready_goes_and_comes_once_where_a_child_needs_time() {
    let house = House::shared();
    settled(&house);
    let before = house.get(KIND, "steady");
    let child = uid(&house.get("Deployment", "steady"));
    house.delete("deployment", "steady");
    house.eventually("it is created anew", || house.find("Deployment", "steady").is_some_and(|new| uid(&new) != child));
    house.wait_until_quiet();
    house.wait_for_condition(KIND, "steady", "Ready", "True");
    let flips = flips(&history(&house, &benches(&house), &before));
    let statuses: Vec<&Value> = flips.iter().map(|flip| &flip[0]).collect();
    assert_eq!(statuses, ["False", "True"], "{flips:?}");
}
