//! Workbenches, whose spec is the outcome of their guest, and what their children are made of.

use innkeeper_controlplane::{Mark, Request};
pub(crate) use innkeeper_suites::bench::{Bench, KIND, config_map, invalid_config_map, patch};
use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

/// As whom the host applies the children of that kind.
pub(crate) const MANAGER: &str = "innkeeper.Workbench.test.innkeeper.dev";

/// A Deployment whose Pods carry that label; nodes that have no such label run none of them.
pub(crate) fn deployment(name: &str, app: &str, node: &Value) -> Value {
    let containers = json!([{"name": "app", "image": "example.com/app:1"}]);
    let pod = json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": containers, "nodeSelector": node}});
    let spec = json!({"selector": {"matchLabels": {"app": app}}, "template": pod});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec})
}

/// Waits until the object is stalled for that reason and says these words.
pub(crate) fn stalled(house: &House, name: &str, reason: &str, words: &[&str]) -> String {
    let mut message = String::new();
    house.eventually(&format!("{KIND} {name} is stalled by {reason} and says {words:?}"), || {
        let object = house.get(KIND, name);
        let one = condition(&object, "Stalled").unwrap_or_default();
        message = one["message"].as_str().unwrap_or_default().to_owned();
        let is_so = one["status"] == "True"
            && one["reason"] == reason
            && one["observedGeneration"] == object["metadata"]["generation"]
            && words.iter().all(|word| message.contains(word));
        if is_so { Ok(()) } else { Err(one.to_string()) }
    });
    message
}

/// The managers in an object's managedFields that hold the field at this pointer (`/f:spec/f:replicas`).
pub(crate) fn holders(object: &Value, pointer: &str) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let holding = entries.iter().filter(|entry| entry["fieldsV1"].pointer(pointer).is_some());
    holding.map(|entry| entry["manager"].as_str().unwrap_or_default().to_owned()).collect()
}

/// What the host asked about objects of a resource since the mark, `verb code` each, `dry-run` where it was one.
pub(crate) fn deeds(house: &House, mark: &Mark, resource: &str) -> Vec<String> {
    let about = |r: &Request| r.resource == resource && !matches!(r.verb.as_str(), "watch" | "list");
    let word = |r: &Request| if r.uri.contains("dryRun=All") { "dry-run".to_owned() } else { r.verb.clone() };
    house.requests_since(mark).iter().filter(|r| about(r)).map(|r| format!("{} {}", word(r), r.code)).collect()
}

/// That the host asks for nothing while nothing changes.
pub(crate) fn is_quiet(house: &House) {
    house.wait_until_quiet();
    let writes = house.writes_during(std::time::Duration::from_secs(4));
    assert!(writes.is_empty(), "nothing changed, and yet: {writes:#?}");
}

/// Adds to what the Reconciler of Workbenches permits under a verb, as a person would.
pub(crate) fn permit(house: &House, verb: &str, more: &Value) {
    let mut list =
        house.get("Reconciler", "workbench")["spec"]["permissions"][verb].as_array().cloned().unwrap_or_default();
    if !list.contains(more) {
        list.push(more.clone());
        let patch = json!({"spec": {"permissions": {verb: list}}}).to_string();
        house.patch("reconciler", "workbench", &patch);
    }
}
