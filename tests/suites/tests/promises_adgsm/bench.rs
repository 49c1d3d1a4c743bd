//! Objects of the guests for tests, which do as their spec says, and what their children are made of.

use std::time::Duration;

use innkeeper_controlplane::Request;
use innkeeper_suites::House;
use serde_json::{Value, json};

/// The kind whose guest gives the outcome that its spec holds.
pub(crate) const KIND: &str = "Workbench";
/// Longer than anything takes that the host does at once.
pub(crate) const A_WHILE: Duration = Duration::from_secs(5);

/// One object whose spec is the outcome.
pub(crate) struct Bench {
    kind: &'static str,
    pub(crate) name: &'static str,
    spec: Value,
}

impl Bench {
    pub(crate) fn new(name: &'static str) -> Self {
        Self::of(KIND, name)
    }

    pub(crate) fn of(kind: &'static str, name: &'static str) -> Self {
        Self { kind, name, spec: json!({"children": []}) }
    }

    /// With that child.
    pub(crate) fn child(self, manifest: Value) -> Self {
        self.child_with(manifest, json!({}))
    }

    /// With that child, and more said of it: `wave`, `policy`, `exclusive`, `shared`.
    pub(crate) fn child_with(mut self, manifest: Value, more: Value) -> Self {
        let mut child = more;
        child["manifest"] = manifest;
        self.spec["children"].as_array_mut().unwrap().push(child);
        self
    }

    /// With that field of the spec.
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.spec[field] = value;
        self
    }

    /// `kubectl apply` of it.
    pub(crate) fn apply(&self, house: &House) {
        let object = json!({
            "apiVersion": "test.innkeeper.dev/v1",
            "kind": self.kind,
            "metadata": {"name": self.name},
            "spec": self.spec,
        });
        house.apply(&object.to_string());
    }

    /// Applies it and waits until it is ready.
    pub(crate) fn apply_ready(&self, house: &House) {
        self.apply(house);
        house.wait_for_condition(self.kind, self.name, "Ready", "True");
    }
}

pub(crate) fn config_map(name: &str, word: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"word": word}})
}

/// No ConfigMap that the API server takes: a key of its data is none.
pub(crate) fn invalid_config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"no/key": "word"}})
}

/// A Deployment that does not say how many replicas it wants.
pub(crate) fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {"team": "kitchen"}, "annotations": {"menu": "soup"}},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]},
            },
        },
    })
}

pub(crate) fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 8080}]},
    })
}

/// What is there under that name, of kinds that the suites' client does not know too.
pub(crate) fn look(house: &House, arguments: &[&str]) -> Option<Value> {
    let said = house.kubectl(&[&["get", "--ignore-not-found", "-o", "json"], arguments].concat());
    serde_json::from_str(&said).ok()
}

/// Changes an object by merge patch under that field manager.
pub(crate) fn patch(house: &House, kind: &str, name: &str, manager: &str, patch: &Value) {
    let manager = format!("--field-manager={manager}");
    house.kubectl(&["patch", kind, name, "--type=merge", &manager, "-p", &patch.to_string()]);
}

/// Every version of the objects of a path since that resourceVersion, as a watch tells them: what a test
/// that looks from time to time could miss.
pub(crate) fn history(house: &House, path: &str, since: &Value) -> Vec<Value> {
    let since = since["metadata"]["resourceVersion"].as_str().unwrap();
    let path = format!("{path}?watch=true&resourceVersion={since}&timeoutSeconds=3");
    let told = house.kubectl(&["get", "--raw", &path]);
    told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["object"].clone()).collect()
}

/// The path of the benches of a house.
pub(crate) fn benches(house: &House) -> String {
    format!("/apis/test.innkeeper.dev/v1/namespaces/{}/workbenches", house.namespace())
}

/// Where among the requests the first is that does this to that resource.
pub(crate) fn position(requests: &[Request], verb: &str, resource: &str, name: &str) -> Option<usize> {
    requests.iter().position(|r| {
        r.verb == verb && r.resource == resource && r.subresource.is_none() && r.name.as_deref() == Some(name)
    })
}

/// Requests as text, for people.
pub(crate) fn told(requests: &[Request]) -> String {
    requests.iter().map(|request| format!("{request}\n")).collect()
}
