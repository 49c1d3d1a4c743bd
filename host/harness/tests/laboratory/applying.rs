//! Server-side apply, as the real API server was seen to do it.

use innkeeper_harness::server::How;
use serde_json::{Value, json};

use crate::cluster::{CRD, apply, at, cluster, yaml};

const MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {a: one}}";

fn deployment(replicas: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{{replicas} selector: {{matchLabels: {{a: b}}}}, \
         template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: c, image: i}}]}}}}}}}}"
    )
}

fn managers(object: &Value) -> Vec<String> {
    let all = object["metadata"]["managedFields"].as_array().unwrap();
    all.iter().map(|entry| format!("{} {}", entry["manager"].as_str().unwrap(), entry["fieldsV1"])).collect()
}

#[test]
fn other_keys_are_merged_silently_and_the_same_key_is_a_conflict() {
    let mut server = cluster();
    apply(&mut server, "they", MAP).unwrap();
    apply(&mut server, "we", &MAP.replace("a: one", "b: two")).unwrap();
    assert_eq!(server.get(&at(&server, "ConfigMap/m")).unwrap()["data"], json!({"a": "one", "b": "two"}));
    let refused = apply(&mut server, "we", &MAP.replace("a: one", "a: mine")).unwrap_err();
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (409, "Apply failed with 1 conflict: conflict with \"they\" using v1: .data.a")
    );
    // Of one opinion, both own it.
    apply(&mut server, "we", MAP).unwrap();
    let both = managers(&server.get(&at(&server, "ConfigMap/m")).unwrap());
    assert_eq!(both, [r#"they {"f:data":{"f:a":{}}}"#, r#"we {"f:data":{"f:a":{}}}"#]);
}

#[test]
fn force_takes_a_field_and_what_is_left_out_goes() {
    let mut server = cluster();
    apply(&mut server, "they", &MAP.replace("a: one", "a: one, b: two")).unwrap();
    let (map, object) = (at(&server, "ConfigMap/m"), yaml(&MAP.replace("a: one", "a: mine")));
    server.apply(&map, &object, true, &How::by("we")).unwrap();
    assert_eq!(managers(&server.get(&map).unwrap()), [r#"they {"f:data":{"f:b":{}}}"#, r#"we {"f:data":{"f:a":{}}}"#]);
    server.apply(&map, &yaml(&MAP.replace("a: one", "")), true, &How::by("we")).unwrap();
    assert_eq!(server.get(&map).unwrap()["data"], json!({"b": "two"}));
}

#[test]
fn a_field_that_only_we_own_falls_back_to_its_default_and_under_a_second_manager_it_stays() {
    let mut server = cluster();
    let replicas = |object: Value| object["spec"]["replicas"].clone();
    apply(&mut server, "we", &deployment("replicas: 5,")).unwrap();
    assert_eq!(replicas(apply(&mut server, "we", &deployment("")).unwrap()), 1);
    apply(&mut server, "we", &deployment("replicas: 5,")).unwrap();
    let live = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 5}}";
    apply(&mut server, "released", live).unwrap();
    assert_eq!(replicas(apply(&mut server, "we", &deployment("")).unwrap()), 5);
}

#[test]
fn an_apply_that_changes_nothing_leaves_the_version_as_it_was() {
    let mut server = cluster();
    let version = |object: Value| object["metadata"]["resourceVersion"].clone();
    let first = version(apply(&mut server, "we", &deployment("replicas: 2,")).unwrap());
    assert_eq!(version(apply(&mut server, "we", &deployment("replicas: 2,")).unwrap()), first);
}

#[test]
fn an_entry_of_a_keyed_list_that_was_renamed_by_hand_leaves_both() {
    let mut server = cluster();
    apply(&mut server, "we", &deployment("")).unwrap();
    let name = json!([{"op": "replace", "path": "/spec/template/spec/containers/0/name", "value": "stranger"}]);
    let d = at(&server, "Deployment/d");
    server.patch(&d, &name, &How::by("kubectl").lenient()).unwrap();
    let (after, _) = server.apply(&d, &yaml(&deployment("")), true, &How::by("we")).unwrap();
    let names: Vec<&Value> =
        after["spec"]["template"]["spec"]["containers"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    assert_eq!(names, ["stranger", "c"]);
}

#[test]
fn a_service_port_edited_by_hand_makes_the_next_apply_invalid() {
    let mut server = cluster();
    let service = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{name: http, port: 80}]}}";
    apply(&mut server, "we", service).unwrap();
    let port = json!([{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]);
    let s = at(&server, "Service/s");
    server.patch(&s, &port, &How::by("kubectl").lenient()).unwrap();
    let refused = server.apply(&s, &yaml(service), true, &How::by("we")).unwrap_err();
    assert_eq!(refused.code, 422);
    assert!(refused.message.contains(r#"spec.ports[1].name: Duplicate value: "http""#), "{refused}");
}

#[test]
fn the_uid_of_an_object_that_is_gone_never_creates() {
    let mut server = cluster();
    let (m, mut object) = (at(&server, "ConfigMap/m"), yaml(MAP));
    object["metadata"]["uid"] = "gone".into();
    assert_eq!(server.apply(&m, &object, true, &How::by("we")).unwrap_err().code, 409);
    assert_eq!(server.get(&m), None);
}

#[test]
fn an_empty_map_of_a_built_in_kind_is_none() {
    let mut server = cluster();
    let made = apply(&mut server, "we", "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {}}").unwrap();
    assert_eq!(made.get("data"), None);
    assert_eq!(managers(&made), [r#"we {"f:data":{}}"#], "and it is owned");
}

#[test]
fn a_crd_fills_in_drops_and_merges_by_key() {
    let mut server = cluster();
    apply(&mut server, "they", CRD).unwrap();
    let inn = |spec: &str| format!("{{apiVersion: example.com/v1, kind: Inn, metadata: {{name: i}}, spec: {spec}}}");
    let made = apply(&mut server, "they", &inn("{beds: [{name: a, wide: true}]}")).unwrap();
    assert_eq!((&made["spec"]["rooms"], &made["metadata"]["generation"]), (&json!(4), &json!(1)));
    let both = apply(&mut server, "we", &inn("{beds: [{name: b}]}")).unwrap();
    assert_eq!(both["spec"]["beds"], json!([{"name": "a", "wide": true}, {"name": "b"}]));
    assert_eq!(both["metadata"]["generation"], 2);
    let refused = apply(&mut server, "we", &inn("{stars: 5}")).unwrap_err();
    assert!(refused.message.ends_with(".spec.stars: field not declared in schema"), "{refused}");
    let i = at(&server, "Inn/i");
    let patched = server.merge(&i, &json!({"spec": {"stars": 5}}), &How::by("they").lenient()).unwrap();
    assert_eq!(patched["spec"].get("stars"), None, "a patch drops it silently");
    let status = server
        .merge(&i, &json!({"status": {"guests": 3}, "spec": {"rooms": 9}}), &How::by("we").lenient().to_status())
        .unwrap();
    assert_eq!(
        (&status["status"]["guests"], &status["spec"]["rooms"], &status["metadata"]["generation"]),
        (&json!(3), &json!(4), &json!(2))
    );
}

#[test]
fn a_patch_of_an_older_version_is_a_conflict_and_a_dry_run_keeps_nothing() {
    let mut server = cluster();
    apply(&mut server, "they", MAP).unwrap();
    let m = at(&server, "ConfigMap/m");
    let old = json!({"metadata": {"resourceVersion": "1"}, "data": {"a": "late"}});
    assert_eq!(server.merge(&m, &old, &How::by("we")).unwrap_err().code, 409);
    let dry = How { dry_run: true, ..How::by("they") };
    server.apply(&m, &yaml(&MAP.replace("one", "two")), false, &dry).unwrap();
    assert_eq!(server.get(&m).unwrap()["data"]["a"], "one");
}
