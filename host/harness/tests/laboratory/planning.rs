//! Plans: what another module would change, asked in the laboratory as a host asks it, and what waits for approval.

use innkeeper_harness::Story;
use serde_json::json;

use crate::h01::other_module;
use crate::{custom_http, image};

/// A Reconciler that waits for somebody's word, and an object.
const REQUIRED: &str = r#"
apiVersion: innkeeper.dev/v1alpha1
kind: Reconciler
metadata: {name: custom-http}
spec:
  module: {folder: {}}
  permissions: {apply: [{group: apps, kinds: [Deployment]}, {group: "", kinds: [Service, ConfigMap]}]}
  rollout: {plan: Required}
---
apiVersion: groupsp.measutosh.dev/v1
kind: KindCustomHttp
metadata: {name: web}
spec: {replicaCount: 1, port: 80}
"#;

#[test]
fn a_module_that_needs_a_plan_waits_until_somebody_approves_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = other_module(folder.path());
    let digest = innkeeper_core::object::digest(&std::fs::read(&file).unwrap());
    Story::of(custom_http())
        .given(REQUIRED)
        .when_swapped_for(file)
        .then("Deployment/web", image("measutosh/http-server"))
        .then(
            "Reconciler/custom-http",
            json!({"status": {"plan": {"digest": digest, "changed": 1, "childrenChanged": 1, "failures": 0}}}),
        )
        .when_patched(
            "Reconciler/custom-http",
            json!({"metadata": {"annotations": {"innkeeper.dev/approved": digest}}}),
        )
        .then("Deployment/web", image("measutosh/http-sorver"));
}
