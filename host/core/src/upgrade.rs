//! What another version of a CustomResourceDefinition would lose of what is stored. The API server takes a schema that
//! knows less, and drops from each object what it does not know any more, at the object's next write.

use serde_json::{Map, Value};

/// What would be lost, a line each, for people; nothing if all that is stored stays.
pub fn losses(live: &Value, wanted: &Value) -> Vec<String> {
    let mut lost = Vec::new();
    let (was, will) = (&live["spec"]["scope"], &wanted["spec"]["scope"]);
    if was != will {
        lost.push(format!("spec.scope: {was} would become {will}, which takes a new CustomResourceDefinition"));
    }
    let version = |name: &Value| versions(wanted).find(|version| version["name"] == *name);
    for stored in live["status"]["storedVersions"].as_array().into_iter().flatten() {
        if version(stored).is_none() {
            lost.push(format!("objects may be stored in version {}, which it does not have", text(stored)));
        }
    }
    for was in versions(live) {
        let Some(will) = version(&was["name"]) else { continue };
        let schema = |version: &Value| version["schema"]["openAPIV3Schema"].clone();
        let mut found = Vec::new();
        compare(&schema(was), &schema(will), "", &mut found);
        lost.extend(found.into_iter().map(|what| format!("{}: {what}", text(&was["name"]))));
    }
    lost
}

fn versions(crd: &Value) -> impl Iterator<Item = &Value> {
    crd["spec"]["versions"].as_array().into_iter().flatten()
}

fn compare(was: &Value, will: &Value, path: &str, lost: &mut Vec<String>) {
    let shown = if path.is_empty() { "the object" } else { path };
    let (before, after) = (kind(was), kind(will));
    if before != after && after != "anything" {
        lost.push(format!("{shown}: {before} would become {after}"));
        return;
    }
    if keeps_all(was) && !keeps_all(will) {
        lost.push(format!("{shown}: fields that are not declared would be dropped"));
    }
    if let Some(fields) = was["properties"].as_object() {
        for (name, was) in fields {
            // What every object has is not the schema's, and the status is worked out anew.
            if path.is_empty() && matches!(&**name, "apiVersion" | "kind" | "metadata" | "status") {
                continue;
            }
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match field(will, name) {
                Some(will) => compare(was, will, &path, lost),
                None if keeps_all(will) => {}
                None => lost.push(format!("{path} would be dropped")),
            }
        }
    }
    if let Some(was) = was.get("additionalProperties").filter(|any| **any != Value::Bool(false)) {
        let path = format!("{path}.*");
        match will.get("additionalProperties").filter(|any| **any != Value::Bool(false)) {
            Some(will) => compare(was, will, &path, lost),
            None if keeps_all(will) => {}
            None => lost.push(format!("{path} would be dropped")),
        }
    }
    if let Some(was) = was.get("items") {
        compare(was, &will["items"], &format!("{path}[]"), lost);
    }
}

/// What is said of a field: of its own, or of any.
fn field<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let own = schema["properties"].as_object().and_then(|fields: &Map<_, _>| fields.get(name));
    own.or_else(|| schema.get("additionalProperties").filter(|any| **any != Value::Bool(false)))
}

/// The type, in words.
fn kind(schema: &Value) -> &str {
    if schema["x-kubernetes-int-or-string"] == true {
        return "integer or string";
    }
    schema["type"].as_str().unwrap_or("anything")
}

fn keeps_all(schema: &Value) -> bool {
    schema["x-kubernetes-preserve-unknown-fields"] == true
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn crd(spec: &Value) -> Value {
        let schema = json!({"type": "object", "properties": {"spec": spec, "status": {"type": "object"}}});
        json!({
            "spec": {"scope": "Namespaced", "versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]},
            "status": {"storedVersions": ["v1"]},
        })
    }

    fn object(fields: &Value) -> Value {
        json!({"type": "object", "properties": fields})
    }

    fn lost(was: &Value, will: &Value) -> Vec<String> {
        losses(&crd(was), &crd(will))
    }

    #[test]
    fn what_is_added_or_said_in_other_words_loses_nothing() {
        let was = object(&json!({"size": {"type": "integer"}}));
        let will = object(&json!({"size": {"type": "integer", "maximum": 5}, "image": {"type": "string"}}));
        assert!(lost(&was, &will).is_empty());
        let free = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        assert!(lost(&was, &free).is_empty());
        assert!(lost(&object(&json!({"a": {"type": "string"}})), &object(&json!({"a": {}}))).is_empty());
    }

    #[test]
    fn a_field_that_goes_or_is_of_another_type_is_lost_wherever_it_is() {
        let was = object(&json!({
            "size": {"type": "integer"},
            "port": {"x-kubernetes-int-or-string": true},
            "hosts": {"type": "array", "items": object(&json!({"name": {"type": "string"}, "paths": {"type": "array"}}))},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        }));
        let will = object(&json!({
            "port": {"type": "integer"},
            "hosts": {"type": "array", "items": object(&json!({"name": {"type": "boolean"}}))},
            "labels": {"type": "object"},
            "free": {"type": "object"},
        }));
        let mut found = lost(&was, &will);
        found.sort();
        assert_eq!(
            found,
            [
                "v1: spec.free: fields that are not declared would be dropped",
                "v1: spec.hosts[].name: string would become boolean",
                "v1: spec.hosts[].paths would be dropped",
                "v1: spec.labels.* would be dropped",
                "v1: spec.port: integer or string would become integer",
                "v1: spec.size would be dropped",
            ]
        );
    }

    #[test]
    fn a_version_in_which_objects_are_stored_has_to_stay_and_so_has_the_scope() {
        let was = crd(&object(&json!({})));
        let mut will = was.clone();
        will["spec"]["versions"][0]["name"] = json!("v2");
        will["spec"]["scope"] = json!("Cluster");
        assert_eq!(losses(&was, &will).len(), 2);
        let mut old = was.clone();
        old["status"]["storedVersions"] = json!(["v2"]);
        will["spec"]["scope"] = json!("Namespaced");
        assert!(losses(&old, &will).is_empty(), "nobody has stored a v1");
    }
}
