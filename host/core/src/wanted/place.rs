//! Where a child or a contribution is, as its manifest says: whether it may be there, and what of its metadata is a
//! guest's to set.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::text;
use crate::kind::Kind;
use crate::names;
use crate::object::Object;
use crate::resource::{Address, Resource};

/// Metadata that a guest may state.
const STATED: [&str; 5] = ["name", "namespace", "labels", "annotations", "finalizers"];

pub(super) fn place(
    mut manifest: Map<String, Value>,
    resource: Arc<Resource>,
    object: &Object,
    may: &dyn Fn(Option<&str>) -> Result<(), String>,
) -> Result<(Address, Map<String, Value>), String> {
    let kind = resource.kind.clone();
    let Some(Value::Object(metadata)) = manifest.get_mut("metadata") else {
        return Err(format!("{kind} without metadata"));
    };
    metadata.retain(|_, value| !value.is_null());
    if let Some(field) = metadata.keys().find(|k| !STATED.contains(&k.as_str())) {
        return Err(format!("{kind}: metadata.{field} is not a guest's to set"));
    }
    let name = text(metadata.get("name")).ok_or_else(|| format!("{kind} without metadata.name"))?.to_owned();
    let own = object.key.namespace.as_deref();
    let namespace = match (resource.namespaced, text(metadata.get("namespace")).or(own)) {
        (true, Some(namespace)) => Some(namespace.to_owned()),
        (true, None) => return Err(format!("{kind} {name}: a cluster-scoped object's child must name its namespace")),
        (false, _) if text(metadata.get("namespace")).is_some() => {
            return Err(format!("{kind} {name}: the kind is cluster-scoped, but a namespace is stated"));
        }
        (false, _) => None,
    };
    if !is_legal_name(&kind, &name) {
        return Err(format!("{kind} {name:?}: not a legal name for that kind"));
    }
    if let Some(bad) = namespace.as_deref().filter(|ns| !names::is_dns_label(ns)) {
        return Err(format!("{kind} {name}: {bad:?} is not a legal namespace"));
    }
    for field in ["labels", "annotations"] {
        if let Some(key) =
            metadata.get(field).and_then(Value::as_object).and_then(|m| m.keys().find(|k| names::is_reserved(k)))
        {
            return Err(format!("{kind} {name}: metadata.{field}.{key} is the host's"));
        }
    }
    may(namespace.as_deref()).map_err(|e| format!("not permitted: {e}"))?;
    if let Some(namespace) = &namespace {
        metadata.insert("namespace".into(), namespace.clone().into());
    }
    Ok((Address { resource, namespace, name }, manifest))
}

/// Most kinds are named by a DNS subdomain; a Service by a label that starts with a letter, a Namespace
/// by a label; RBAC takes any path segment (Kubernetes documentation, "Object Names and IDs").
fn is_legal_name(kind: &Kind, name: &str) -> bool {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Service") => names::is_dns_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase()),
        ("", "Namespace") => names::is_dns_label(name),
        ("rbac.authorization.k8s.io", _) => !name.contains(['/', '%']) && name != "." && name != "..",
        _ => names::is_dns_subdomain(name),
    }
}
