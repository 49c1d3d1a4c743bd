//! Objects of the guests for tests, which do as their spec says.

use innkeeper_suites::House;
use serde_json::{Value, json};

/// The kind whose guest gives the outcome that its spec holds.
pub(crate) const KIND: &str = "Workbench";
/// Another one.
pub(crate) const OTHER: &str = "FinalBench";

/// An object of a kind whose guest does as this spec says.
pub(crate) fn bench(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "test.innkeeper.dev/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// `kubectl apply` of objects, all at once. JSON is YAML.
pub(crate) fn apply(house: &House, objects: &[Value]) {
    house.apply(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string());
}

/// The spec of an object with these children.
pub(crate) fn children(manifests: &[Value]) -> Value {
    json!({"children": manifests.iter().map(|manifest| json!({"manifest": manifest})).collect::<Vec<_>>()})
}

/// A ConfigMap that says `text`.
pub(crate) fn config_map(name: &str, text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}})
}
