//! What managedFields say of a manifest. The samples under `samples/` are what kube-apiserver 1.36
//! recorded for these very manifests.

use innkeeper_core::fields::{apply_entry, covers, drift, leaving, managers_of, missing_and_extra, still_owns};
use innkeeper_core::object::Metadata;
use innkeeper_core::paths::Path;
use serde_json::{Value, json};

fn sample(text: &str) -> (Value, Value) {
    let mut sample: Value = serde_json::from_str(text).expect("a sample is JSON");
    (sample["wanted"].take(), sample["owned"].take())
}

fn samples() -> [(Value, Value); 4] {
    [
        sample(include_str!("samples/deployment.json")),
        sample(include_str!("samples/service.json")),
        sample(include_str!("samples/configmap.json")),
        sample(include_str!("samples/thing.json")),
    ]
}

/// Places below an atomic list or map (one leaf covers it), and places that are not tracked.
const COVERED: &[&str] = &[
    "/apiVersion",
    "/kind",
    "/status",
    "/metadata/name",
    "/metadata/namespace",
    "/metadata/ownerReferences/0/",
    "/spec/selector/",
    "/spec/template/spec/tolerations/",
    "/spec/template/spec/volumes/1/configMap/items/",
    "/spec/template/spec/containers/0/args/",
    "/spec/template/spec/containers/0/env/1/valueFrom/fieldRef/",
    "/spec/template/spec/imagePullSecrets/0/",
    "/spec/template/spec/topologySpreadConstraints/0/labelSelector/",
    "/spec/list/",
    "/spec/any/l/",
    // An empty keyed list leaves no trace.
    "/spec/template/spec/initContainers",
];

fn is_covered(pointer: &str) -> bool {
    COVERED.iter().any(|prefix| pointer.starts_with(prefix))
}

/// Every place of a tree, as JSON pointers without the root.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        places(child, &pointer, found);
        found.push(pointer);
    }
}

fn all_places(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    places(value, "", &mut found);
    found
}

fn without(value: &Value, pointer: &str) -> Value {
    let mut changed = value.clone();
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let last = last.replace("~1", "/").replace("~0", "~");
    match changed.pointer_mut(parent).expect("the parent is there") {
        Value::Object(map) => drop(map.remove(&last)),
        Value::Array(list) => drop(list.remove(last.parse().expect("an index"))),
        _ => unreachable!("a parent is a map or a list"),
    }
    changed
}

#[test]
fn a05_an_entry_covers_the_manifest_that_made_it() {
    for (wanted, owned) in samples() {
        assert_eq!(missing_and_extra(&owned, &wanted).to_string(), "no difference");
        assert!(covers(&owned, &wanted));
    }
}

#[test]
fn a05_an_entry_covers_no_manifest_that_lacks_one_path() {
    for (wanted, owned) in samples() {
        for pointer in all_places(&wanted) {
            let fewer = without(&wanted, &pointer);
            let untracked = is_covered(&pointer) || (pointer == "/metadata" && owned.get("f:metadata").is_none());
            assert_eq!(covers(&owned, &fewer), untracked, "without {pointer}");
        }
    }
}

#[test]
fn a05_an_entry_covers_no_manifest_with_one_field_or_entry_more() {
    for (wanted, owned) in samples() {
        for pointer in all_places(&wanted).into_iter().chain([String::new()]) {
            let mut more = wanted.clone();
            // What was empty is a leaf, and looks atomic: the applied digest tells that the manifest grew.
            match more.pointer_mut(&pointer).expect("the place is there") {
                Value::Object(map) if !map.is_empty() => drop(map.insert("added".into(), json!("x"))),
                Value::Array(list) if !list.is_empty() => list.push(json!("added")),
                _ => continue,
            }
            assert_eq!(covers(&owned, &more), is_covered(&format!("{pointer}/")), "more in {pointer}");
        }
    }
}

#[test]
fn a06_an_entry_that_lost_one_path_covers_no_more() {
    // Where we ask for null, owning it or not is the same; an empty list may be atomic or keyed.
    let nothing = [
        "/f:spec/f:replicas",
        "/f:spec/f:template/f:metadata/f:creationTimestamp",
        "/f:spec/f:template/f:spec/f:containers/k:{\"name\":\"app\"}/f:command",
        "/f:spec/f:template/f:spec/f:containers/k:{\"name\":\"app\"}/f:ports/k:{\"containerPort\":80,\"protocol\":\"TCP\"}/f:name",
        "/f:spec/f:externalIPs",
        "/f:spec/f:nul",
        "/f:spec/f:any/f:n",
        "/f:spec/f:any/f:x/f:z",
        "/f:spec/f:keyed/k:{\"a\":\"x\",\"b\":8}/f:n",
        "/f:status",
    ];
    for (wanted, owned) in samples() {
        for pointer in all_places(&owned) {
            let member = pointer.ends_with("/.");
            // A list or map that lost its only leaf is gone; one that stays empty looks atomic.
            let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            let siblings = owned.pointer(parent).and_then(Value::as_object).into_iter().flatten();
            let emptied = siblings.filter(|(raw, _)| *raw != ".").count() == 1;
            if member || (emptied && !parent.is_empty()) {
                continue;
            }
            let lost = without(&owned, &pointer);
            let same = nothing.iter().any(|free| pointer.starts_with(free));
            assert_eq!(covers(&lost, &wanted), same, "lost {pointer}");
        }
    }
}

