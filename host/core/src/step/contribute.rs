//! Contributions: fields on objects that are not children. Each is applied under the object's own manager and by
//! the uid of what is there, so it never creates; it is found again by that manager, and withdrawn by an empty apply.
//!
//! Never forced, but for the fields that the outcome says may be taken: then a rehearsal first shows that nobody
//! else's fields are in the way, and the forced apply holds only for the version that was seen.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::act::{address, words};
use super::child::Recheck;
use super::ours::named;
use super::{Desk, Resources};
use crate::action::{Action, Done};
use crate::contract::{State, Verdict};
use crate::fields;
use crate::kind::Key;
use crate::names::{contributed, contributor};
use crate::object::Object;
use crate::resource::Address;
use crate::wanted::Contributed;

/// One contribution, or one to withdraw, and how far it is.
#[derive(Debug)]
pub(super) struct Contributing {
    at: Address,
    /// None: it is to be withdrawn.
    wanted: Option<Contributed>,
    /// What the stores show of its object.
    target: Option<Arc<Object>>,
    stand: Stand,
}

#[derive(Debug)]
enum Stand {
    Todo,
    Applying,
    Rehearsing,
    Taking,
    Withdrawing,
    Settled(State, String, Recheck),
}

/// Those that are wanted, and those that are there and are not.
pub(super) fn all(desk: &Desk, wanted: Vec<Contributed>, resources: Resources<'_>) -> Vec<Contributing> {
    let is_wanted = |there: &Object| wanted.iter().any(|w| is_at(&w.at, there));
    let spare: Vec<Contributing> = desk
        .seen
        .contributed
        .iter()
        .filter(|there| !is_wanted(there))
        .filter_map(|there| {
            let at = address(there, resources)?;
            Some(Contributing { at, wanted: None, target: Some(there.clone()), stand: Stand::Todo })
        })
        .collect();
    let wanted = wanted.into_iter().map(|w| Contributing {
        at: w.at.clone(),
        wanted: Some(w),
        target: None,
        stand: Stand::Todo,
    });
    wanted.chain(spare).collect()
}

/// Withdraws everything that the object has contributed: it goes.
pub(super) fn withdrawals(desk: &Desk, resources: Resources<'_>) -> Vec<(Arc<Object>, Action)> {
    let there = desk.seen.contributed.iter().filter(|there| there.meta.deletion_timestamp.is_none());
    there.filter_map(|there| Some((there.clone(), withdrawal(desk, &address(there, resources)?, there)))).collect()
}

/// What the object contributes to, or would if it were there.
pub(super) fn targets(all: &[Contributing]) -> BTreeSet<Key> {
    all.iter().map(|one| one.at.key()).collect()
}

fn is_at(at: &Address, there: &Object) -> bool {
    let key = &there.key;
    at.resource.kind.group_kind() == key.kind.group_kind() && (&at.namespace, &at.name) == (&key.namespace, &key.name)
}

fn withdrawal(desk: &Desk, at: &Address, there: &Object) -> Action {
    let (manager, manifest) = (contributor(&desk.seen.object.meta.uid), named(at, &there.meta.uid));
    Action::Apply { at: at.clone(), manager, manifest, force: false }
}

impl Contributing {
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// What the stores show is known now.
    pub(super) fn meet(&mut self, desk: &Desk, targets: &[Arc<Object>]) {
        let Some(wanted) = &self.wanted else { return };
        self.target = targets.iter().find(|there| is_at(&self.at, there)).cloned();
        self.stand = match &self.target {
            None => {
                let why = "it is not there; the fields are set when it comes";
                Stand::Settled(State::Absent, why.into(), Recheck::OnChange)
            }
            Some(there) if there.meta.deletion_timestamp.is_some() => {
                let why = "it is being deleted; the fields are set when it comes again";
                Stand::Settled(State::Deleting, why.into(), Recheck::OnChange)
            }
            Some(there) if is_unchanged(desk, wanted, there) => current(),
            Some(_) => Stand::Todo,
        };
    }

    /// Begins what is due; returns the action's id.
    pub(super) fn begin(&mut self, desk: &mut Desk, withdraw: bool) -> Option<u32> {
        let there = self.target.as_ref().filter(|_| matches!(self.stand, Stand::Todo))?;
        let (action, stand) = match &self.wanted {
            None if withdraw => (withdrawal(desk, &self.at, there), Stand::Withdrawing),
            Some(wanted) if !withdraw => (apply(desk, wanted, &wanted.manifest, there, false), Stand::Applying),
            _ => return None,
        };
        self.stand = stand;
        Some(desk.act(action))
    }

