//! One child: from what the store shows to a request, and from its answer to the next or to a verdict.
//!
//! Forced is only the apply of a child that is proved ours, and it carries the uid. Any other name is
//! looked at first; if it is free it is applied without force.

use std::sync::Arc;

use super::act::words;
use super::ask::verdict;
use super::claim::{found, withdrawing};
use super::ours::{apply, made_so, ours, owned, swept};
use super::{Seen, anew, cascade, doubts};
use crate::action::{Action, Done};
use crate::contract::{Policy, State};
use crate::fields;
use crate::names;
use crate::object::Object;
use crate::wanted::Wanted;

/// Where one child stands in this step.
#[derive(Clone, Debug)]
pub(super) enum Stand {
    /// Nothing has been done yet.
    Untouched,
    /// Its object is being looked at: it has lost its owner, as happens when its object is deleted.
    Asking,
    /// Its name is being looked at.
    Looking,
    /// It is being looked at, for values that are to be handed over.
    Measuring,
    /// Fields of it are being handed over.
    Releasing,
    /// Foreign entries are being removed before the apply; so it was before.
    Cleaning(Arc<Object>),
    /// It is being applied under a name that was free.
    Claiming,
    /// It is being applied; it is ours; so it was before.
    Applying(Arc<Object>),
    /// It cannot be changed so; the API server is asked whether it would create the new one.
    Rehearsing(Box<anew::Rehearsal>),
    /// It is being deleted, to be created anew.
    Unmaking {
        /// What is deleted.
        old: Arc<Object>,
        /// Why, for people.
        why: String,
    },
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
pub(super) const LEAVING_NAME_MS: u64 = 1_000;

/// What a child does next.
pub(super) enum Move {
    Act(Action, Stand),
    Settle(Settled),
}

pub(super) fn settle(state: State, message: impl Into<String>, recheck: Recheck) -> Move {
    Move::Settle(Settled { state, message: message.into(), recheck })
}

pub(super) fn transient(message: impl Into<String>) -> Move {
    settle(State::Failed, message, Recheck::Transient)
}

pub(super) fn conflict(message: impl Into<String>) -> Move {
    settle(State::Conflict, message, Recheck::After(TAKEN_NAME_MS))
}

pub(super) fn as_it_stands(there: &Object) -> Move {
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

/// What the stores show under the name of a child.
fn shown<'a>(seen: &'a Seen, wanted: &Wanted) -> Option<&'a Arc<Object>> {
    let gk = wanted.at.resource.kind.group_kind();
    seen.children.iter().find(|c| {
        c.key.kind.group_kind() == gk && c.key.namespace == wanted.at.namespace && c.key.name == wanted.at.name
    })
}

/// What the stores show of a child, first.
pub(super) fn begin(seen: &Seen, wanted: &Wanted) -> Move {
    match shown(seen, wanted) {
        Some(there) if is_ours(seen, there) => ours(seen, wanted, there, false),
        _ if wanted.policy == Policy::Keep => settle(State::Absent, "", Recheck::OnChange),
        _ if cascade::would_undo(seen, wanted) => {
            let why =
                "it is not made: its object is being deleted with --cascade=foreground, so that children go first";
            settle(State::Absent, why, Recheck::OnChange)
        }
        _ => Move::Act(Action::Look(wanted.at.clone()), Stand::Looking),
    }
}

/// A request for the child was answered.
pub(super) fn done(seen: &Seen, wanted: &Wanted, stand: &Stand, done: Done) -> Move {
    let done = match (stand, done) {
        (Stand::Withdrawing { why, .. }, Done::Object { .. } | Done::NotFound(_)) => return conflict(why.clone()),
        (Stand::Withdrawing { uid, .. }, Done::Invalid(_)) if !seen.memory.strangers.contains(uid) => {
            return Move::Act(Action::Look(wanted.at.clone()), Stand::Looking);
        }
        (Stand::Withdrawing { why, .. }, other) => {
            return transient(format!("{why}. Our fields cannot be withdrawn from it yet: {}", words(&other)));
        }
        (_, Done::Forbidden(e)) => return settle(State::Failed, format!("forbidden: {e}"), Recheck::Refused),
        (_, Done::Throttled { message, .. }) => return transient(format!("the API server asks to wait: {message}")),
        (_, Done::Unknown(e)) => return transient(e),
        (_, done) => done,
    };
    match (stand, done) {
        (Stand::Asking, Done::Object { object, .. }) if object.meta.uid == seen.object.meta.uid => {
            let there = shown(seen, wanted);
            let stays = object.meta.deletion_timestamp.is_some();
            there.map_or_else(
                || transient("it is gone"),
                |t| if stays { as_it_stands(t) } else { owned(seen, wanted, t, false) },
            )
        }
        (Stand::Asking, Done::NotFound(_) | Done::Object { .. }) => {
            settle(State::Waiting, "its object is gone", Recheck::OnChange)
        }
        (Stand::Looking, Done::NotFound(_)) => Move::Act(apply(seen, wanted, None, false), Stand::Claiming),
        (Stand::Looking, Done::Object { object, .. }) => found(seen, wanted, &object),
        (Stand::Claiming, Done::Object { created: false, object }) if doubts::has_another_writer(seen, &object) => {
            withdrawing(seen, wanted, &object, "it was created by somebody else at the same moment")
        }
        (Stand::Claiming, Done::Conflict(e)) => conflict(e),
        (Stand::Measuring, Done::Object { object, .. }) if is_ours(seen, &object) => ours(seen, wanted, &object, true),
        (Stand::Releasing, Done::Object { object, .. }) => made_so(seen, wanted, &object),
        (Stand::Cleaning(_), Done::Object { object, .. }) => {
            Move::Act(apply(seen, wanted, Some(&object.meta.uid), true), Stand::Applying(object))
        }
        (Stand::Claiming | Stand::Applying(_), Done::Object { object, .. }) => swept(seen, wanted, &object),
        (Stand::Sweeping | Stand::Labelling, Done::Object { object, .. }) => as_it_stands(&object),
        (Stand::Cleaning(old) | Stand::Applying(old), Done::Invalid(e)) if e.is_about_change() => {
            anew::cannot_change(seen, wanted, old, &e)
        }
        (Stand::Rehearsing(rehearsal), Done::Invalid(e)) => anew::refused(wanted, rehearsal, &e),
        (Stand::Rehearsing(rehearsal), Done::Accepted) => anew::unmake(wanted, &rehearsal.old, &rehearsal.why),
        (Stand::Unmaking { why, .. }, Done::Accepted | Done::Object { .. } | Done::NotFound(_)) => anew::unmade(why),
        (_, Done::Conflict(e)) => transient(format!("it changed meanwhile: {e}")),
        (Stand::Measuring, Done::Object { object, .. }) => transient(format!("{} changed meanwhile", object.key)),
        (_, Done::Invalid(e)) => settle(State::Failed, e.message, Recheck::Refused),
        (_, Done::NotFound(e)) => transient(e),
        (_, other) => transient(format!("an answer that makes no sense: {other:?}")),
    }
}
