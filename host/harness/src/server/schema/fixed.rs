//! Fields of built-in kinds that cannot be changed.

use serde_json::Value;

use super::super::refused::Wrong;

const IMMUTABLE: &str = "field is immutable";

/// What a change does that nobody may.
pub(crate) fn fixed(kind: &str, old: &Value, new: &Value) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut keep = |pointer: &str, why: &str| {
        let (before, after) = (old.pointer(pointer), new.pointer(pointer));
        if before != after && before.is_some() {
            let field = pointer.trim_start_matches('/').replace('/', ".");
            wrong.push(Wrong::invalid(&field, after.unwrap_or(&Value::Null), why));
        }
    };
    match kind {
        "Deployment" | "ReplicaSet" | "DaemonSet" => keep("/spec/selector", IMMUTABLE),
        "Job" => {
            for pointer in ["/spec/selector", "/spec/template", "/spec/completionMode"] {
                keep(pointer, IMMUTABLE);
            }
        }
        "RoleBinding" | "ClusterRoleBinding" => keep("/roleRef", "cannot change roleRef"),
        "Service"
            if old["spec"]["clusterIP"].as_str().is_some_and(|ip| !ip.is_empty())
                && new["spec"]["type"] != "ExternalName" =>
        {
            keep("/spec/clusterIP", "may not change once set");
        }
        "Secret" => keep("/type", IMMUTABLE),
        _ => {}
    }
    match kind {
        "StatefulSet" => {
            let free = [
                "replicas",
                "ordinals",
                "template",
                "updateStrategy",
                "revisionHistoryLimit",
                "persistentVolumeClaimRetentionPolicy",
                "minReadySeconds",
            ];
            let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
            if rest(old, &free) != rest(new, &free) {
                wrong.push(Wrong::forbidden("spec", why));
            }
        }
        "Pod" => {
            let mut before = rest(old, &["tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds"]);
            let mut after = rest(new, &["tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds"]);
            for spec in [&mut before, &mut after] {
                for list in ["containers", "initContainers"] {
                    for one in spec[list].as_array_mut().into_iter().flatten() {
                        one["image"] = Value::Null;
                    }
                }
            }
            if before != after {
                wrong.push(Wrong::forbidden("spec", "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"));
            }
        }
        "PersistentVolumeClaim" => {
            let free = ["resources", "volumeAttributesClassName", "volumeName"];
            if rest(old, &free) != rest(new, &free) {
                wrong.push(Wrong::forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"));
            }
        }
        "ConfigMap" | "Secret" if old["immutable"] == true => {
            for field in ["data", "binaryData", "immutable"] {
                if old.get(field) != new.get(field) {
                    wrong.push(Wrong::forbidden(field, "field is immutable when `immutable` is set"));
                }
            }
        }
        _ => {}
    }
    wrong
}

/// The spec without these fields.
fn rest(object: &Value, without: &[&str]) -> Value {
    let mut spec = object["spec"].clone();
    if let Some(map) = spec.as_object_mut() {
        map.retain(|name, _| !without.contains(&name.as_str()));
    }
    spec
}
