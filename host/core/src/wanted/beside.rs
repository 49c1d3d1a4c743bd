//! What an outcome says beside its children, checked: removals, the status, labels of the object itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::{Refused, Wanted, refused};
use crate::binding::Binding;
use crate::conditions;
use crate::contract::{Outcome, Policy};
use crate::kind::Kind;
use crate::names;
use crate::object::Object;
use crate::resource::Resource;

/// What is removed must be of a kind that may be a child, or that the Reconciler permits to delete. Whether
/// the very object is a child is seen when it is looked at.
pub(super) fn removals(
    outcome: &Outcome,
    object: &Object,
    binding: &Binding,
    resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
) -> Result<(), Refused> {
    for removal in &outcome.remove {
        let key = &removal.key;
        let Some(resource) = resources(&key.kind) else {
            return refused(format!("remove {key}: this cluster serves no kind {}", key.kind));
        };
        if removal.uid.is_empty() || removal.uid == object.meta.uid {
            return refused(format!("remove {key}: it must name the uid of another object"));
        }
        let own = object.key.namespace.as_deref();
        let namespace = key.namespace.as_deref().or(own).filter(|_| resource.namespaced);
        let (group, kind) = (&key.kind.group, &key.kind.kind);
        if binding.permissions.may_apply(group, kind, namespace, own).is_err() {
            let may = binding.permissions.may_delete(group, kind, namespace, own);
            may.map_err(|e| Refused(format!("remove {key}: not permitted: {e}")))?;
        }
    }
    Ok(())
}

/// What a guest says of the status must be its own to say.
pub(super) fn stated(outcome: &Outcome) -> Result<(), Refused> {
    if let Some(status) = &outcome.status {
        match serde_json::from_str(status) {
            Ok(Value::Object(_)) => {}
            Ok(_) => return refused("the status is not a JSON object"),
            Err(e) => return refused(format!("the status is not JSON: {e}")),
        }
    }
    let mut seen = BTreeSet::new();
    for condition in &outcome.conditions {
        let kind = &condition.kind;
        if conditions::is_the_hosts(kind) {
            return refused(format!("the condition {kind} is the host's; use hold to keep an object from being Ready"));
        }
        if kind.is_empty() || condition.reason.is_empty() || !seen.insert(kind) {
            return refused(format!("the condition {kind:?} lacks a type or a reason, or is stated twice"));
        }
    }
    Ok(())
}

/// Labels and annotations of the object itself: each key once, none of Innkeeper's own.
pub(super) fn own(outcome: &Outcome) -> Result<(), Refused> {
    for (field, pairs) in [("label", &outcome.labels), ("annotation", &outcome.annotations)] {
        let mut seen = BTreeSet::new();
        for (key, _) in pairs {
            if names::is_reserved(key) {
                return refused(format!("the {field} {key} of the object itself is the host's"));
            }
            if key.is_empty() || !seen.insert(key) {
                return refused(format!("the {field} {key:?} of the object itself is empty, or is stated twice"));
            }
        }
    }
    Ok(())
}

/// What is made anew must be asked for, and in a way that lets it be made.
pub(super) fn replaced(outcome: &Outcome, object: &Object, wanted: &mut [Wanted]) -> Result<(), Refused> {
    for removal in &outcome.replace {
        let key = &removal.key;
        let place = |w: &Wanted| {
            let own = if w.at.resource.namespaced { object.key.namespace.as_deref() } else { None };
            w.at.resource.kind.group_kind() == key.kind.group_kind()
                && w.at.namespace.as_deref() == key.namespace.as_deref().or(own)
                && w.at.name == key.name
        };
        match wanted.iter_mut().find(|w| place(w)) {
            _ if removal.uid.is_empty() => return refused(format!("replace {key}: it must name the uid of the child")),
            None => return refused(format!("replace {key}: the child must be asked for too")),
            Some(child) if child.policy == Policy::Keep => {
                return refused(format!("replace {key}: it is to be kept as it is, so it would not be made anew"));
            }
            Some(child) => drop(child.replace.insert(removal.uid.clone())),
        }
    }
    Ok(())
}