    /// A request was answered; returns the id of the next one.
    pub(super) fn done(&mut self, desk: &mut Desk, done: Done) -> Option<u32> {
        let there = self.target.clone();
        let (stand, next) = match (&self.stand, done, &self.wanted, &there) {
            (Stand::Withdrawing, Done::NotFound(_) | Done::Conflict(_), ..) => (gone(), None),
            (Stand::Withdrawing, Done::Object { object, .. }, ..) => {
                desk.wrote(there.as_deref(), &object, "withdrew from");
                (gone(), None)
            }
            (Stand::Applying | Stand::Taking, Done::Unknown(e), ..) => {
                desk.seen.memory.given.insert(self.at.key());
                (Stand::Settled(State::Failed, e, Recheck::Transient), None)
            }
            (Stand::Applying | Stand::Taking, Done::Object { object, .. }, ..) => {
                desk.seen.memory.given.remove(&self.at.key());
                desk.wrote(there.as_deref(), &object, "contributed to");
                (current(), None)
            }
            (Stand::Applying, Done::Conflict(_), Some(wanted), Some(there)) if !wanted.take.is_empty() => {
                let rest = apply(desk, wanted, &wanted.without_taken(), there, false);
                (Stand::Rehearsing, Some(Action::Rehearse(Box::new(rest))))
            }
            (Stand::Rehearsing, Done::Object { .. } | Done::Accepted, Some(wanted), Some(there)) => {
                (Stand::Taking, Some(apply(desk, wanted, &wanted.manifest, there, true)))
            }
            (Stand::Taking, Done::Conflict(e), ..) => {
                (Stand::Settled(State::Failed, format!("it changed meanwhile: {e}"), Recheck::Transient), None)
            }
            (_, Done::Conflict(e), ..) => (Stand::Settled(State::Conflict, e, Recheck::OnChange), None),
            (_, done @ (Done::Invalid(_) | Done::Forbidden(_)), ..) => {
                (Stand::Settled(State::Failed, words(&done), Recheck::Refused), None)
            }
            (_, done, ..) => (Stand::Settled(State::Failed, words(&done), Recheck::Transient), None),
        };
        self.stand = stand;
        next.map(|action| desk.act(action))
    }

    /// The verdict, and when it is worth another look; none for what was withdrawn.
    pub(super) fn verdict(&self) -> Option<(Verdict, Recheck)> {
        let (state, message, recheck) = match &self.stand {
            Stand::Settled(State::Absent, _, _) if self.wanted.is_none() => return None,
            Stand::Settled(state, message, recheck) => (*state, message.clone(), *recheck),
            _ if self.wanted.is_none() => {
                let why = "it is withdrawn when every child is applied".to_owned();
                (State::Waiting, why, Recheck::OnChange)
            }
            _ => (State::Waiting, "it is not known yet".to_owned(), Recheck::Transient),
        };
        Some((Verdict { key: self.at.key(), state, message }, recheck))
    }
}

fn current() -> Stand {
    Stand::Settled(State::Current, String::new(), Recheck::OnChange)
}

fn gone() -> Stand {
    Stand::Settled(State::Absent, String::new(), Recheck::OnChange)
}

fn apply(desk: &Desk, wanted: &Contributed, manifest: &Value, there: &Object, force: bool) -> Action {
    let mut manifest = manifest.clone();
    manifest["metadata"]["uid"] = there.meta.uid.clone().into();
    if force {
        manifest["metadata"]["resourceVersion"] = there.meta.resource_version.clone().into();
    }
    Action::Apply { at: wanted.at.clone(), manager: contributor(&desk.seen.object.meta.uid), manifest, force }
}

/// As for children: what was asked for last is what is asked for now, and our entry owns that and nothing else.
fn is_unchanged(desk: &Desk, wanted: &Contributed, there: &Object) -> bool {
    let uid = &desk.seen.object.meta.uid;
    there.meta.annotations.get(&contributed(uid)) == Some(&wanted.digest)
        && fields::still_owns(&there.meta, &contributor(uid), &wanted.manifest)
}
