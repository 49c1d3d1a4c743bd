//! The CRD of a kind, with what every kind kept by Innkeeper has.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Map, Value, json};

use crate::json::{entry, object};

/// The CRD as JSON: the type's, and unless it has them, the status subresource with `conditions` and
/// `observedGeneration` (the host writes them), the category `innkeeper`, and the columns Ready and Age.
/// No field of the status is required or defaulted: the host may write conditions alone.
pub(crate) fn json(crd: &CustomResourceDefinition) -> Value {
    let mut crd = crate::json::value(crd).unwrap_or_default();
    crate::json::without_nulls(&mut crd);
    whole_numbers(&mut crd);
    object(&mut crd).remove("status");
    let spec = entry(&mut crd, "spec");
    let categories = list(entry(spec, "names"), "categories");
    if !categories.iter().any(|c| c == "innkeeper") {
        categories.push(json!("innkeeper"));
    }
    for version in list(spec, "versions") {
        object(entry(version, "subresources")).entry("status").or_insert_with(|| json!({}));
        let schema = entry(entry(entry(version, "schema"), "openAPIV3Schema"), "properties");
        status(entry(schema, "status"));
        columns(list(version, "additionalPrinterColumns"));
    }
    crd
}

fn list<'a>(value: &'a mut Value, field: &str) -> &'a mut Vec<Value> {
    let list = entry(value, field);
    if !list.is_array() {
        *list = json!([]);
    }
    match list {
        Value::Array(list) => list,
        _ => unreachable!("it was just made a list"),
    }
}

fn status(status: &mut Value) {
    object(status).entry("type").or_insert_with(|| json!("object"));
    object(status).remove("required");
    object(status).remove("nullable");
    let fields = object(entry(status, "properties"));
    fields.values_mut().for_each(|field| drop(object(field).remove("default")));
    fields.entry("conditions").or_insert_with(conditions);
    fields.entry("observedGeneration").or_insert_with(
        || json!({"type": "integer", "format": "int64", "description": "The generation that the status speaks of."}),
    );
}

/// Bounds are numbers of any sort to a schema: 65535, not 65535.0.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        Value::Array(entries) => entries.iter_mut().for_each(whole_numbers),
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15) {
                *value = json!(float as i64);
            }
        }
        _ => {}
    }
}

/// Conditions in the form of Kubernetes' `metav1.Condition`; a list keyed by type.
fn conditions() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let mut fields = Map::new();
    fields.insert("type".into(), text("What it is about, in CamelCase."));
    fields.insert("status".into(), json!({"type": "string", "enum": ["True", "False", "Unknown"]}));
    fields.insert("reason".into(), text("Why, in CamelCase."));
    fields.insert("message".into(), text("Why, for people."));
    fields.insert("lastTransitionTime".into(), json!({"type": "string", "format": "date-time"}));
    fields.insert("observedGeneration".into(), json!({"type": "integer", "format": "int64"}));
    json!({
        "type": "array",
        "description": "Ready, Reconciling and Stalled are set by the host, others by the guest.",
        "items": {"type": "object", "required": ["type", "status"], "properties": fields},
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    })
}

fn columns(columns: &mut Vec<Value>) {
    let ready = r#".status.conditions[?(@.type=="Ready")].status"#;
    for (name, kind, path) in [("Ready", "string", ready), ("Age", "date", ".metadata.creationTimestamp")] {
        if !columns.iter().any(|column| column["name"] == name) {
            columns.push(json!({"name": name, "type": kind, "jsonPath": path}));
        }
    }
}
