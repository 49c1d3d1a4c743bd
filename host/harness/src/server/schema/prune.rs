//! Fields that a CRD's schema does not have: dropped, and named for who wants to know.

use serde_json::Value;

use super::is_outer;

/// Takes what the schema does not have out of an object, and says which paths that were.
pub(crate) fn prune(value: &mut Value, schema: &Value, path: &str) -> Vec<String> {
    let mut dropped = Vec::new();
    drop_unknown(value, schema, path, &mut dropped);
    dropped
}

fn drop_unknown(value: &mut Value, schema: &Value, path: &str, dropped: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true;
            let any = schema.get("additionalProperties").filter(|any| **any != false);
            let is_object = schema["type"] == "object" || schema.get("properties").is_some();
            let outer =
                |name: &str| (path.is_empty() || schema["x-kubernetes-embedded-resource"] == true) && is_outer(name);
            map.retain(|name, value| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if outer(name) {
                    return true;
                }
                match (schema["properties"].get(name), any) {
                    (Some(inner), _) => drop_unknown(value, inner, &path, dropped),
                    (None, Some(inner)) => drop_unknown(value, inner, &path, dropped),
                    (None, None) if keeps || !is_object => {}
                    (None, None) => {
                        dropped.push(path);
                        return false;
                    }
                }
                true
            });
        }
        Value::Array(items) => {
            for (n, item) in items.iter_mut().enumerate() {
                drop_unknown(item, &schema["items"], &format!("{path}[{n}]"), dropped);
            }
        }
        _ => {}
    }
}
