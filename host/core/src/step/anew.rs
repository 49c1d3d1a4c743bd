//! A child that is made anew: deleted by its uid and, when the stores show it gone, created like any other.
//!
//! Where a change is to an immutable field, the API server must first say in a rehearsal that it would create
//! the new one (promise A09). Nothing of this must survive: whoever begins again meets the same refusal, or
//! finds the name free.

use std::sync::Arc;

use serde_json::Value;

use super::Seen;
use super::child::{Move, Recheck, Stand, is_ours, settle};
use crate::action::Action;
use crate::contract::{Policy, State};
use crate::object::Object;
use crate::refusal::Refusal;
use crate::wanted::Wanted;

/// A question to the API server whether it would create the new one.
#[derive(Clone, Debug)]
pub(super) struct Rehearsal {
    /// What runs.
    pub(super) old: Arc<Object>,
    /// What is asked about.
    manifest: Value,
    /// Why it is to be made anew.
    pub(super) why: String,
}

/// The API server refuses a change because a field keeps its value.
pub(super) fn cannot_change(seen: &Seen, wanted: &Wanted, old: &Arc<Object>, refusal: &Refusal) -> Move {
    let why = refusal.message.clone();
    if wanted.policy != Policy::Recreate || !is_ours(seen, old) {
        return settle(State::Failed, why, Recheck::Refused);
    }
    let mut manifest = Value::clone(&wanted.manifest);
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("name");
        metadata.insert("generateName".into(), format!("{}-", wanted.at.name).into());
    }
    rehearse(wanted, Rehearsal { old: old.clone(), manifest, why })
}

fn rehearse(wanted: &Wanted, rehearsal: Rehearsal) -> Move {
    let create = Action::Create { at: wanted.at.clone(), manifest: rehearsal.manifest.clone() };
    Move::Act(Action::Rehearse(Box::new(create)), Stand::Rehearsing(Box::new(rehearsal)))
}

/// The API server would not create the new one. What the old one alone holds does not count: it is asked again
/// without that.
pub(super) fn refused(wanted: &Wanted, rehearsal: &Rehearsal, refusal: &Refusal) -> Move {
    match refusal.without_held(&rehearsal.manifest, &rehearsal.old.value()) {
        Some(manifest) => rehearse(wanted, Rehearsal { manifest, ..rehearsal.clone() }),
        None => {
            let why = format!("it cannot be made anew: {refusal}. It must be, because {}", rehearsal.why);
            settle(State::Failed, why, Recheck::Refused)
        }
    }
}

/// The old one goes.
pub(super) fn unmake(wanted: &Wanted, old: &Arc<Object>, why: &str) -> Move {
    let action = Action::Delete { at: wanted.at.clone(), uid: old.meta.uid.clone() };
    Move::Act(action, Stand::Unmaking { old: old.clone(), why: why.to_owned() })
}

/// The deletion was accepted: the stores tell when it is gone.
pub(super) fn unmade(why: &str) -> Move {
    settle(State::Deleting, format!("it will be created anew when it is gone: {why}"), Recheck::OnChange)
}
