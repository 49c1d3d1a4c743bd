//! Workers, five kinds and as many guests, kept on a real API server. Each test carries the number of the behaviour in
//! the system's specification; `all` are those of every system. Builds end as a test says: their Pods are scheduled
//! to no node, and the test is their kubelet.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod building;
mod builds;
mod bundles;
mod everywhere;
mod hand_edits;
mod late;
mod lifetimes;
mod ports;
mod releases;
mod served;

use innkeeper_suites::House;
use serde_json::{Value, json};

/// The modules of the system.
const GUESTS: [&str; 5] = ["job-builder", "worker-account", "worker-bundle", "worker-deployment", "worker-release"];
/// A bundle made by hand, of the example, and its children as they must be.
const CORNER: &str = include_str!("corner.yaml");
const CORNER_CHILDREN: &str = include_str!("corner.children.yaml");

/// The shared house; its host has the guests.
fn house() -> House {
    let house = House::serving(&GUESTS);
    builds::by_hand(&house);
    house
}

/// An account with the id `a1`, and a bundle of its own name.
fn account(name: &str) -> String {
    json!({
        "apiVersion": "api.worker-account/v1alpha1",
        "kind": "WorkerAccount",
        "metadata": {"name": name, "labels": {"accounts": "a1"}},
        "spec": {
            "workerBundleName": name,
            "workerReleaseSelector": {"matchLabels": {"accounts": "a1"}},
            "podTemplate": {"imagePullSecret": "registry-key"},
        },
    })
    .to_string()
}

/// A deployment of the script of its name, in that version.
fn deployment(name: &str, version: u32) -> Value {
    json!({
        "apiVersion": "api.worker-deployment/v1alpha1",
        "kind": "WorkerDeployment",
        "metadata": {"name": name, "labels": {"accounts": "a1"}},
        "spec": {"template": {
            "scriptName": name,
            "compatibilityDate": "2026-01-01",
            "scriptUrls": [format!("http://store.example/{name}/{version}.js")],
        }},
    })
}

/// Applies deployments of these scripts in that version.
fn deploy(house: &House, names: &[&str], version: u32) {
    for name in names {
        house.apply(&deployment(name, version).to_string());
    }
}

/// Changes fields of an object's spec by merge patch, as a person would.
fn change(house: &House, kind: &str, name: &str, spec: &str) {
    house.patch(kind, name, &format!(r#"{{"spec": {spec}}}"#));
}

/// A house in which the account `acme` serves these scripts in their first version.
fn house_serving(names: &[&str]) -> House {
    let house = house();
    house.apply(&account("acme"));
    deploy(&house, names, 1);
    builds::succeed_with(&house, "acme", names);
    builds::are_served(&house, "acme");
    house
}

/// A house with the bundle `corner` in it, ready.
fn house_with_corner() -> House {
    let house = house();
    house.kubectl(&["create", "secret", "generic", "corner-variables", "--from-literal=GREETING=hello"]);
    house.apply(CORNER);
    house.wait_for_condition("WorkerBundle", "corner", "Ready", "True");
    house
}

/// The names and ports of a bundle's workers.
fn ports_of(bundle: &Value) -> Vec<(String, u64)> {
    let workers = bundle["spec"]["workers"].as_array().cloned().unwrap_or_default();
    let port = |worker: &Value| {
        (worker["workerName"].as_str().unwrap_or_default().to_owned(), worker["workerNumber"].as_u64().unwrap_or(0))
    };
    workers.iter().map(port).collect()
}
