//! What the real API server was seen to do (1.36), where no other test here says it.

use innkeeper_harness::server::{How, Propagation, Server};
use serde_json::json;

use crate::cluster::{CRD, apply, at, cluster, yaml};

fn deployment(port: u32, label: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{selector: {{matchLabels: {{a: {label}}}}}, \
         template: {{metadata: {{labels: {{a: {label}}}}}, spec: {{containers: [{{name: c, image: i, ports: [{{name: http, containerPort: {port}}}]}}]}}}}}}}}"
    )
}

#[test]
fn a_container_port_edited_by_hand_makes_the_next_apply_invalid() {
    let mut server = cluster();
    apply(&mut server, "we", &deployment(80, "b")).unwrap();
    let d = at(&server, "Deployment/d");
    let port =
        json!([{"op": "replace", "path": "/spec/template/spec/containers/0/ports/0/containerPort", "value": 81}]);
    server.patch(&d, &port, &How::by("kubectl").lenient()).unwrap();
    let refused = server.apply(&d, &yaml(&deployment(80, "b")), true, &How::by("we")).unwrap_err();
    assert_eq!(refused.code, 422);
    assert!(refused.message.contains(r#"ports[1].name: Duplicate value: "http""#), "{refused}");
}

#[test]
fn a_selector_cannot_be_changed() {
    let mut server = cluster();
    apply(&mut server, "we", &deployment(80, "b")).unwrap();
    let refused = apply(&mut server, "we", &deployment(80, "c")).unwrap_err();
    assert!(refused.code == 422 && refused.message.contains("spec.selector"), "{refused}");
    assert!(refused.message.contains("field is immutable"), "{refused}");
}

#[test]
fn a_key_that_another_manager_owns_too_stays_when_we_drop_it() {
    let mut server = cluster();
    let map = |data: &str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m}}, data: {{{data}}}}}");
    apply(&mut server, "we", &map("a: one, b: two")).unwrap();
    apply(&mut server, "they", &map("a: one")).unwrap();
    let after = apply(&mut server, "we", &map("")).unwrap();
    assert_eq!(after["data"], json!({"a": "one"}));
}

#[test]
fn a_status_field_that_the_crd_does_not_declare_fails_an_apply_and_is_dropped_by_a_merge_patch() {
    let mut server = cluster();
    apply(&mut server, "they", CRD).unwrap();
    apply(&mut server, "they", "{apiVersion: example.com/v1, kind: Inn, metadata: {name: i}}").unwrap();
    let i = at(&server, "Inn/i");
    let status = yaml("{apiVersion: example.com/v1, kind: Inn, metadata: {name: i}, status: {guests: 2, stars: 5}}");
    let refused = server.apply(&i, &status, true, &How::by("we").to_status()).unwrap_err();
    assert!(refused.message.contains(".status.stars: field not declared in schema"), "{refused}");
    let merged = server.merge(&i, &json!({"status": {"guests": 2, "stars": 5}}), &How::by("we").lenient().to_status());
    assert_eq!(merged.unwrap()["status"], json!({"guests": 2}));
}

#[test]
fn a_json_patch_whose_test_fails_changes_nothing() {
    let mut server = cluster();
    apply(&mut server, "they", "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {a: one}}").unwrap();
    let m = at(&server, "ConfigMap/m");
    let patch = json!([
        {"op": "replace", "path": "/data/a", "value": "two"},
        {"op": "test", "path": "/metadata/uid", "value": "another"},
    ]);
    assert_eq!(server.patch(&m, &patch, &How::by("we")).unwrap_err().code, 422);
    assert_eq!(server.get(&m).unwrap()["data"]["a"], "one");
}

/// Two ConfigMaps, and a Secret that both own; the first is blocked by it where `block` says so.
fn family(block: bool) -> Server {
    let mut server = cluster();
    let mut owners = Vec::new();
    for name in ["first", "second"] {
        let map = format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}");
        let uid = apply(&mut server, "they", &map).unwrap()["metadata"]["uid"].as_str().unwrap().to_owned();
        let block = if block { ", blockOwnerDeletion: true" } else { "" };
        owners.push(format!("{{apiVersion: v1, kind: ConfigMap, name: {name}, uid: {uid}{block}}}"));
    }
    let owned =
        format!("{{apiVersion: v1, kind: Secret, metadata: {{name: s, ownerReferences: [{}]}}}}", owners.join(", "));
    apply(&mut server, "they", &owned).unwrap();
    server
}

#[test]
fn what_has_another_owner_stays_and_forgets_the_one_that_went() {
    let mut server = family(false);
    for (owner, propagation) in
        [("ConfigMap/first", Propagation::Background), ("ConfigMap/second", Propagation::Foreground)]
    {
        assert!(server.get(&at(&server, "Secret/s")).is_some(), "{owner} is there still");
        let owner = at(&server, owner);
        server.delete(&owner, None, propagation).unwrap();
        while server.collect() {}
        let left = server.get(&at(&server, "Secret/s")).map(|secret| secret["metadata"]["ownerReferences"].clone());
        let names = left.map(|left| left.as_array().map_or(0, Vec::len));
        assert_eq!(names, (propagation == Propagation::Background).then_some(1));
    }
}

#[test]
fn only_what_says_so_holds_an_owner_back_that_is_deleted_in_the_foreground() {
    for block in [true, false] {
        let mut server = family(block);
        let (secret, second) = (at(&server, "Secret/s"), at(&server, "ConfigMap/second"));
        server.merge(&secret, &json!({"metadata": {"finalizers": ["example.com/mine"]}}), &How::by("they")).unwrap();
        for owner in ["ConfigMap/first", "ConfigMap/second"] {
            let owner = at(&server, owner);
            server.delete(&owner, None, Propagation::Foreground).unwrap();
        }
        while server.collect() {}
        assert!(server.get(&secret).unwrap()["metadata"]["deletionTimestamp"].is_string());
        assert_eq!(server.get(&second).is_some(), block);
    }
}

#[test]
fn an_owner_in_another_namespace_is_none() {
    let mut server = cluster();
    server.ensure_namespace("shop");
    let owner = apply(&mut server, "they", "{apiVersion: v1, kind: ConfigMap, metadata: {name: owner}}").unwrap();
    let uid = owner["metadata"]["uid"].as_str().unwrap();
    let owned = format!(
        "{{apiVersion: v1, kind: Secret, metadata: {{name: s, namespace: shop, ownerReferences: [{{apiVersion: v1, kind: ConfigMap, name: owner, uid: {uid}}}]}}}}"
    );
    let made = apply(&mut server, "they", &owned).unwrap();
    while server.collect() {}
    assert_eq!(server.get(&server.address(&made, None).unwrap()), None);
}
