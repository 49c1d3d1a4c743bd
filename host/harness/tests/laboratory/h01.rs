//! H01: the same core as in production runs a guest without a cluster.

use innkeeper_harness::Story;
use serde_json::json;

use crate::{custom_http, image};

const WEB: &str = include_str!("../../../../guests/custom-http/scenarios/objects/web.yaml");

/// The same module with another image in its data, and so with another digest.
pub(crate) fn other_module(folder: &std::path::Path) -> std::path::PathBuf {
    let mut bytes = std::fs::read(custom_http()).unwrap();
    let (old, new) = (b"measutosh/http-server", b"measutosh/http-sorver");
    let places: Vec<usize> = (0..bytes.len() - old.len()).filter(|&at| &bytes[at..at + old.len()] == old).collect();
    assert!(!places.is_empty(), "the module does not name its image any more");
    places.into_iter().for_each(|at| bytes[at..at + new.len()].copy_from_slice(new));
    let file = folder.join("other.wasm");
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn h01_the_same_core_as_in_production_runs_a_guest_without_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    Story::of(custom_http())
        .when_applied(WEB)
        .then_children("KindCustomHttp/web", &["ConfigMap/web-configmap", "Deployment/web", "Service/web"])
        // The five requests that production makes for it (promise A05): three children, and what is said of them twice.
        .then_written(&[
            "apply ConfigMap/web-configmap",
            "apply Deployment/web",
            "apply Service/web",
            "status KindCustomHttp/web",
            "status KindCustomHttp/web",
        ])
        .then_condition("KindCustomHttp/web", "Ready", "True")
        .then("KindCustomHttp/web", json!({"status": {"replicas": 2, "readyReplicas": 2}}))
        .when_the_host_restarts()
        .then_written(&[])
        .when_patched("Deployment/web", json!({"spec": {"replicas": 9}}))
        .then("Deployment/web", json!({"spec": {"replicas": 2}}))
        .when_swapped_for(other_module(folder.path()))
        .then("Deployment/web", image("measutosh/http-sorver"))
        .when_deleted("KindCustomHttp/web")
        .then_absent("Deployment/web");
}

#[test]
#[should_panic(expected = "spec.replicas")]
fn a_story_that_is_otherwise_fails_where_it_is() {
    let _ = Story::of(custom_http()).when_applied(WEB).then("Deployment/web", json!({"spec": {"replicas": 3}}));
}

/// Two objects, and another module that takes over step by step.
const STEPS: &str = r#"
apiVersion: innkeeper.dev/v1alpha1
kind: Reconciler
metadata: {name: custom-http}
spec:
  module: {folder: {}}
  permissions: {apply: [{group: apps, kinds: [Deployment]}, {group: "", kinds: [Service, ConfigMap]}]}
  rollout: {steps: [canary=yes, "100%"], pause: 30s}
---
apiVersion: groupsp.measutosh.dev/v1
kind: KindCustomHttp
metadata: {name: first, labels: {canary: "yes"}}
spec: {replicaCount: 1, port: 80}
---
apiVersion: groupsp.measutosh.dev/v1
kind: KindCustomHttp
metadata: {name: second}
spec: {replicaCount: 1, port: 80}
"#;

#[test]
fn h01_a_rollout_goes_step_by_step_and_time_is_what_it_is_told_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (image("measutosh/http-server"), image("measutosh/http-sorver"));
    Story::of(custom_http())
        .given(STEPS)
        .when_swapped_for(other_module(folder.path()))
        .then("Deployment/first", new.clone())
        .then("Deployment/second", old.clone())
        .when_seconds_pass(20)
        .then("Deployment/second", old)
        .when_seconds_pass(60)
        .then("Deployment/second", new);
}
