//! One write, whatever it was asked by: what the server fills in, drops, checks and keeps.

use std::sync::Arc;

use innkeeper_core::resource::Address;
use serde_json::{Value, json};

use super::fields::Managers;
use super::refused::Refused;
use super::schema::{built_in_defaults, filled, prune, without_empty};
use super::verbs::How;
use super::{Served, Server, id, plural};

/// A write to be done.
pub(super) struct Write<'a> {
    pub(super) at: &'a Address,
    pub(super) served: &'a Arc<Served>,
    /// The object that is there.
    pub(super) old: Option<Value>,
    /// The object as it was asked for, merged with what is there.
    pub(super) new: Value,
    pub(super) how: &'a How,
    /// Who owns what afterwards, of an apply.
    pub(super) managers: Option<Managers>,
}

impl Server {
    /// Does it: the object as it is then.
    pub(super) fn write(&mut self, write: Write<'_>) -> Result<Value, Refused> {
        let Write { at, served, old, mut new, how, managers } = write;
        let kind = served.resource.kind.clone();
        self.placed(at, old.as_ref())?;
        self.parts(&mut new, old.as_ref(), served, how);
        self.headed(&mut new, old.as_ref(), at, served);
        if let Some(schema) = &served.schema {
            prune(&mut new, schema, "");
            filled(&mut new, schema);
        } else {
            built_in_defaults(&kind.kind, &mut new);
            without_empty(&mut new);
            self.allotted(&kind.kind, &mut new);
        }
        self.valid(served, at, old.as_ref(), &new)?;
        let managers = match managers {
            Some(managers) => managers,
            None => {
                let mut managers = old.as_ref().map(Managers::of).unwrap_or_default();
                managers.updated(&self.who(at, how), old.as_ref(), &new, &served.place());
                managers
            }
        };
        if let Some(old) = &old
            && same(old, &new, &managers)
        {
            return Ok(old.clone());
        }
        if let (Some(old), true) = (&old, served.counts()) {
            let body = |object: &Value| {
                let mut body = object.clone();
                body.as_object_mut().map(|map| map.remove("metadata"));
                if served.status {
                    body.as_object_mut().map(|map| map.remove("status"));
                }
                body
            };
            if body(old) != body(&new) {
                new["metadata"]["generation"] = (old["metadata"]["generation"].as_i64().unwrap_or(1) + 1).into();
            }
        }
        new["metadata"]["managedFields"] = managers.write();
        new["metadata"]["resourceVersion"] = (self.version + 1).to_string().into();
        if !how.dry_run {
            self.keep(id(at), old.as_ref(), new.clone());
        }
        Ok(new)
    }

