//! One child: from what the store shows to a request, and from its answer to the next or to a verdict.
//!
//! Forced is only the apply of a child that is proved ours, and it carries the uid. Any other name is
//! looked at first; if it is free it is applied without force.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::action::{Action, Done};
use crate::contract::{Adopt, Policy, State};
use crate::exclusive;
use crate::fields;
use crate::names;
use crate::object::Object;
use crate::resource::Address;
use crate::wanted::Wanted;

use super::Seen;
use super::act::words;
use super::ask::verdict;
use super::doubts;

/// Where one child stands in this step.
#[derive(Clone, Debug)]
pub(super) enum Stand {
    /// Nothing has been done yet.
    Untouched,
    /// Its name is being looked at.
    Looking,
    /// Foreign entries are being removed before the apply.
    Cleaning,
    /// It is being applied under a name that was free.
    Claiming,
    /// It is being applied; it is ours.
    Applying,
    /// Its label is being put back; nothing else of it is touched.
    Labelling,
    /// What removing foreign entries left in managedFields is being removed.
    Sweeping,
    /// The apply met a stranger's object of that uid; our fields are being withdrawn.
    Withdrawing {
        /// Its uid.
        uid: String,
        /// Whose it is, for people.
        why: String,
    },
    /// The verdict is in.
    Settled(Settled),
}

/// The verdict on one child.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) state: State,
    pub(super) message: String,
    pub(super) recheck: Recheck,
}

/// When a settled child is worth another look although nothing that is watched changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recheck {
    /// A change will tell.
    OnChange,
    /// After this many milliseconds: what it waits for is not watched.
    After(u64),
    /// After a back-off: the API server refused it, and only somebody's doing can change that.
    Refused,
    /// After a back-off: it may go away by itself.
    Transient,
}

/// How often a name that somebody else has is looked at again, in milliseconds.
const TAKEN_NAME_MS: u64 = 10_000;
/// How often a name that is about to be free is looked at again, in milliseconds.
const LEAVING_NAME_MS: u64 = 1_000;

/// What a child does next.
pub(super) enum Move {
    Act(Action, Stand),
    Settle(Settled),
}

fn settle(state: State, message: impl Into<String>, recheck: Recheck) -> Move {
    Move::Settle(Settled { state, message: message.into(), recheck })
}

fn transient(message: impl Into<String>) -> Move {
    settle(State::Failed, message, Recheck::Transient)
}

fn conflict(message: impl Into<String>) -> Move {
    settle(State::Conflict, message, Recheck::After(TAKEN_NAME_MS))
}

fn as_it_stands(there: &Object) -> Move {
    let verdict = verdict(there);
    settle(verdict.state, verdict.message, Recheck::OnChange)
}

/// Whether an object is proved to be this object's child: our Apply entry owns its fields, and its label
/// or its ownerReference carries the object's uid. So it looks also while our fields are still to be
/// withdrawn from a stranger's.
pub(super) fn is_ours(seen: &Seen, there: &Object) -> bool {
    let uid = &seen.object.meta.uid;
    !seen.memory.strangers.contains(&there.meta.uid)
        && fields::apply_entry(&there.meta, &seen.binding.manager).is_some()
        && (there.meta.labels.get(names::OBJECT_UID) == Some(uid)
            || there.meta.owner_references.iter().any(|owner| owner.uid == *uid))
}

/// What the stores show of a child, first.
pub(super) fn begin(seen: &Seen, wanted: &Wanted) -> Move {
    let gk = wanted.at.resource.kind.group_kind();
    let there = seen.children.iter().find(|c| {
        c.key.kind.group_kind() == gk && c.key.namespace == wanted.at.namespace && c.key.name == wanted.at.name
    });
    match there {
        Some(there) if is_ours(seen, there) => ours(seen, wanted, there),
        _ if wanted.policy == Policy::Keep => settle(State::Absent, "", Recheck::OnChange),
        _ => Move::Act(Action::Look(wanted.at.clone()), Stand::Looking),
    }
}