#[test]
fn an_item_that_leaves_its_protocol_out_is_told_from_one_that_states_it() {
    let owned = json!({"f:spec": {"f:ports": {
        "k:{\"port\":53,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}},
        "k:{\"port\":53,\"protocol\":\"UDP\"}": {".": {}, "f:port": {}, "f:protocol": {}},
    }}});
    let tcp = json!({"port": 53});
    let udp = json!({"port": 53, "protocol": "UDP"});
    assert!(covers(&owned, &json!({"spec": {"ports": [tcp, udp]}})));
    assert!(covers(&owned, &json!({"spec": {"ports": [udp, tcp]}})));
    let difference = missing_and_extra(&owned, &json!({"spec": {"ports": [udp, {"port": 54}]}}));
    assert_eq!(difference.missing, ["spec.ports[1]"]);
    assert_eq!(difference.extra, ["spec.ports[port=53,protocol=TCP]"]);
}

#[test]
fn a_difference_is_said_in_readable_paths_and_is_bounded() {
    let owned = json!({"f:metadata": {"f:finalizers": {"v:\"example.dev/x\"": {}}}, "f:data": {"f:old": {}}});
    let wanted = json!({"metadata": {"name": "a", "finalizers": ["example.dev/y"]}, "data": {"a.conf": "1"}});
    let said = missing_and_extra(&owned, &wanted).to_string();
    assert_eq!(
        said,
        "lost data.a.conf, metadata.finalizers[=example.dev/y]; \
         no longer wanted: data.old, metadata.finalizers[=example.dev/x]"
    );
    let many: serde_json::Map<String, Value> = (0..50).map(|i| (format!("k{i}"), json!("x"))).collect();
    let difference = missing_and_extra(&json!({}), &json!({"data": many}));
    assert_eq!((difference.missing.len(), difference.more), (10, 40));
}

fn meta(entries: Value) -> Metadata {
    serde_json::from_value(json!({"name": "web", "managedFields": entries})).expect("metadata")
}

fn entry(manager: &str, operation: &str, subresource: &str, fields: Value) -> Value {
    json!({"manager": manager, "operation": operation, "subresource": subresource, "apiVersion": "v1", "fieldsV1": fields})
}

#[test]
fn a06_a_map_from_which_everything_was_taken_is_no_atomic_one() {
    // What the API server records when kubectl edits `spec.maps["k.1"].a` of the thing.
    let wanted = json!({"spec": {"maps": {"k.1": {"a": "1"}}}});
    let ours = entry("us", "Apply", "", json!({"f:spec": {"f:maps": {"f:k.1": {}}}}));
    let theirs = entry("kubectl-edit", "Update", "", json!({"f:spec": {"f:maps": {"f:k.1": {"f:a": {}}}}}));
    assert!(still_owns(&meta(json!([ours])), "us", &wanted), "alone it looks atomic");
    let both = meta(json!([ours, theirs]));
    assert!(!still_owns(&both, "us", &wanted));
    assert_eq!(drift(&both, "us", &wanted).missing, ["spec.maps.k.1.a"]);
}

#[test]
fn our_entry_is_the_applied_one_of_the_object_itself() {
    let fields = json!({"f:data": {"f:a": {}}});
    let others = [
        entry("us", "Update", "", fields.clone()),
        entry("us", "Apply", "status", fields.clone()),
        entry("them", "Apply", "", fields.clone()),
    ];
    assert_eq!(apply_entry(&meta(json!(others)), "us"), None);
    assert!(!still_owns(&meta(json!(others)), "us", &json!({"data": {"a": "1"}})));
    assert_eq!(drift(&meta(json!(others)), "us", &json!({"data": {"a": "1"}})).missing, ["data.a"]);
    let with_ours = meta(json!([entry("us", "Apply", "", fields)]));
    assert!(still_owns(&with_ours, "us", &json!({"data": {"a": "1"}})));
}

