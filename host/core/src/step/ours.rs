//! A child that is ours: left alone, made anew, or made so by handing fields over, cleaning and an apply.

use std::sync::Arc;

use serde_json::{Value, json};

use super::child::{Move, Recheck, Stand, as_it_stands, settle};
use super::{Seen, anew, cascade, release};
use crate::action::Action;
use crate::contract::{Policy, State};
use crate::exclusive;
use crate::fields;
use crate::names;
use crate::object::Object;
use crate::resource::Address;
use crate::wanted::Wanted;

/// A child that is ours is left alone, made anew, or made so. `live` tells that it was just looked at.
///
/// One that has lost its owner may be one that somebody wants to stay without its object, which our stores do
/// not show yet: it must not get that owner back.
pub(super) fn ours(seen: &Seen, wanted: &Wanted, there: &Arc<Object>, live: bool) -> Move {
    if cascade::stays(seen, there) {
        return as_it_stands(there);
    }
    if cascade::has_lost_its_owner(seen, there) && there.meta.annotations.contains_key(names::APPLIED) {
        let (resource, key) = (seen.binding.resource.clone(), &seen.object.key);
        let object = Address { resource, namespace: key.namespace.clone(), name: key.name.clone() };
        return Move::Act(Action::Look(object), Stand::Asking);
    }
    owned(seen, wanted, there, live)
}

/// The same, once it is known that its object keeps it.
pub(super) fn owned(seen: &Seen, wanted: &Wanted, there: &Arc<Object>, live: bool) -> Move {
    if there.meta.deletion_timestamp.is_some() {
        let why = "it is being deleted; it will be created anew when it is gone";
        return settle(State::Deleting, why, Recheck::OnChange);
    }
    if wanted.replace.contains(&there.meta.uid) {
        return anew::unmake(wanted, there, "its guest asks for a new one");
    }
    if matches!(wanted.policy, Policy::Keep | Policy::CreateOnly) {
        return labelled(seen, wanted, there);
    }
    if is_unchanged(seen, wanted, there) {
        return swept(seen, wanted, there);
    }
    if release::is_due(seen, wanted, there) {
        return match live {
            true => release::hand_over(seen, wanted, there),
            false => Move::Act(Action::Look(wanted.at.clone()), Stand::Measuring),
        };
    }
    made_so(seen, wanted, there)
}

/// Nothing is left to hand over: foreign entries go, then it is applied.
pub(super) fn made_so(seen: &Seen, wanted: &Wanted, there: &Arc<Object>) -> Move {
    let manager = &seen.binding.manager;
    if has_foreign(seen, wanted, there) {
        let operations = exclusive::foreign(&there.value(), &there.meta, manager, &wanted.manifest, &wanted.exclusive);
        if !operations.is_empty() {
            return Move::Act(patch(seen, wanted, &operations), Stand::Cleaning(there.clone()));
        }
    }
    Move::Act(apply(seen, wanted, Some(&there.meta.uid), true), Stand::Applying(there.clone()))
}

/// A child that is left as it is carries our label all the same: no store shows it without.
fn labelled(seen: &Seen, wanted: &Wanted, there: &Object) -> Move {
    let uid = &seen.object.meta.uid;
    if there.meta.labels.get(names::OBJECT_UID) == Some(uid) {
        return as_it_stands(there);
    }
    let metadata = json!({"resourceVersion": there.meta.resource_version, "labels": {names::OBJECT_UID: uid}});
    let patch = json!({ "metadata": metadata });
    Move::Act(Action::Merge { at: wanted.at.clone(), status: false, patch }, Stand::Labelling)
}

/// What removing foreign entries left in managedFields goes; then the child is as it should be.
pub(super) fn swept(seen: &Seen, wanted: &Wanted, there: &Object) -> Move {
    let operations = exclusive::residue(&there.meta, &seen.binding.manager);
    if operations.is_empty() {
        as_it_stands(there)
    } else {
        Move::Act(patch(seen, wanted, &operations), Stand::Sweeping)
    }
}

fn patch(seen: &Seen, wanted: &Wanted, operations: &[exclusive::JsonPatchOp]) -> Action {
    let operations = operations.iter().filter_map(|op| serde_json::to_value(op).ok()).collect();
    Action::Patch { at: wanted.at.clone(), manager: seen.binding.manager.clone(), operations: Value::Array(operations) }
}

/// *Unchanged* (promise A05): what was asked for last is what is asked for now, our entry still owns every
/// wanted field and nothing else, and nobody holds an entry under a path that is exclusive. The label is
/// looked at itself: a map that somebody emptied leaves no trace in managedFields.
fn is_unchanged(seen: &Seen, wanted: &Wanted, there: &Object) -> bool {
    let manager = &seen.binding.manager;
    let Some(entry) = fields::apply_entry(&there.meta, manager) else { return false };
    there.meta.annotations.get(names::APPLIED) == Some(&wanted.digest)
        && there.meta.labels.get(names::OBJECT_UID) == Some(&seen.object.meta.uid)
        && entry.api_version == wanted.at.resource.kind.api_version()
        && fields::still_owns(&there.meta, manager, &wanted.manifest)
        && !has_foreign(seen, wanted, there)
}

/// Whether somebody else holds an entry of what is exclusive.
pub(super) fn has_foreign(seen: &Seen, wanted: &Wanted, there: &Object) -> bool {
    exclusive::has_foreign(&there.meta, &seen.binding.manager, &wanted.manifest, &wanted.exclusive)
}

pub(super) fn apply(seen: &Seen, wanted: &Wanted, uid: Option<&str>, force: bool) -> Action {
    let mut manifest = Value::clone(&wanted.manifest);
    if let Some(uid) = uid {
        manifest["metadata"]["uid"] = uid.into();
    }
    Action::Apply { at: wanted.at.clone(), manager: seen.binding.manager.clone(), manifest, force }
}

/// An object by its name and uid, and nothing else: what is applied so never creates.
pub(super) fn named(at: &Address, uid: &str) -> Value {
    let kind = &at.resource.kind;
    let mut manifest = json!({"apiVersion": kind.api_version(), "kind": kind.kind});
    manifest["metadata"] = json!({"name": at.name, "uid": uid});
    if let Some(namespace) = &at.namespace {
        manifest["metadata"]["namespace"] = namespace.clone().into();
    }
    manifest
}
