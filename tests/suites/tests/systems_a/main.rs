//! The systems memcached, rocketlab and goop, kept on a real API server. Each test carries the page and the number
//! of the behaviour in the system's specification; `all` are those of every system.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod everywhere;
mod goop;
mod memcached;
mod rocketlab;

use innkeeper_suites::House;
use serde_json::{Value, json};

/// The guests that these tests are about, and one more that wants a Deployment of its object's name.
const GUESTS: [&str; 5] = ["goop", "memcached", "minimart", "rocketlab-site", "rocketlab-tmsource"];

/// The house that these tests share.
fn house() -> House {
    House::serving(&GUESTS)
}

/// Changes fields of the spec of an object by merge patch, as a person would.
fn change(house: &House, kind: &str, name: &str, spec: &Value) {
    house.patch(kind, name, &json!({"spec": spec}).to_string());
}

/// Kubelets report of a Pod that it failed.
fn fail(house: &House, pod: &str, reason: &str) {
    let status = json!({"status": {"phase": "Failed", "reason": reason}}).to_string();
    house.kubectl(&["patch", "pod", pod, "--subresource=status", "--type=merge", "-p", &status]);
}

/// Every version of the objects of a path since that resourceVersion, and what happened: `(ADDED, object)`. What a
/// test that looks from time to time could miss.
fn history(house: &House, path: &str, since: &Value) -> Vec<(String, Value)> {
    let since = since["metadata"]["resourceVersion"].as_str().unwrap();
    let path = format!("{path}?watch=true&resourceVersion={since}&timeoutSeconds=3");
    let told = house.kubectl(&["get", "--raw", &path]);
    let events = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| (event["type"].as_str().unwrap().to_owned(), event["object"].clone())).collect()
}