#[test]
fn the_managers_of_a_place_own_it_or_below_it_or_around_it() {
    let meta = meta(json!([
        entry("hpa", "Update", "scale", json!({"f:spec": {"f:replicas": {}}})),
        entry(
            "us",
            "Apply",
            "",
            json!({"f:spec": {"f:selector": {}, "f:ports": {
            "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}, "f:port": {}}}}})
        ),
        entry(
            "kubectl",
            "Update",
            "",
            json!({"f:spec": {"f:ports": {
            "k:{\"port\":81,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}}}}})
        ),
    ]));
    let of = |path: &str| -> Vec<&str> {
        let path = Path::parse(path).expect("a path");
        managers_of(&meta, &path).into_iter().map(|entry| entry.manager.as_str()).collect()
    };
    assert_eq!(of("spec.replicas"), ["hpa"]);
    assert_eq!(of("spec.ports"), ["us", "kubectl"]);
    assert_eq!(of("spec.ports[port=81]"), ["kubectl"]);
    assert_eq!(of("spec.ports[*].port"), ["us"]);
    assert_eq!(of("spec.selector.app"), ["us"], "an atomic map is owned as one");
    assert_eq!(of("spec.type"), [""; 0]);
}

#[test]
fn a_difference_names_no_more_than_ten_places_and_says_how_many_more_there_are() {
    let all = |count: usize| Value::Object((0..count).map(|n| (format!("k{n:02}"), json!("1"))).collect());
    let owned = |count: usize| Value::Object((0..count).map(|n| (format!("f:k{n:02}"), json!({}))).collect());
    let told = |have: usize, want: usize| {
        missing_and_extra(&json!({"f:data": owned(have)}), &json!({"data": all(want)})).to_string()
    };
    assert_eq!(told(3, 3), "no difference");
    assert_eq!(told(1, 2), "lost data.k01");
    assert_eq!(told(2, 1), "no longer wanted: data.k01");
    let (lost, spare) = (told(1, 14), told(14, 1));
    assert!(lost.contains("data.k10") && !lost.contains("data.k11") && lost.ends_with("; and 3 more"), "{lost}");
    assert!(spare.contains("data.k10") && !spare.contains("data.k11") && spare.ends_with("; and 3 more"), "{spare}");
}

#[test]
fn an_item_that_was_lost_is_named_by_its_name_or_its_place() {
    let wanted = json!({"ports": [{"name": "http", "port": 80}, {"port": 81}, "x"]});
    let owned = json!({"f:ports": {"k:{\"port\":99}": {".": {}, "f:port": {}}}});
    let told = missing_and_extra(&owned, &wanted).to_string();
    assert_eq!(told, "lost ports[name=http], ports[1], ports[=x]; no longer wanted: ports[port=99]");
}

#[test]
fn who_wrote_in_another_version_or_about_the_status_tells_nothing_of_how_a_list_is_kept() {
    let ours = entry("us", "Apply", "", json!({"f:spec": {"f:list": {}}}));
    let wanted = json!({"spec": {"list": [{"a": 1}]}});
    let beside = |version: &str, subresource: &str| {
        let mut other =
            entry("them", "Update", subresource, json!({"f:spec": {"f:list": {"k:{\"a\":1}": {".": {}, "f:a": {}}}}}));
        other["apiVersion"] = version.into();
        still_owns(&meta(json!([ours, other])), "us", &wanted)
    };
    let same = ours["apiVersion"].as_str().unwrap();
    assert!(!beside(same, ""), "the list is kept by its keys, and ours are lost");
    assert!(beside("v9", "") && beside(same, "status"));
}

#[test]
fn a_field_of_every_entry_of_a_list_leaves_where_it_is_no_longer_named() {
    let key = |port: u64| format!("k:{{\"port\":{port}}}");
    let owned = json!({"f:ports": {key(80): {"f:port": {}, "f:nodePort": {}}, key(81): {"f:port": {}}}});
    let list = json!({"ports": [{"port": 80}, {"port": 81}]});
    let path = Path::parse("ports[*].nodePort").unwrap();
    assert_eq!(leaving(&owned, &path, &list, &list), Some(json!({"f:ports": {key(80): {"f:nodePort": {}}}})));
}

#[test]
fn an_entry_is_one_item_only_and_a_second_that_would_fit_it_is_missing() {
    let owned = json!({"f:spec": {"f:ports": {r#"k:{"port":80,"protocol":"SCTP"}"#: {".": {}, "f:port": {}, "f:protocol": {}}}}});
    let ports = |list: Value| json!({"spec": {"ports": list}});
    assert!(covers(&owned, &ports(json!([{"port": 80, "protocol": "SCTP"}]))));
    assert!(!covers(&owned, &ports(json!([{"port": 80, "protocol": "SCTP"}, {"port": 80}]))));
    assert!(!covers(&owned, &ports(json!([{"port": 80, "protocol": "SCTP"}, {"port": 80, "protocol": "SCTP"}]))));
}

#[test]
fn what_is_named_as_a_simple_value_now_is_named() {
    let owned = json!({"f:spec": {"f:port": {"f:name": {}, "f:number": {}}}});
    let path = Path::parse("spec.port").expect("a path");
    assert_eq!(leaving(&owned, &path, &json!({"spec": {"port": "http"}}), &json!({})), None);
}
