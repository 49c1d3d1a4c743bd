//! A name that the stores did not show as a child's: whose what has it is, and how our fields leave it.

use std::sync::Arc;

use super::Seen;
use super::child::{LEAVING_NAME_MS, Move, Recheck, Stand, conflict, is_ours, settle};
use super::doubts::is_anothers;
use super::ours::{apply, named, ours};
use crate::action::Action;
use crate::contract::{Adopt, State};
use crate::fields;
use crate::names;
use crate::object::Object;
use crate::resource::Address;
use crate::wanted::Wanted;

/// Our fields are withdrawn from a stranger's object.
pub(super) fn withdrawing(seen: &Seen, wanted: &Wanted, there: &Object, why: &str) -> Move {
    let stand = Stand::Withdrawing { uid: there.meta.uid.clone(), why: stranger(seen, there, why) };
    Move::Act(withdraw(seen, &wanted.at, &there.meta.uid), stand)
}

/// An empty apply: what we set goes, and the object stays.
pub(super) fn withdraw(seen: &Seen, at: &Address, uid: &str) -> Action {
    let (at, manager, manifest) = (at.clone(), seen.binding.manager.clone(), named(at, uid));
    Action::Apply { at, manager, manifest, force: false }
}

/// Something has the name that the stores did not show as a child.
pub(super) fn found(seen: &Seen, wanted: &Wanted, there: &Arc<Object>) -> Move {
    let is_ours = is_ours(seen, there);
    if there.meta.deletion_timestamp.is_some() {
        let why = format!("{} is being deleted; waiting for its name", there.key);
        let state = if is_ours { State::Deleting } else { State::Waiting };
        return settle(state, why, Recheck::After(LEAVING_NAME_MS));
    }
    if is_ours {
        return ours(seen, wanted, there, true);
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
        return Move::Act(apply(seen, wanted, Some(&there.meta.uid), true), Stand::Applying(there.clone()));
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
            let managers = writers(seen, there);
            match managers.as_slice() {
                [] => "of unknown origin".to_owned(),
                managers => format!("written by {}", managers.join(", ")),
            }
        }
    };
    format!("{} exists and is {whose}: {why}. Delete or rename it, or let the guest adopt it", there.key)
}

/// Who else writes the object itself, each once. Writing its status is work on it, by controllers that may come to it later.
fn writers<'a>(seen: &Seen, there: &'a Object) -> Vec<&'a str> {
    let mut managers = Vec::new();
    for entry in there.meta.managed_fields.iter().filter(|entry| is_anothers(seen, entry)) {
        let manager = entry.manager.as_str();
        if !managers.contains(&manager) {
            managers.push(manager);
        }
    }
    managers
}