    /// Puts an object there and tells it.
    pub(super) fn keep(&mut self, id: super::Id, old: Option<&Value>, new: Value) {
        self.version += 1;
        let going = new["metadata"]["deletionTimestamp"].is_string();
        let held = new["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty()) || id.1 == "Namespace";
        if going && !held {
            self.removed(&id, old.unwrap_or(&new));
            return;
        }
        if id.1 == "CustomResourceDefinition" {
            self.kinds.define(&new);
        }
        self.tell(old, Some(&new));
        self.objects.insert(id, new);
    }

    /// Whether the object may be where it is put.
    fn placed(&self, at: &Address, old: Option<&Value>) -> Result<(), Refused> {
        let Some(namespace) = at.namespace.as_deref().filter(|_| old.is_none()) else { return Ok(()) };
        let key = (String::new(), "Namespace".to_owned(), None, namespace.to_owned());
        let Some(found) = self.objects.get(&key) else { return Err(Refused::not_found("namespaces", namespace)) };
        if found["metadata"]["deletionTimestamp"].is_string() {
            let what = format!("{} \"{}\" is forbidden", plural(&at.resource), at.name);
            let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
            return Err(Refused::new(403, format!("{what}: {why}")));
        }
        Ok(())
    }

    /// A write to an object leaves its status alone, one to the status all else.
    fn parts(&self, new: &mut Value, old: Option<&Value>, served: &Served, how: &How) {
        if !served.status {
            return;
        }
        if let (true, Some(old)) = (how.status, old) {
            let status = new.get("status").cloned();
            new.clone_from(old);
            set(new, "status", status);
        } else {
            set(new, "status", old.and_then(|old| old.get("status").cloned()));
        }
    }

    /// What only the server says of an object.
    fn headed(&mut self, new: &mut Value, old: Option<&Value>, at: &Address, served: &Served) {
        new["apiVersion"] = at.resource.kind.api_version().into();
        new["kind"] = at.resource.kind.kind.as_str().into();
        new["metadata"]["name"] = at.name.as_str().into();
        if let Some(namespace) = &at.namespace {
            new["metadata"]["namespace"] = namespace.as_str().into();
        }
        for empty in ["labels", "annotations", "finalizers", "ownerReferences"] {
            let none = |v: &Value| {
                v.is_null() || v.as_array().is_some_and(Vec::is_empty) || v.as_object().is_some_and(|m| m.is_empty())
            };
            if new["metadata"].get(empty).is_some_and(none) {
                set(&mut new["metadata"], empty, None);
            }
        }
        match old {
            Some(old) => {
                for field in [
                    "uid",
                    "creationTimestamp",
                    "generation",
                    "deletionTimestamp",
                    "deletionGracePeriodSeconds",
                    "resourceVersion",
                ] {
                    set(&mut new["metadata"], field, old["metadata"].get(field).cloned());
                }
            }
            None => {
                self.made += 1;
                new["metadata"]["uid"] = format!("00000000-0000-4000-8000-{:012x}", self.made).into();
                new["metadata"]["creationTimestamp"] = self.now().into();
                set(&mut new["metadata"], "generation", served.counts().then(|| json!(1)));
                self.born(at, new);
            }
        }
    }

    /// What controllers of the API server set at once on what is new.
    fn born(&self, at: &Address, new: &mut Value) {
        match at.resource.kind.kind.as_str() {
            "Namespace" => {
                new["spec"] = json!({"finalizers": ["kubernetes"]});
                new["status"] = json!({"phase": "Active"});
                new["metadata"]["labels"]["kubernetes.io/metadata.name"] = at.name.as_str().into();
            }
            "CustomResourceDefinition" => {
                new["metadata"]["finalizers"] = json!(["customresourcecleanup.apiextensions.k8s.io"]);
                let holds = |kind: &str| json!({"type": kind, "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": self.now()});
                new["status"] = json!({
                    "conditions": [holds("NamesAccepted"), holds("Established")],
                    "acceptedNames": new["spec"]["names"], "storedVersions": [],
                });
            }
            _ => {}
        }
    }

    /// Addresses that the server gives out.
    fn allotted(&mut self, kind: &str, new: &mut Value) {
        let has_ip = new["spec"]["clusterIP"].as_str().is_some_and(|ip| !ip.is_empty());
        if kind != "Service" || new["spec"]["type"] == "ExternalName" || has_ip {
            return;
        }
        let spec = &mut new["spec"];
        self.made += 1;
        let ip = format!("10.96.{}.{}", self.made / 250 % 250, self.made % 250 + 1);
        spec["clusterIPs"] = json!([ip]);
        spec["clusterIP"] = ip.into();
    }
}

/// Sets a field, or takes it away.
fn set(object: &mut Value, field: &str, value: Option<Value>) {
    match (value, object.as_object_mut()) {
        (Some(value), Some(map)) => drop(map.insert(field.to_owned(), value)),
        (None, Some(map)) => drop(map.remove(field)),
        (_, None) => {}
    }
}

/// Whether a write changes nothing but when it was made.
fn same(old: &Value, new: &Value, managers: &Managers) -> bool {
    let without = |object: &Value| {
        let mut object = object.clone();
        object["metadata"].as_object_mut().map(|map| map.remove("managedFields"));
        object
    };
    without(old) == without(new) && Managers::of(old).is_like(managers)
}
