//! What `kubectl apply` does with custom resources, without a process for each: an object that is not there is made and
//! remembers what it was made of, and one that is there gets a merge patch of three sides. It is kubectl's own rule
//! (client-side apply); the suite promises_wa holds one beside the other (`as_kubectl.rs`).

use http::Method;
use serde_json::{Map, Value, json};

use crate::client::Client;

/// Where kubectl remembers what it applied last.
const LAST: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// kubectl's field manager then.
const MANAGER: &str = "fieldManager=kubectl-client-side-apply&fieldValidation=Strict";

impl Client {
    /// Applies an object to a namespace. False where that is left to kubectl: a kind that nobody spoke of, or one of
    /// Kubernetes' own that is there, of which kubectl merges lists by keys.
    pub(crate) fn apply(&self, namespace: &str, object: &Value) -> bool {
        let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or(namespace);
        let Some(place) = self.place(&object["apiVersion"], kind, namespace) else { return false };
        let wanted = remembering(object, &place);
        let there = self.read(&format!("{}/{name}", place.path));
        let (method, path, body) = match &there {
            None => (Method::POST, format!("{}?{MANAGER}", place.path), wanted),
            Some(_) if !place.is_custom => return false,
            Some(there) => {
                let before = there["metadata"]["annotations"][LAST].as_str().unwrap_or("{}");
                let before = serde_json::from_str(before).expect("kubectl remembers JSON");
                match merged(&before, &wanted, there) {
                    Some(patch) => (Method::PATCH, format!("{}/{name}?{MANAGER}", place.path), patch),
                    None => return true,
                }
            }
        };
        // Where that is refused, or somebody was quicker, kubectl tells in its own words.
        self.send(&method, &path, &body).is_ok()
    }
}

/// Where objects of a kind are.
pub(crate) struct Place {
    pub(crate) path: String,
    /// None of a kind without namespaces.
    pub(crate) namespace: Option<String>,
    pub(crate) is_custom: bool,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The object with what it says in an annotation.
fn remembering(object: &Value, place: &Place) -> Value {
    let mut wanted = object.clone();
    if let Some(namespace) = &place.namespace {
        wanted["metadata"]["namespace"] = json!(namespace);
    }
    if !wanted["metadata"]["annotations"].is_object() {
        wanted["metadata"]["annotations"] = json!({});
    }
    let said = format!("{wanted}\n");
    wanted["metadata"]["annotations"][LAST] = json!(said);
    wanted
}

/// The merge patch that makes what is there say what is wanted, and no more what was wanted before alone; none if there is
/// nothing to do.
fn merged(before: &Value, wanted: &Value, there: &Value) -> Option<Value> {
    let none = Map::new();
    let [before, wanted, there] = [before, wanted, there].map(|value| value.as_object().unwrap_or(&none));
    let mut patch = Map::new();
    for (name, wanted) in wanted {
        match (wanted, there.get(name)) {
            (wanted, Some(there)) if wanted == there && !wanted.is_object() => {}
            (Value::Object(_), Some(there @ Value::Object(_))) => {
                let before = before.get(name).unwrap_or(&Value::Null);
                patch.extend(merged(before, wanted, there).map(|below| (name.clone(), below)));
            }
            (wanted, _) => drop(patch.insert(name.clone(), wanted.clone())),
        }
    }
    let gone = before.keys().filter(|name| !wanted.contains_key(*name) && there.contains_key(*name));
    patch.extend(gone.map(|name| (name.clone(), Value::Null)));
    (!patch.is_empty()).then_some(Value::Object(patch))
}
