//! Labels and annotations of the object itself: applied under a field manager of their own, so that its entry in
//! managedFields tells after any restart what a guest set and now may withdraw.
//!
//! Never forced: what somebody else set otherwise is a conflict.

use serde_json::{Map, Value};

use super::act::words;
use super::child::Recheck;
use super::finalizers::own_address;
use super::ours::named;
use super::{Desk, Next, report};
use crate::action::{Action, Done};
use crate::contract::{Outcome, State, Verdict};
use crate::fields;
use crate::names::own_manager;
use crate::object::Metadata;

/// The apply that is due; none where everything is as it should be, or the object may go.
pub(super) fn apply(desk: &Desk, outcome: &Outcome) -> Option<Action> {
    let meta = &desk.seen.object.meta;
    if meta.deletion_timestamp.is_some() && outcome.finished {
        return None;
    }
    let (manager, manifest) = (manager(desk), manifest(desk, outcome));
    let nothing = outcome.labels.is_empty() && outcome.annotations.is_empty();
    let is_so = match fields::apply_entry(meta, &manager) {
        None => nothing,
        Some(entry) => {
            // A value that admission changed stays ours, and is not fought.
            let holds = holds(meta, outcome) || desk.seen.memory.futile_own.as_ref() == Some(&manifest);
            !nothing && holds && fields::covers(&entry.fields_v1.tree(), &manifest)
        }
    };
    (!is_so).then(|| Action::Apply { at: own_address(desk), manager, manifest, force: false })
}

/// It was answered. What is in the way, if anything is; or the object is gone.
pub(super) fn done(desk: &mut Desk, outcome: &Outcome, done: Done) -> Result<Option<(Verdict, Recheck)>, Next> {
    let (state, recheck) = match &done {
        Done::Object { object, .. } => {
            desk.wrote(Some(&desk.seen.object.clone()), object, "set labels or annotations of");
            desk.seen.memory.futile_own = (!holds(&object.meta, outcome)).then(|| manifest(desk, outcome));
            desk.seen.object = object.clone();
            return Ok(None);
        }
        Done::NotFound(_) => return Err(report::gone()),
        Done::Conflict(_) => (State::Conflict, Recheck::OnChange),
        Done::Invalid(_) | Done::Forbidden(_) => (State::Failed, Recheck::Refused),
        _ => (State::Failed, Recheck::Transient),
    };
    let message = format!("its own labels and annotations cannot be set: {}", words(&done));
    Ok(Some((Verdict { key: desk.seen.object.key.clone(), state, message }, recheck)))
}

fn manager(desk: &Desk) -> String {
    own_manager(&desk.seen.binding.resource.kind.group_kind())
}

fn manifest(desk: &Desk, outcome: &Outcome) -> Value {
    let mut manifest = named(&own_address(desk), &desk.seen.object.meta.uid);
    for (field, pairs) in [("labels", &outcome.labels), ("annotations", &outcome.annotations)] {
        if !pairs.is_empty() {
            let map: Map<String, Value> = pairs.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
            manifest["metadata"][field] = Value::Object(map);
        }
    }
    manifest
}

fn holds(meta: &Metadata, outcome: &Outcome) -> bool {
    outcome.labels.iter().all(|(key, value)| meta.labels.get(key) == Some(value))
        && outcome.annotations.iter().all(|(key, value)| meta.annotations.get(key) == Some(value))
}
