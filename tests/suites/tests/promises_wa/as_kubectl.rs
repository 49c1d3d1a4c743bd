//! What the tests apply themselves is what kubectl would have applied, to the field: who reads `house.apply` in a test may
//! read `kubectl apply`.

use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::bench::KIND;

/// What is applied, one after the other: made, changed (a value, a list, a field and an annotation that go, one that comes),
/// and the same again.
fn turns() -> [Value; 4] {
    let spec = |children: Value, more: Value| {
        let mut spec = json!({"children": children});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let child = |name: &str| json!({"manifest": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}});
    let (one, two) = (child("one"), child("two"));
    let notes = |notes: Value| json!({"annotations": notes, "labels": {"colour": "red"}});
    [
        json!({"metadata": notes(json!({"a": "1", "b": "2"})), "spec": spec(json!([one]), json!({"requeueAfterMs": 60_000}))}),
        json!({"metadata": notes(json!({"b": "3", "c": "4"})), "spec": spec(json!([two, one]), json!({}))}),
        json!({"metadata": notes(json!({"b": "3", "c": "4"})), "spec": spec(json!([two, one]), json!({}))}),
        json!({"spec": spec(json!([two]), json!({}))}),
    ]
}

#[test]
fn what_tests_apply_is_what_kubectl_applies() {
    let house = House::alone(&[]);
    let text = |name: &str, turn: &Value| {
        let mut object = json!({"apiVersion": "test.innkeeper.dev/v1", "kind": KIND});
        object.as_object_mut().unwrap().extend(turn.as_object().unwrap().clone());
        object["metadata"]["name"] = json!(name);
        object.to_string()
    };
    // What differs by nature: which object it is, and when.
    let told = |name: &str| {
        let mut object = house.get(KIND, name);
        for field in ["name", "uid", "resourceVersion", "creationTimestamp"] {
            object["metadata"].as_object_mut().unwrap().remove(field);
        }
        for entry in object["metadata"]["managedFields"].as_array_mut().unwrap() {
            entry.as_object_mut().unwrap().remove("time");
        }
        object.to_string().replace(name, "NAME")
    };
    let mut versions = Vec::new();
    for turn in turns() {
        house.kubectl_with(&["apply", "-f", "-"], &text("by-kubectl", &turn));
        house.apply(&text("by-a-test", &turn));
        assert_eq!(told("by-a-test"), told("by-kubectl"), "{turn}");
        versions.push(house.get(KIND, "by-a-test")["metadata"]["resourceVersion"].clone());
    }
    assert!(versions[1] == versions[2] && versions[0] != versions[1], "{versions:?}");
}
