//! Phase 5, instead of ask to act: an object that is being deleted, or that no guest speaks for.
//!
//! What Kubernetes' garbage collection cannot reach is deleted here, from labels alone, in reverse order
//! of waves; no guest is needed for it.

use std::collections::HashMap;
use std::sync::Arc;

use super::act::{address, finalizers_patch, removal, removed, words};
use super::{Desk, Next, Phase, Resources, contribute, report};
use crate::action::Done;
use crate::fields;
use crate::names::{CHILDREN_FINALIZER, GUEST_FINALIZER, WAVE};
use crate::object::Object;

/// How far finishing is.
#[derive(Debug, Default)]
pub(super) struct Finishing {
    no_guest: bool,
    jobs: HashMap<u32, Option<Arc<Object>>>,
    trouble: Vec<String>,
}

impl Finishing {
    /// No module is loaded: nothing may be asked, applied or changed.
    pub(super) fn without_guest() -> Self {
        Self { no_guest: true, ..Self::default() }
    }
}

/// Deletes the last wave of children that is there; when none is left, the finalizers go.
pub(super) fn begin(desk: &mut Desk, mut finishing: Finishing, resources: Resources<'_>) -> Next {
    let meta = &desk.seen.object.meta;
    let has = |finalizer: &str| meta.finalizers.iter().any(|f| f == finalizer);
    if meta.deletion_timestamp.is_none() || !(has(CHILDREN_FINALIZER) || has(GUEST_FINALIZER)) {
        return report::gone();
    }
    if finishing.no_guest && has(GUEST_FINALIZER) {
        return report::guest_is_missing();
    }
    for (there, action) in contribute::withdrawals(desk, resources) {
        let id = desk.act(action);
        finishing.jobs.insert(id, Some(there));
    }
    if !finishing.jobs.is_empty() {
        return Next::Wait(Phase::Finishing(finishing));
    }
    let meta = &desk.seen.object.meta;
    let has = |finalizer: &str| meta.finalizers.iter().any(|f| f == finalizer);
    let orphan = has("orphan");
    let unseen = &desk.seen.unseen;
    if has(CHILDREN_FINALIZER) && !orphan && !unseen.is_empty() {
        return report::postponed(format!("it may have children that cannot be seen: {}", unseen.join("; ")));
    }
    let manager = &desk.seen.binding.manager;
    let ours: Vec<Arc<Object>> =
        desk.seen.children.iter().filter(|c| fields::apply_entry(&c.meta, manager).is_some()).cloned().collect();
    if has(CHILDREN_FINALIZER) && !orphan && !ours.is_empty() {
        let last = ours.iter().map(|c| wave(c)).max().unwrap_or_default();
        for child in ours.into_iter().filter(|c| wave(c) == last && c.meta.deletion_timestamp.is_none()) {
            let Some(at) = address(&child, resources) else { continue };
            let action = removal(desk, &child, at);
            let id = desk.act(action);
            finishing.jobs.insert(id, Some(child));
        }
        if finishing.jobs.is_empty() {
            return report::gone();
        }
    } else {
        let kept: Vec<String> =
            meta.finalizers.iter().filter(|f| *f != CHILDREN_FINALIZER && *f != GUEST_FINALIZER).cloned().collect();
        let action = finalizers_patch(desk, &kept);
        let id = desk.act(action);
        finishing.jobs.insert(id, None);
    }
    Next::Wait(Phase::Finishing(finishing))
}

fn wave(child: &Object) -> i32 {
    child.meta.annotations.get(WAVE).and_then(|w| w.parse().ok()).unwrap_or_default()
}

/// A request was answered. What is still there when all are answered tells by its own change.
pub(super) fn done(desk: &mut Desk, mut finishing: Finishing, id: u32, done: Done) -> Next {
    match (finishing.jobs.remove(&id), done) {
        (None, _) | (_, Done::NotFound(_)) => {}
        (Some(Some(child)), done @ (Done::Accepted | Done::Object { .. })) => removed(desk, &child, &done),
        (Some(None), Done::Object { object, .. }) => {
            desk.wrote(Some(&desk.seen.object.clone()), &object, "dropped the finalizers of");
        }
        (Some(None), Done::Accepted) => {}
        (Some(_), other) => finishing.trouble.push(words(&other)),
    }
    if !finishing.jobs.is_empty() {
        return Next::Wait(Phase::Finishing(finishing));
    }
    match finishing.trouble.is_empty() {
        true => report::gone(),
        false => report::postponed(finishing.trouble.join("; ")),
    }
}
