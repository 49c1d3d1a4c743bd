//! Objects to remove once, by uid: children, or by permission others. Before a wave, or after all applies.

use std::collections::BTreeSet;

use super::child::{self, Recheck};
use super::{Desk, Resources};
use crate::action::{Action, Done};
use crate::contract::{Removal, State, Verdict};
use crate::object::Object;
use crate::resource::Address;

/// How often something that is to be gone before a wave is looked at, in milliseconds.
const GOING_MS: u64 = 1_000;

/// One removal, and how far it is.
#[derive(Debug)]
pub(super) struct Removing {
    at: Address,
    uid: String,
    before_wave: Option<i32>,
    stand: Stand,
}

#[derive(Debug, PartialEq, Eq)]
enum Stand {
    Todo,
    Looking,
    Deleting,
    Going,
    Gone,
    Trouble(String, Recheck),
}

/// The removals of an outcome. What is remembered as gone is not looked at again.
pub(super) fn all(desk: &Desk, removals: &[Removal], resources: Resources<'_>) -> Vec<Removing> {
    let gone = &desk.seen.memory.gone;
    let own = &desk.seen.object.key.namespace;
    removals
        .iter()
        .filter_map(|r| {
            let resource = resources(&r.key.kind)?;
            let namespace = r.key.namespace.clone().or(own.clone()).filter(|_| resource.namespaced);
            let at = Address { resource, namespace, name: r.key.name.clone() };
            let stand = if gone.contains(&r.uid) { Stand::Gone } else { Stand::Todo };
            Some(Removing { at, uid: r.uid.clone(), before_wave: r.before_wave, stand })
        })
        .collect()
}

impl Removing {
    /// Whether it must be gone before that wave; none: the time after all applies.
    pub(super) fn is_due(&self, wave: Option<i32>) -> bool {
        match (self.before_wave, wave) {
            (Some(before), Some(wave)) => before <= wave,
            (Some(_), None) => true,
            (None, wave) => wave.is_none(),
        }
    }

    /// Whether nothing is left to do or to wait for in this step.
    pub(super) fn is_gone(&self) -> bool {
        self.stand == Stand::Gone
    }

    /// Begins it, if that has not been done. The request's id, to be answered by [`Removing::done`].
    pub(super) fn begin(&mut self, desk: &mut Desk) -> Option<u32> {
        (self.stand == Stand::Todo).then(|| {
            self.stand = Stand::Looking;
            desk.act(Action::Look(self.at.clone()))
        })
    }

    /// A request was answered; the next one's id, if there is one.
    pub(super) fn done(&mut self, desk: &mut Desk, done: Done) -> Option<u32> {
        let (stand, next) = match (&self.stand, done) {
            (_, Done::NotFound(_)) => (Stand::Gone, None),
            (Stand::Looking, Done::Object { object, .. }) if object.meta.uid != self.uid => (Stand::Gone, None),
            (Stand::Looking, Done::Object { object, .. }) if object.meta.deletion_timestamp.is_some() => {
                (Stand::Going, None)
            }
            (Stand::Looking, Done::Object { object, .. }) if !may_remove(desk, &object) => {
                let why = "it is not this object's child, and spec.permissions.delete does not reach it";
                (Stand::Trouble(why.into(), Recheck::Refused), None)
            }
            (Stand::Looking, Done::Object { .. }) => {
                let action = Action::Delete { at: self.at.clone(), uid: self.uid.clone() };
                (Stand::Deleting, Some(desk.act(action)))
            }
            (Stand::Deleting, Done::Accepted | Done::Object { .. }) => {
                desk.accepted("removed", self.at.key(), self.uid.clone());
                (if self.before_wave.is_some() { Stand::Going } else { Stand::Gone }, None)
            }
            (_, Done::Conflict(_)) => (Stand::Gone, None),
            (_, done @ (Done::Forbidden(_) | Done::Invalid(_))) => {
                (Stand::Trouble(super::act::words(&done), Recheck::Refused), None)
            }
            (_, done) => (Stand::Trouble(super::act::words(&done), Recheck::Transient), None),
        };
        self.stand = stand;
        next
    }

    /// The verdict, and when it is worth another look.
    pub(super) fn verdict(&self) -> (Verdict, Recheck) {
        let (state, message, recheck) = match &self.stand {
            Stand::Gone => (State::Absent, String::new(), Recheck::OnChange),
            Stand::Trouble(why, recheck) => (State::Failed, format!("it cannot be removed: {why}"), *recheck),
            Stand::Going => (State::Deleting, "waiting until it is gone".to_owned(), Recheck::After(GOING_MS)),
            _ => (State::Waiting, "it will be removed after all children are applied".to_owned(), Recheck::OnChange),
        };
        (Verdict { key: self.at.key(), state, message }, recheck)
    }
}

/// A child may always be removed, anything else by permission.
fn may_remove(desk: &Desk, there: &Object) -> bool {
    let (key, own) = (&there.key, desk.seen.object.key.namespace.as_deref());
    let permissions = &desk.seen.binding.permissions;
    child::is_ours(&desk.seen, there)
        || permissions.may_delete(&key.kind.group, &key.kind.kind, key.namespace.as_deref(), own).is_ok()
}

/// The uids that are known to be gone.
pub(super) fn gone(removals: &[Removing]) -> BTreeSet<String> {
    removals.iter().filter(|r| r.is_gone()).map(|r| r.uid.clone()).collect()
}