/// A child that is ours is left alone, cleaned, or applied.
fn ours(seen: &Seen, wanted: &Wanted, there: &Object) -> Move {
    if there.meta.deletion_timestamp.is_some() {
        let why = "it is being deleted; it will be created anew when it is gone";
        return settle(State::Deleting, why, Recheck::OnChange);
    }
    if matches!(wanted.policy, Policy::Keep | Policy::CreateOnly) {
        return labelled(seen, wanted, there);
    }
    if is_unchanged(seen, wanted, there) {
        return swept(seen, wanted, there);
    }
    let manager = &seen.binding.manager;
    if exclusive::has_foreign(&there.meta, manager, &wanted.manifest, &wanted.exclusive) {
        let operations = exclusive::foreign(&there.value(), &there.meta, manager, &wanted.manifest, &wanted.exclusive);
        if !operations.is_empty() {
            return Move::Act(patch(seen, wanted, &operations), Stand::Cleaning);
        }
    }
    Move::Act(apply(seen, wanted, Some(&there.meta.uid), true), Stand::Applying)
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
fn swept(seen: &Seen, wanted: &Wanted, there: &Object) -> Move {
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
        && !exclusive::has_foreign(&there.meta, manager, &wanted.manifest, &wanted.exclusive)
}

fn apply(seen: &Seen, wanted: &Wanted, uid: Option<&str>, force: bool) -> Action {
    let mut manifest = wanted.manifest.clone();
    if let Some(uid) = uid {
        manifest["metadata"]["uid"] = uid.into();
    }
    Action::Apply { at: wanted.at.clone(), manager: seen.binding.manager.clone(), manifest, force }
}

/// A request for the child was answered.
pub(super) fn done(seen: &Seen, wanted: &Wanted, stand: &Stand, done: Done) -> Move {
    let done = match (stand, done) {
        (Stand::Withdrawing { why, .. }, Done::Object { .. } | Done::NotFound(_)) => return conflict(why.clone()),
        (Stand::Withdrawing { why, .. }, other) => {
            return transient(format!("{why}. Our fields cannot be withdrawn from it yet: {}", words(&other)));
        }
        (_, Done::Forbidden(e)) => return settle(State::Failed, format!("forbidden: {e}"), Recheck::Refused),
        (_, Done::Throttled { message, .. }) => return transient(format!("the API server asks to wait: {message}")),
        (_, Done::Unknown(e)) => return transient(e),
        (_, done) => done,
    };
    match (stand, done) {
        (Stand::Looking, Done::NotFound(_)) => Move::Act(apply(seen, wanted, None, false), Stand::Claiming),
        (Stand::Looking, Done::Object { object, .. }) => found(seen, wanted, &object),
        (Stand::Claiming, Done::Object { created: false, object }) if doubts::has_another_writer(seen, &object) => {
            withdrawing(seen, wanted, &object, "it was created by somebody else at the same moment")
        }
        (Stand::Claiming, Done::Conflict(e)) => conflict(e),
        (Stand::Cleaning, Done::Object { object, .. }) => {
            Move::Act(apply(seen, wanted, Some(&object.meta.uid), true), Stand::Applying)
        }
        (Stand::Claiming | Stand::Applying, Done::Object { object, .. }) => swept(seen, wanted, &object),
        (Stand::Sweeping | Stand::Labelling, Done::Object { object, .. }) => as_it_stands(&object),
        (Stand::Cleaning | Stand::Applying | Stand::Sweeping | Stand::Labelling, Done::Conflict(e)) => {
            transient(format!("it changed meanwhile: {e}"))
        }
        (_, Done::Invalid(e)) => settle(State::Failed, e, Recheck::Refused),
        (_, Done::NotFound(e)) => transient(e),
        (_, other) => transient(format!("an answer that makes no sense: {other:?}")),
    }
}

/// Our fields are withdrawn from a stranger's object.
fn withdrawing(seen: &Seen, wanted: &Wanted, there: &Object, why: &str) -> Move {
    let stand = Stand::Withdrawing { uid: there.meta.uid.clone(), why: stranger(seen, there, why) };
    Move::Act(withdraw(seen, &wanted.at, &there.meta.uid), stand)
}

/// An empty apply: what we set goes, and the object stays.
pub(super) fn withdraw(seen: &Seen, at: &Address, uid: &str) -> Action {
    let kind = &at.resource.kind;
    let mut manifest = json!({"apiVersion": kind.api_version(), "kind": kind.kind});
    manifest["metadata"] = json!({"name": at.name, "uid": uid});
    if let Some(namespace) = &at.namespace {
        manifest["metadata"]["namespace"] = namespace.clone().into();
    }
    Action::Apply { at: at.clone(), manager: seen.binding.manager.clone(), manifest, force: false }
}

/// Something has the name that the stores did not show as a child.
fn found(seen: &Seen, wanted: &Wanted, there: &Arc<Object>) -> Move {
    let is_ours = is_ours(seen, there);
    if there.meta.deletion_timestamp.is_some() {
        let why = format!("{} is being deleted; waiting for its name", there.key);
        let state = if is_ours { State::Deleting } else { State::Waiting };
        return settle(state, why, Recheck::After(LEAVING_NAME_MS));
    }
    if is_ours {
        return ours(seen, wanted, there);
    }
    if seen.memory.strangers.contains(&there.meta.uid) {
        return withdrawing(seen, wanted, there, "it was created by somebody else at the same moment");
    }
    let named = there.meta.annotations.get(names::OBJECT);
    let names_us = named == Some(&names::object_annotation(&seen.object.key));
    let earlier = names_us && fields::apply_entry(&there.meta, &seen.binding.manager).is_some();
    // A child that Kubernetes allows no ownerReference says by its annotation or label whose it is.
    let is_anothers = match named {
        Some(_) => !names_us,
        None => there.meta.labels.get(names::OBJECT_UID).is_some_and(|uid| *uid != seen.object.meta.uid),
    };
    let controlled = is_anothers || there.meta.owner_references.iter().any(|owner| owner.controller == Some(true));
    let may = match wanted.adopt {
        Adopt::Never => false,
        Adopt::Unowned => !controlled,
        Adopt::Earlier => earlier,
    };
    if may {
        return Move::Act(apply(seen, wanted, Some(&there.meta.uid), true), Stand::Applying);
    }
    if earlier {
        let why = format!("{} is left from an earlier object of this name; waiting until it is gone", there.key);
        return conflict(why);
    }
    conflict(stranger(seen, there, "it is not this object's child"))
}

/// Whose an object is, as far as its metadata tells. What we wrote into it says nothing.
fn stranger(seen: &Seen, there: &Object, why: &str) -> String {
    let (us, uid) = (names::object_annotation(&seen.object.key), &seen.object.meta.uid);
    let owner = there.meta.owner_references.iter().find(|o| o.controller == Some(true) && o.uid != *uid);
    let whose = match (owner, there.meta.annotations.get(names::OBJECT).filter(|named| **named != us)) {
        (_, Some(object)) => format!("a child of {object}"),
        (Some(owner), None) => format!("controlled by {} {}", owner.kind, owner.name),
        (None, None) => {
            let others = there.meta.managed_fields.iter().map(|m| m.manager.as_str());
            let managers: Vec<&str> = others.filter(|manager| *manager != seen.binding.manager).collect();
            match managers.as_slice() {
                [] => "of unknown origin".to_owned(),
                managers => format!("written by {}", managers.join(", ")),
            }
        }
    };
    format!("{} exists and is {whose}: {why}. Delete or rename it, or let the guest adopt it", there.key)
}
