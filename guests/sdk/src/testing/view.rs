//! The six views, as the host makes them.

use serde_json::{Map, Value, json};

use crate::bindings::types::View;
use crate::names;

/// A part of an object, as JSON text.
pub(super) fn of(object: &Value, view: View) -> String {
    let mut object = object.clone();
    let all = object["metadata"].clone();
    let metadata = |fields: &[&str]| -> Map<String, Value> {
        fields.iter().filter_map(|f| all.get(f).map(|value| ((*f).to_owned(), value.clone()))).collect()
    };
    let head = ["name", "namespace", "uid"];
    match view {
        View::Full => {}
        View::Names => keep(&mut object, &[], metadata(&head)),
        View::Metadata => {
            let mut whole = all.as_object().cloned().unwrap_or_default();
            whole.remove("generation");
            keep(&mut object, &[], whole);
        }
        View::Spec => {
            let others = others(&object);
            keep(&mut object, &others.iter().map(String::as_str).collect::<Vec<_>>(), metadata(&head));
        }
        View::Status => keep(&mut object, &["status"], metadata(&["name", "namespace", "uid", "generation"])),
        View::Digest => {
            let others: Map<_, _> = others(&object).into_iter().map(|f| (f.clone(), object[&f].clone())).collect();
            let digest = names::digest(&Value::Object(others).to_string());
            keep(&mut object, &[], metadata(&head));
            object["digest"] = json!(format!("sha256:{digest}"));
        }
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
        metadata.remove("managedFields");
    }
    object.to_string()
}

/// What is neither metadata nor status.
fn others(object: &Value) -> Vec<String> {
    let fields = object.as_object().map(Map::keys).into_iter().flatten();
    fields.filter(|f| !["apiVersion", "kind", "metadata", "status"].contains(&f.as_str())).cloned().collect()
}

fn keep(object: &mut Value, fields: &[&str], metadata: Map<String, Value>) {
    if let Some(all) = object.as_object_mut() {
        all.retain(|field, _| ["apiVersion", "kind"].contains(&field.as_str()) || fields.contains(&field.as_str()));
    }
    object["metadata"] = Value::Object(metadata);
}
