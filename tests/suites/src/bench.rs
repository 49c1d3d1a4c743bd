//! Objects of the guests for tests, whose spec is the outcome that their guest gives, and simple children of them.

use serde_json::{Value, json};

use crate::house::House;

/// The kind of [`Bench::new`].
pub const KIND: &str = "Workbench";

/// One object whose spec is the outcome.
#[derive(Clone)]
pub struct Bench {
    kind: &'static str,
    /// Its name.
    pub name: String,
    spec: Value,
}

impl Bench {
    /// A Workbench that wants nothing.
    pub fn new(name: &str) -> Self {
        Self::of(KIND, name)
    }

    /// The same of another kind whose guest does as the spec says.
    pub fn of(kind: &'static str, name: &str) -> Self {
        Self { kind, name: name.into(), spec: json!({"children": []}) }
    }

    /// With that child.
    pub fn child(self, manifest: Value) -> Self {
        self.child_with(manifest, json!({}))
    }

    /// With that child, and more said of it: `wave`, `policy`, `exclusive`, `shared`, `release`.
    pub fn child_with(mut self, manifest: Value, more: Value) -> Self {
        let mut child = more;
        child["manifest"] = manifest;
        self.spec["children"].as_array_mut().unwrap().push(child);
        self
    }

    /// With that field of the spec.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.spec[field] = value;
        self
    }

    /// `kubectl apply` of it.
    pub fn apply(&self, house: &House) {
        let object = json!({
            "apiVersion": "test.innkeeper.dev/v1",
            "kind": self.kind,
            "metadata": {"name": self.name},
            "spec": self.spec,
        });
        house.apply(&object.to_string());
    }

    /// Applies it and waits until it is ready.
    pub fn apply_ready(&self, house: &House) {
        self.apply(house);
        house.wait_for_condition(self.kind, &self.name, "Ready", "True");
    }
}

/// A ConfigMap with that word in it.
pub fn config_map(name: &str, word: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"word": word}})
}

/// No ConfigMap that the API server takes: a key of its data is none.
pub fn invalid_config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"no/key": "word"}})
}

/// Changes an object by merge patch under that field manager.
pub fn patch(house: &House, kind: &str, name: &str, manager: &str, patch: &Value) {
    house.cluster.client.patch(kind, Some(house.namespace()), name, manager, patch);
}
