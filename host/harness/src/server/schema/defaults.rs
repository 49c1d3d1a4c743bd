//! What is filled in where an object does not say it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Defaults of a CRD's schema.
pub(crate) fn filled(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
                let default = inner.get("default").filter(|default| !default.is_null() || inner["nullable"] == true);
                if let Some(default) = default
                    && map.get(name).is_none_or(|now| now.is_null() && inner["nullable"] != true)
                {
                    map.insert(name.clone(), default.clone());
                }
                if let Some(value) = map.get_mut(name) {
                    filled(value, inner);
                }
            }
            if let Some(inner) = schema.get("additionalProperties").filter(|any| any.is_object()) {
                map.values_mut().for_each(|value| filled(value, inner));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| filled(item, &schema["items"])),
        _ => {}
    }
}

/// The defaults of built-in kinds that decisions can see; there are many more.
pub(crate) fn built_in(kind: &str, object: &mut Value) {
    match kind {
        "Deployment" | "StatefulSet" | "ReplicaSet" => set(object, "/spec", "replicas", json!(1)),
        "Service" => service(object),
        "Secret" => {
            set(object, "", "type", json!("Opaque"));
            secret(object);
        }
        "Job" => {
            set(object, "/spec", "backoffLimit", json!(6));
            set(object, "/spec", "completions", json!(1));
            set(object, "/spec", "parallelism", json!(1));
        }
        "PersistentVolumeClaim" => set(object, "/spec", "volumeMode", json!("Filesystem")),
        _ => {}
    }
    match kind {
        "Deployment" => {
            set(object, "/spec", "revisionHistoryLimit", json!(10));
            set(object, "/spec", "progressDeadlineSeconds", json!(600));
            set(
                object,
                "/spec",
                "strategy",
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}),
            );
        }
        "StatefulSet" => {
            set(object, "/spec", "podManagementPolicy", json!("OrderedReady"));
            set(object, "/spec", "updateStrategy", json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}));
        }
        _ => {}
    }
    let pod = match kind {
        "Pod" => "",
        "Deployment" | "StatefulSet" | "ReplicaSet" | "DaemonSet" | "Job" => "/spec/template",
        "CronJob" => "/spec/jobTemplate/spec/template",
        _ => return,
    };
    if let Some(pod) = object.pointer_mut(&format!("{pod}/spec")) {
        set(pod, "", "restartPolicy", json!("Always"));
        set(pod, "", "dnsPolicy", json!("ClusterFirst"));
        set(pod, "", "terminationGracePeriodSeconds", json!(30));
        for list in ["containers", "initContainers"] {
            pod[list].as_array_mut().into_iter().flatten().for_each(container);
            if pod[list].is_null() {
                pod.as_object_mut().map(|pod| pod.remove(list));
            }
        }
    }
}

fn container(container: &mut Value) {
    let latest = container["image"].as_str().is_some_and(|image| match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag == "latest",
        _ => !image.contains('@'),
    });
    set(container, "", "imagePullPolicy", json!(if latest { "Always" } else { "IfNotPresent" }));
    set(container, "", "terminationMessagePath", json!("/dev/termination-log"));
    if let Some(ports) = container.get_mut("ports").and_then(Value::as_array_mut) {
        ports.iter_mut().for_each(|port| set(port, "", "protocol", json!("TCP")));
    }
}

fn service(object: &mut Value) {
    set(object, "/spec", "type", json!("ClusterIP"));
    set(object, "/spec", "sessionAffinity", json!("None"));
    if let Some(ports) = object.pointer_mut("/spec/ports").and_then(Value::as_array_mut) {
        for port in ports {
            set(port, "", "protocol", json!("TCP"));
            let number = port["port"].clone();
            set(port, "", "targetPort", number);
        }
    }
}

/// `stringData` is written into `data`, and is not kept.
fn secret(object: &mut Value) {
    let Some(Value::Object(plain)) = object.as_object_mut().and_then(|o| o.remove("stringData")) else { return };
    for (key, text) in plain {
        object["data"][key] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
    }
}

/// Where it is not said.
fn set(object: &mut Value, at: &str, field: &str, value: Value) {
    if let Some(map) = object.pointer_mut(at).and_then(Value::as_object_mut)
        && map.get(field).is_none_or(Value::is_null)
    {
        map.insert(field.to_owned(), value);
    }
}
