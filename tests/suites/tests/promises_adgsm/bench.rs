//! Objects of the guests for tests, which do as their spec says, and what their children are made of.

use std::time::Duration;

use innkeeper_controlplane::Request;
use innkeeper_suites::House;
pub(crate) use innkeeper_suites::bench::{Bench, KIND, config_map, invalid_config_map, patch};
use serde_json::{Value, json};

/// Longer than anything takes that the host does at once.
pub(crate) const A_WHILE: Duration = Duration::from_secs(5);

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
