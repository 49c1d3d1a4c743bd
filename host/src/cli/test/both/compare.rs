//! Whether the same is there in the end, but for what a server sets.

use std::collections::BTreeSet;

use innkeeper_core::kind::GroupKind;
use innkeeper_core::names::{OBJECT_UID, contributor_of};
use innkeeper_harness::Lab;
use innkeeper_harness::scenario::differences;
use serde_json::Value;

/// What differs, a line each. The real server may fill in more than the simulated one.
pub(super) fn ends(simulated: &Lab, real: &Lab, kinds: &BTreeSet<GroupKind>) -> Vec<String> {
    let mut why = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.kind != "Event") {
        let here = |lab: &Lab| -> Vec<Value> {
            let all = lab.server().list(kind);
            all.into_iter().filter(|object| object["metadata"]["namespace"] == lab.namespace()).collect()
        };
        let (ours, theirs) = (here(simulated), here(real));
        let like = |all: &[Value], one: &Value| {
            all.iter().find(|other| other["metadata"]["name"] == one["metadata"]["name"]).cloned()
        };
        for object in &ours {
            let name = format!("{}/{}", kind.kind, object["metadata"]["name"].as_str().unwrap_or_default());
            match like(&theirs, object) {
                None => why.push(format!("- {name}")),
                Some(found) => {
                    let mut all = differences(&theirs_too(object), &theirs_too(&found), false);
                    all.extend(differences(&owned(object), &owned(&found), true));
                    if !all.is_empty() {
                        why.push(format!("{name}:"));
                        why.extend(all.iter().flat_map(innkeeper_harness::scenario::Differs::lines));
                    }
                }
            }
        }
        let more = theirs
            .iter()
            .filter(|object| object["metadata"]["labels"][OBJECT_UID].is_string() && like(&ours, object).is_none());
        why.extend(
            more.map(|object| format!("+ {}/{}", kind.kind, object["metadata"]["name"].as_str().unwrap_or_default())),
        );
    }
    let (ours, theirs) = (told(simulated), told(real));
    why.extend(ours.difference(&theirs).map(|event| format!("- {event}")));
    why.extend(theirs.difference(&ours).map(|event| format!("+ {event}")));
    why
}

/// What was told in Events: of which type, why, about what.
fn told(lab: &Lab) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |event: &Value| {
        let about = &event["regarding"];
        let (kind, name) = (text(&about["kind"]), text(&about["name"]));
        format!("Event {} {} about {kind}/{name}", text(&event["type"]), text(&event["reason"]))
    };
    let events = lab.events();
    events.iter().filter(|event| event["regarding"]["namespace"] == lab.namespace()).map(of).collect()
}

/// Which fields the host owns, by its field managers: what it wrote, whatever a server filled in.
fn owned(object: &Value) -> Value {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let mut all = serde_json::Map::new();
    for entry in entries.into_iter().flatten() {
        let manager = entry["manager"].as_str().unwrap_or_default();
        let name = if contributor_of(manager).is_some() { "contributions" } else { manager };
        // Its statuses are compared as they are: a real server counts a status of nothing as owned.
        if !name.starts_with("innkeeper") && name != "contributions" || entry["operation"] != "Apply" {
            continue;
        }
        all.insert(name.to_owned(), without_uids(&entry["fieldsV1"]));
    }
    serde_json::json!({"managedFields": all})
}

/// Owners are keyed by their uids.
fn without_uids(fields: &Value) -> Value {
    let Value::Object(map) = fields else { return fields.clone() };
    let plain = |name: &String| if name.starts_with("k:{\"uid\":") { "k:{uid}".to_owned() } else { name.clone() };
    Value::Object(map.iter().map(|(name, inner)| (plain(name), without_uids(inner))).collect())
}

/// What is the same on every server.
fn theirs_too(object: &Value) -> Value {
    let mut object = object.clone();
    let is_child = object["metadata"]["labels"][OBJECT_UID].is_string();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|name, _| {
            matches!(name.as_str(), "name" | "namespace" | "labels" | "annotations" | "finalizers" | "ownerReferences")
        });
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            labels.remove(OBJECT_UID);
        }
        // The digest of what was asked holds the object's uid.
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(innkeeper_core::names::APPLIED);
        }
        for owner in metadata.get_mut("ownerReferences").and_then(Value::as_array_mut).into_iter().flatten() {
            owner.as_object_mut().map(|owner| owner.remove("uid"));
        }
    }
    if object["spec"]["clusterIP"] != "None" {
        object["spec"].as_object_mut().map(|spec| (spec.remove("clusterIP"), spec.remove("clusterIPs")));
    }
    // Of a child it is its controller's, for which something stands in here.
    if is_child {
        object.as_object_mut().map(|object| object.remove("status"));
    }
    for condition in object.pointer_mut("/status/conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        condition
            .as_object_mut()
            .map(|condition| (condition.remove("lastTransitionTime"), condition.remove("observedGeneration")));
    }
    object
}
