//! Workbenches, whose spec is the outcome of their guest, and what their children are made of.

use innkeeper_controlplane::{Mark, Request};
use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

/// The kind.
pub(crate) const KIND: &str = "Workbench";
/// As whom the host applies the children of that kind.
pub(crate) const MANAGER: &str = "innkeeper.Workbench.test.innkeeper.dev";

/// One Workbench.
#[derive(Clone)]
pub(crate) struct Bench {
    name: String,
    spec: Value,
}

impl Bench {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), spec: json!({"children": []}) }
    }

    /// With that child.
    pub(crate) fn child(self, manifest: Value) -> Self {
        self.child_with(manifest, json!({}))
    }

    /// With that child, and more said of it: `wave`, `policy`, `release`.
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
        let meta = json!({"name": self.name});
        let object = json!({"apiVersion": "test.innkeeper.dev/v1", "kind": KIND, "metadata": meta, "spec": self.spec});
        house.apply(&object.to_string());
    }

    /// Applies it and waits until it is ready.
    pub(crate) fn apply_ready(&self, house: &House) {
        self.apply(house);
        house.wait_for_condition(KIND, &self.name, "Ready", "True");
    }
}

pub(crate) fn config_map(name: &str, word: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"word": word}})
}

/// No ConfigMap that the API server takes: a key of its data is none.
pub(crate) fn invalid_config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"no/key": "word"}})
}

/// A Deployment whose Pods carry that label; nodes that have no such label run none of them.
pub(crate) fn deployment(name: &str, app: &str, node: &Value) -> Value {
    let containers = json!([{"name": "app", "image": "example.com/app:1"}]);
    let pod = json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": containers, "nodeSelector": node}});
    let spec = json!({"selector": {"matchLabels": {"app": app}}, "template": pod});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec})
}

/// Waits until the object is stalled for that reason and says these words.
pub(crate) fn stalled(house: &House, name: &str, reason: &str, words: &[&str]) -> String {
    let mut message = String::new();
    house.eventually(&format!("{KIND} {name} is stalled by {reason} and says {words:?}"), || {
        let object = house.get(KIND, name);
        let one = condition(&object, "Stalled").unwrap_or_default();
        message = one["message"].as_str().unwrap_or_default().to_owned();
        let is_so = one["status"] == "True"
            && one["reason"] == reason
            && one["observedGeneration"] == object["metadata"]["generation"]
            && words.iter().all(|word| message.contains(word));
        if is_so { Ok(()) } else { Err(one.to_string()) }
    });
    message
}

/// An object of any kind, by what kubectl calls it; none if it is not there.
pub(crate) fn look(house: &House, arguments: &[&str]) -> Option<Value> {
    let said =
        house.kubectl(&[&["get", "--ignore-not-found", "--show-managed-fields", "-o", "json"], arguments].concat());
    serde_json::from_str(&said).ok()
}

/// The managers in an object's managedFields that hold the field at this pointer (`/f:spec/f:replicas`).
pub(crate) fn holders(object: &Value, pointer: &str) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let holding = entries.iter().filter(|entry| entry["fieldsV1"].pointer(pointer).is_some());
    holding.map(|entry| entry["manager"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Changes an object by merge patch under that field manager.
pub(crate) fn patch(house: &House, kind: &str, name: &str, manager: &str, patch: &Value) {
    let manager = format!("--field-manager={manager}");
    house.kubectl(&["patch", kind, name, "--type=merge", &manager, "-p", &patch.to_string()]);
}

/// What the host asked about objects of a resource since the mark, `verb code` each, `dry-run` where it was one.
pub(crate) fn deeds(house: &House, mark: &Mark, resource: &str) -> Vec<String> {
    let about = |r: &Request| r.resource == resource && !matches!(r.verb.as_str(), "watch" | "list");
    let word = |r: &Request| if r.uri.contains("dryRun=All") { "dry-run".to_owned() } else { r.verb.clone() };
    house.requests_since(mark).iter().filter(|r| about(r)).map(|r| format!("{} {}", word(r), r.code)).collect()
}

/// That the host asks for nothing while nothing changes.
pub(crate) fn is_quiet(house: &House) {
    house.wait_until_quiet();
    let writes = house.writes_during(std::time::Duration::from_secs(4));
    assert!(writes.is_empty(), "nothing changed, and yet: {writes:#?}");
}

/// Adds to what the Reconciler of Workbenches permits under a verb, as a person would.
pub(crate) fn permit(house: &House, verb: &str, more: &Value) {
    let mut list =
        house.get("Reconciler", "workbench")["spec"]["permissions"][verb].as_array().cloned().unwrap_or_default();
    if !list.contains(more) {
        list.push(more.clone());
        let patch = json!({"spec": {"permissions": {verb: list}}}).to_string();
        house.kubectl(&["patch", "reconciler", "workbench", "--type=merge", "--patch", &patch]);
    }
}
