//! What the simulated API server will not have, and what it says of it.

use innkeeper_harness::server::How;
use serde_json::json;

use crate::cluster::{CRD, apply, at, cluster, yaml};

#[test]
fn what_is_wrong_is_said_as_the_real_one_says_it() {
    let mut server = cluster();
    apply(&mut server, "they", CRD).unwrap();
    for (object, code, words) in [
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {not a key: x}}",
            422,
            "data[not a key]: Invalid value: \"not a key\": a valid config key",
        ),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: M}}", 422, "metadata.name: Invalid value: \"M\""),
        ("{apiVersion: v1, kind: Service, metadata: {name: 1s}, spec: {ports: [{port: 1}]}}", 422, "a DNS-1035 label"),
        (
            "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 70000}]}}",
            422,
            "must be between 1 and 65535",
        ),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, dta: {}}", 500, ".dta: field not declared in schema"),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {a: 1}}",
            400,
            "cannot be handled as a ConfigMap",
        ),
        (
            "{apiVersion: example.com/v1, kind: Inn, metadata: {name: i}, spec: {rooms: 0}}",
            422,
            "Inn.example.com \"i\" is invalid: spec.rooms: Invalid value: 0: spec.rooms in body should be greater than or equal to 1",
        ),
        (
            "{apiVersion: example.com/v1, kind: Inn, metadata: {name: i}, spec: {beds: [{wide: true}]}}",
            422,
            "spec.beds[0].name: Required value",
        ),
        (
            "{apiVersion: example.com/v1, kind: Inn, metadata: {name: i}, spec: {rooms: many}}",
            500,
            ".spec.rooms: expected numeric (int or float), got string",
        ),
    ] {
        let refused = apply(&mut server, "we", object).expect_err(object);
        assert_eq!(refused.code, code, "{refused}");
        assert!(refused.message.contains(words), "{refused}");
    }
}

#[test]
fn what_cannot_be_changed_is_refused() {
    let mut server = cluster();
    let job = |image: &str| {
        format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{name: j}}, spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: {image}}}]}}}}}}}}"
        )
    };
    apply(&mut server, "we", &job("one")).unwrap();
    let refused = apply(&mut server, "we", &job("two")).unwrap_err();
    assert!(refused.code == 422 && refused.message.contains("field is immutable"), "{refused}");
    let pod = |env: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, image: i, env: [{{name: A, value: {env}}}]}}]}}}}"
        )
    };
    apply(&mut server, "we", &pod("a")).unwrap();
    let refused = apply(&mut server, "we", &pod("b")).unwrap_err();
    assert!(refused.message.contains("spec: Forbidden: pod updates may not change fields other than"), "{refused}");
}

#[test]
fn a_kind_without_a_status_has_none_to_write_and_an_unknown_kind_is_said() {
    let mut server = cluster();
    apply(&mut server, "they", "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}").unwrap();
    let m = at(&server, "ConfigMap/m");
    let status = server.merge(&m, &json!({"status": {"x": 1}}), &How::by("we").to_status());
    assert_eq!(status.unwrap_err().code, 404);
    let why = server.address(&yaml("{apiVersion: v1, kind: ConfigMp, metadata: {name: m}}"), None).unwrap_err();
    assert!(why.contains("does not know the kind ConfigMp (did you mean ConfigMap?)"), "{why}");
    let why =
        server.address(&yaml("{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: m}}"), None).unwrap_err();
    assert_eq!(why, "Deployment is served as apps/v1, not as apps/v1beta1");
}

#[test]
fn a_name_is_made_where_only_its_beginning_is_given() {
    let mut server = cluster();
    let job = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "run-"}});
    let at = server.address(&job, None).unwrap();
    let names: Vec<String> = (0..2)
        .map(|_| server.create(&at, &job, &How::by("we")).unwrap()["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(names[0] != names[1] && names.iter().all(|name| name.starts_with("run-") && name.len() == 9), "{names:?}");
}
