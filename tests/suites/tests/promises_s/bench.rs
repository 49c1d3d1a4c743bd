//! Objects of the guest for tests, which does as their spec says.

use innkeeper_suites::House;
use serde_json::{Value, json};

/// The kind whose guest gives the outcome that its spec holds.
pub(crate) const KIND: &str = "Workbench";

/// `kubectl apply` of a Workbench with that spec.
pub(crate) fn apply(house: &House, name: &str, spec: &Value) {
    let object = json!({
        "apiVersion": "test.innkeeper.dev/v1", "kind": KIND, "metadata": {"name": name}, "spec": spec,
    });
    house.apply(&object.to_string());
}

/// A ConfigMap as a child.
pub(crate) fn config_map(name: &str, word: &str) -> Value {
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"word": word}});
    json!({ "manifest": manifest })
}
