//! Fields that a CRD's schema does not have: dropped, and named for who wants to know.

use serde_json::Value;

use super::is_outer;

/// Takes what the schema does not have out of an object, and says which paths that were.
pub(crate) fn prune(value: &mut Value, schema: &Value, path: &str) -> Vec<String> {
    let mut dropped = Vec::new();
    drop_unknown(value, schema, path, &mut dropped);
    dropped
}

/// What an apply cannot be read as: the first field whose type is another than the schema's, in the words of
/// structured-merge-diff.
pub(crate) fn mistyped(value: &Value, schema: &Value, path: &str) -> Option<String> {
    let wrong = |words: String| Some(format!("{path}: expected {words}"));
    if schema["x-kubernetes-int-or-string"] == true || (value.is_null() && schema["nullable"] == true) {
        return None;
    }
    match (schema["type"].as_str(), value) {
        (Some("integer" | "number"), Value::Number(_))
        | (Some("string"), Value::String(_))
        | (Some("boolean"), Value::Bool(_)) => None,
        (Some("integer" | "number"), Value::String(_)) => wrong("numeric (int or float), got string".to_owned()),
        (Some("integer" | "number"), Value::Bool(_)) => wrong("numeric (int or float), got bool".to_owned()),
        (Some("string"), other) => wrong(format!("string, got {other}")),
        (Some("boolean"), other) => {
            wrong(format!("boolean, got {}", other.as_str().map_or_else(|| other.to_string(), str::to_owned)))
        }
        (_, Value::Object(map)) => map.iter().find_map(|(name, value)| {
            let declared = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"))?;
            mistyped(value, declared, &format!("{path}.{name}"))
        }),
        (_, Value::Array(items)) => items.iter().find_map(|item| mistyped(item, &schema["items"], path)),
        _ => None,
    }
}

/// Takes out of an object of a built-in kind what its Go type leaves out when it is empty: lists, and maps of any entries.
pub(crate) fn without_empty(value: &mut Value) {
    const MAPS: [&str; 9] = [
        "data",
        "binaryData",
        "labels",
        "annotations",
        "matchLabels",
        "nodeSelector",
        "limits",
        "requests",
        "parameters",
    ];
    match value {
        Value::Object(map) => {
            map.retain(|name, value| match value {
                Value::Array(items) => !items.is_empty(),
                Value::Object(entries) => !(entries.is_empty() && MAPS.contains(&name.as_str())),
                Value::Null => false,
                _ => true,
            });
            map.values_mut().for_each(without_empty);
        }
        Value::Array(items) => items.iter_mut().for_each(without_empty),
        _ => {}
    }
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
