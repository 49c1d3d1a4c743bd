//! What the API server checks of objects of every kind and of some built-in ones: names, labels, keys, duplicates. It
//! checks much more.

use innkeeper_core::names::{is_dns_label, is_dns_subdomain};
use serde_json::Value;

use super::super::refused::Wrong;

/// Everything that is wrong.
pub(crate) fn checked(kind: &str, object: &Value) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    name(kind, &object["metadata"]["name"], &mut wrong);
    labels(object, "/metadata/labels", &mut wrong);
    match kind {
        "ConfigMap" | "Secret" => {
            for field in ["data", "binaryData", "stringData"] {
                for key in object[field].as_object().into_iter().flatten().map(|(key, _)| key) {
                    if !is_config_key(key) {
                        let field = format!("{field}[{key}]");
                        wrong.push(Wrong::invalid(&field, &key.as_str().into(), CONFIG_KEY));
                    }
                }
            }
        }
        "Service" => {
            let ports = &object["spec"]["ports"];
            if ports.as_array().is_none_or(Vec::is_empty)
                && object["spec"]["type"] != "ExternalName"
                && object["spec"]["clusterIP"] != "None"
            {
                wrong.push(Wrong::required("spec.ports"));
            }
            twice(ports, "spec.ports", &["name"], &mut wrong);
            twice(ports, "spec.ports", &["port", "protocol"], &mut wrong);
            numbers(ports, "spec.ports", "port", &mut wrong);
        }
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
            labels(object, "/spec/template/metadata/labels", &mut wrong);
            let selector = object.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
            let has = &object["spec"]["template"]["metadata"]["labels"];
            if selector.is_none_or(|selector| selector.is_empty())
                && object.pointer("/spec/selector/matchExpressions").is_none()
            {
                wrong.push(Wrong::required("spec.selector"));
            } else if selector.into_iter().flatten().any(|(key, value)| has.get(key) != Some(value)) {
                let why = "`selector` does not match template `labels`";
                wrong.push(Wrong::invalid("spec.template.metadata.labels", has, why));
            }
            if object["spec"]["replicas"].as_i64().is_some_and(|n| n < 0) {
                let why = "must be greater than or equal to 0";
                wrong.push(Wrong::invalid("spec.replicas", &object["spec"]["replicas"], why));
            }
            pod(&object["spec"]["template"]["spec"], "spec.template.spec", &mut wrong);
        }
        "Job" => pod(&object["spec"]["template"]["spec"], "spec.template.spec", &mut wrong),
        "Pod" => pod(&object["spec"], "spec", &mut wrong),
        _ => {}
    }
    wrong
}

const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const DNS_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";

fn name(kind: &str, name: &Value, wrong: &mut Vec<Wrong>) {
    let text = name.as_str().unwrap_or_default();
    match kind {
        // Names in paths only (validation of rbac.authorization.k8s.io).
        "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => {}
        "Service" if !is_dns_label(text) || text.starts_with(|c: char| c.is_ascii_digit()) => {
            wrong.push(Wrong::invalid("metadata.name", name, DNS_1035));
        }
        _ if !is_dns_subdomain(text) => wrong.push(Wrong::invalid("metadata.name", name, SUBDOMAIN)),
        _ => {}
    }
}

fn labels(object: &Value, pointer: &str, wrong: &mut Vec<Wrong>) {
    let field = pointer.trim_start_matches('/').replace('/', ".");
    for value in object.pointer(pointer).and_then(Value::as_object).into_iter().flatten().map(|(_, value)| value) {
        let text = value.as_str().unwrap_or_default();
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let ends = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric());
        if text.len() > 63 {
            wrong.push(Wrong::invalid(&field, value, "must be no more than 63 bytes"));
        } else if !(text.is_empty() || ends && text.chars().all(inner)) {
            wrong.push(Wrong::invalid(&field, value, "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
        }
    }
}

fn is_config_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 253
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn pod(spec: &Value, path: &str, wrong: &mut Vec<Wrong>) {
    if spec["containers"].as_array().is_none_or(Vec::is_empty) {
        wrong.push(Wrong::required(&format!("{path}.containers")));
    }
    twice(&spec["containers"], &format!("{path}.containers"), &["name"], wrong);
    twice(&spec["volumes"], &format!("{path}.volumes"), &["name"], wrong);
    for (n, container) in spec["containers"].as_array().into_iter().flatten().enumerate() {
        let path = format!("{path}.containers[{n}]");
        if container["image"].as_str().is_none_or(str::is_empty) {
            wrong.push(Wrong::required(&format!("{path}.image")));
        }
        twice(&container["ports"], &format!("{path}.ports"), &["name"], wrong);
        numbers(&container["ports"], &format!("{path}.ports"), "containerPort", wrong);
        let volumes =
            |name: &Value| spec["volumes"].as_array().into_iter().flatten().any(|volume| volume["name"] == *name);
        for (m, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
            if !volumes(&mount["name"]) {
                let message = format!("Not found: {}", mount["name"]);
                wrong.push(Wrong {
                    field: format!("{path}.volumeMounts[{m}].name"),
                    reason: "FieldValueNotFound",
                    message,
                });
            }
        }
    }
}

/// Entries that have the same values.
fn twice(list: &Value, path: &str, fields: &[&str], wrong: &mut Vec<Wrong>) {
    let of = |one: &Value| fields.iter().map(|field| one.get(field).cloned()).collect::<Option<Vec<Value>>>();
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    for (n, item) in items.iter().enumerate() {
        let Some(values) = of(item) else { continue };
        if items[..n].iter().any(|before| of(before).as_ref() == Some(&values)) {
            let (field, value) = match values.as_slice() {
                [value] => (format!("{path}[{n}].{}", fields[0]), value.clone()),
                _ => (format!("{path}[{n}]"), item.clone()),
            };
            wrong.push(Wrong::duplicate(&field, &value));
        }
    }
}

fn numbers(ports: &Value, path: &str, field: &str, wrong: &mut Vec<Wrong>) {
    for (n, port) in ports.as_array().into_iter().flatten().enumerate() {
        if !port[field].as_i64().is_some_and(|n| (1..=65535).contains(&n)) {
            wrong.push(Wrong::invalid(
                &format!("{path}[{n}].{field}"),
                &port[field],
                "must be between 1 and 65535, inclusive",
            ));
        }
    }
}
