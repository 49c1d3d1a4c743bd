//! Workbenches: objects whose spec says which outcome their guest gives.

use innkeeper_controlplane::{Mark, Request};
use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

/// The kind whose objects say themselves what their children are.
pub(crate) const KIND: &str = "Workbench";
/// Its name for kubectl.
pub(crate) const KUBECTL: &str = "workbenches.test.innkeeper.dev";
/// As whom the host applies the children of that kind.
pub(crate) const MANAGER: &str = "innkeeper.Workbench.test.innkeeper.dev";

/// A Workbench whose guest gives this outcome. JSON is YAML.
pub(crate) fn bench(name: &str, spec: &Value) -> String {
    json!({"apiVersion": "test.innkeeper.dev/v1", "kind": KIND, "metadata": {"name": name}, "spec": spec}).to_string()
}

/// A Workbench with these children.
pub(crate) fn bench_with(name: &str, children: &[Value]) -> String {
    bench(name, &children_of(children))
}

/// The spec of a Workbench with these children.
pub(crate) fn children_of(children: &[Value]) -> Value {
    json!({"children": children.iter().map(|manifest| json!({"manifest": manifest})).collect::<Vec<_>>()})
}

/// A ConfigMap that says `text`.
pub(crate) fn config_map(name: &str, text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}})
}

/// The same object in a namespace that is named.
pub(crate) fn within(mut manifest: Value, namespace: &str) -> Value {
    manifest["metadata"]["namespace"] = namespace.into();
    manifest
}

/// A ClusterRole that lets ConfigMaps be read.
pub(crate) fn cluster_role(name: &str) -> Value {
    let rules = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]);
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
}

/// Lets children of the kind that a Reconciler is for be ConfigMaps in any namespace, ClusterRoles and
/// Workbenches, as a person would: by widening its permissions.
pub(crate) fn widen(house: &House, reconciler: &str) {
    let wide = json!([
        {"group": "", "kinds": ["ConfigMap"], "reach": "All"},
        {"group": "rbac.authorization.k8s.io", "kinds": ["ClusterRole"], "reach": "Cluster"},
        {"group": "test.innkeeper.dev", "kinds": [KIND], "reach": "Own"},
    ]);
    let mut apply = permissions(house, reconciler, "apply");
    let missing: Vec<Value> = wide.as_array().unwrap().iter().filter(|one| !apply.contains(one)).cloned().collect();
    if !missing.is_empty() {
        apply.extend(missing);
        permit(house, reconciler, "apply", &apply);
    }
}

/// What a Reconciler permits under one of its verbs.
pub(crate) fn permissions(house: &House, reconciler: &str, verb: &str) -> Vec<Value> {
    house.eventually("the host made the Reconciler", || house.find("Reconciler", reconciler).is_some());
    house.get("Reconciler", reconciler)["spec"]["permissions"][verb].as_array().cloned().unwrap_or_default()
}

/// Says anew what a Reconciler permits under one of its verbs.
pub(crate) fn permit(house: &House, reconciler: &str, verb: &str, list: &[Value]) {
    let patch = json!({"spec": {"permissions": {verb: list}}}).to_string();
    house.patch("reconciler", reconciler, &patch);
}

/// A Workbench that must be there.
pub(crate) fn object(house: &House, name: &str) -> Value {
    house.find(KIND, name).unwrap_or_else(|| panic!("there is no {KIND} {name}\n{}", house.state()))
}

/// Waits until a Workbench is ready.
pub(crate) fn wait_until_ready(house: &House, name: &str) {
    house.eventually(&format!("{KIND} {name} is ready"), || {
        let object = object(house, name);
        let ready = condition(&object, "Ready").unwrap_or_default();
        let is_so = ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"];
        if is_so { Ok(()) } else { Err(object["status"].to_string()) }
    });
}

/// Waits until an object is stalled for that reason; returns the message.
pub(crate) fn stalled(house: &House, name: &str, reason: &str) -> String {
    let mut message = String::new();
    house.eventually(&format!("{KIND} {name} is stalled by {reason}"), || {
        let one = condition(&object(house, name), "Stalled").unwrap_or_default();
        message = one["message"].as_str().unwrap_or_default().to_owned();
        if one["status"] == "True" && one["reason"] == reason { Ok(()) } else { Err(one.to_string()) }
    });
    message
}

/// Waits until an Event about an object has that reason and says these words.
pub(crate) fn event_says(house: &House, name: &str, reason: &str, words: &[&str]) {
    house.eventually(&format!("an Event about {name} has the reason {reason} and says {words:?}"), || {
        house.list("Event", "").iter().any(|event| {
            let message = event["message"].as_str().unwrap_or_default();
            event["involvedObject"]["name"] == name
                && event["reason"] == reason
                && words.iter().all(|word| message.contains(word))
        })
    });
}

/// What the host has written since the mark to objects of a resource in the house.
pub(crate) fn writes_of(house: &House, mark: &Mark, resource: &str) -> Vec<Request> {
    let all = house.requests_since(mark).into_iter();
    all.filter(|request| request.is_write() && request.resource == resource).collect()
}

/// Requests as lines.
pub(crate) fn lines(requests: &[Request]) -> String {
    requests.iter().map(|request| format!("{request} {}\n", request.uri)).collect()
}
