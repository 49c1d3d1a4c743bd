//! Phase 5, instead of ask to act, or after a guest that said that it is finished: an object goes.
//!
//! What Kubernetes' garbage collection cannot be trusted with is deleted here, from labels alone, in reverse
//! order of waves, each gone before the next; no guest is needed for it. Then the finalizers go.

use std::collections::HashMap;
use std::sync::Arc;

use super::act::{address, finalizers_patch, removal, removed, words};
use super::{Desk, Next, Phase, Resources, cascade, contribute, leave, report, unanswered};
use crate::action::Done;
use crate::conditions::Standing;
use crate::contract::Outcome;
use crate::names::{CHILDREN_FINALIZER, GUEST_FINALIZER};
use crate::object::Object;
use crate::reconciler::OnDelete;

/// How far finishing is.
#[derive(Debug, Default)]
pub(super) struct Finishing {
    /// What the guest said when it was finished, if it was asked.
    last_word: Option<Box<Outcome>>,
    jobs: HashMap<u32, Job>,
    /// What only somebody's doing can change.
    refused: Vec<String>,
    /// What may go away by itself.
    trouble: Vec<String>,
}

#[derive(Debug)]
enum Job {
    Child(Arc<Object>),
    Contribution(Arc<Object>),
    Finalizers,
    Orphaning,
}

impl Finishing {
    /// The guest said that it is finished.
    pub(super) fn after(last_word: Outcome) -> Self {
        Self { last_word: Some(Box::new(last_word)), ..Self::default() }
    }
}

/// No module is loaded: nothing may be asked, applied or changed, and what waits for it waits on.
pub(super) fn without_guest(desk: &Desk) -> Next {
    match desk.seen.is_going() {
        true => report::guest_is_missing(&desk.seen),
        false => report::gone(),
    }
}

/// Deletes the last wave of children that is there; when none is left, the finalizers go.
pub(super) fn begin(desk: &mut Desk, mut finishing: Finishing, resources: Resources<'_>) -> Next {
    let has = |finalizer: &str| desk.seen.object.meta.finalizers.iter().any(|f| f == finalizer);
    let (for_children, for_guest) = (has(CHILDREN_FINALIZER), has(GUEST_FINALIZER));
    if cascade::must_note_orphaning(&desk.seen) {
        let id = desk.act(cascade::note_orphaning(desk));
        finishing.jobs.insert(id, Job::Orphaning);
        return Next::Wait(Phase::Finishing(finishing));
    }
    let waits = for_children || for_guest || cascade::is_foreground(&desk.seen);
    // What is not known may be what has to go first.
    if let Some(unknown) = unanswered::in_the_way(desk).filter(|_| waits || desk.seen.is_left()) {
        return report::postponed(unknown);
    }
    if !desk.seen.is_left() && !waits {
        return report::finished(finishing.last_word, None);
    }
    let going = leave::of_object(desk);
    let unseen = if leave::all(desk) { std::mem::take(&mut desk.seen.unseen) } else { Vec::new() };
    let is_last = going.is_empty() && unseen.is_empty();
    if is_last && (desk.seen.is_going() || leave::all(desk)) {
        for (there, action) in contribute::withdrawals(desk, resources) {
            let id = desk.act(action);
            finishing.jobs.insert(id, Job::Contribution(there));
        }
    }
    if is_last && finishing.jobs.is_empty() {
        drop_finalizers(desk, &mut finishing, &[CHILDREN_FINALIZER, GUEST_FINALIZER]);
    } else if for_children && for_guest {
        // The guest has no more to do; its finalizer stays only where no other one guards the children.
        drop_finalizers(desk, &mut finishing, &[GUEST_FINALIZER]);
    }
    if unseen.is_empty() {
        for child in leave::last_wave(&going) {
            let Some(at) = address(&child, resources) else { continue };
            let action = removal(desk, &child, at);
            let id = desk.act(action);
            finishing.jobs.insert(id, Job::Child(child));
        }
    } else {
        let what = unseen.join("; ");
        finishing
            .refused
            .push(format!("there may be children that cannot be seen: {what}. Finalizers stay until they can"));
    }
    if finishing.jobs.is_empty() {
        return over(desk, finishing, &going);
    }
    Next::Wait(Phase::Finishing(finishing))
}

fn drop_finalizers(desk: &mut Desk, finishing: &mut Finishing, which: &[&str]) {
    let all = &desk.seen.object.meta.finalizers;
    let kept: Vec<String> = all.iter().filter(|f| !which.contains(&f.as_str())).cloned().collect();
    if kept.len() == all.len() {
        return;
    }
    let action = finalizers_patch(desk, &kept);
    let id = desk.act(action);
    finishing.jobs.insert(id, Job::Finalizers);
}

/// A request was answered. What is still there when all are answered tells by its own change.
pub(super) fn done(desk: &mut Desk, mut finishing: Finishing, id: u32, done: Done) -> Next {
    match (finishing.jobs.remove(&id), done) {
        (Some(Job::Orphaning), Done::Object { object, .. }) => {
            desk.wrote(Some(&desk.seen.object.clone()), &object, "let the children stay of");
            desk.seen.object = object;
            return Next::Go(Phase::Observe);
        }
        (None, _) | (_, Done::NotFound(_)) | (Some(Job::Finalizers | Job::Orphaning), Done::Accepted) => {}
        (Some(Job::Child(there) | Job::Contribution(there)), done @ (Done::Accepted | Done::Object { .. })) => {
            removed(desk, &there, &done);
        }
        (Some(Job::Contribution(there)), done @ (Done::Forbidden(_) | Done::Invalid(_))) => {
            finishing.refused.push(format!("its fields cannot be withdrawn from {}: {}", there.key, words(&done)));
        }
        (Some(Job::Child(child)), done @ (Done::Forbidden(_) | Done::Invalid(_))) => {
            finishing.refused.push(format!("{} cannot be deleted: {}", child.key, words(&done)));
        }
        (Some(Job::Finalizers), Done::Object { object, .. }) => {
            desk.wrote(Some(&desk.seen.object.clone()), &object, "dropped finalizers of");
            desk.seen.object = object;
        }
        (Some(_), other) => finishing.trouble.push(words(&other)),
    }
    if !finishing.jobs.is_empty() {
        return Next::Wait(Phase::Finishing(finishing));
    }
    over(desk, finishing, &[])
}

/// Everything that could be done is done. `waiting` is what goes at its own pace.
fn over(desk: &Desk, finishing: Finishing, waiting: &[Arc<Object>]) -> Next {
    let Finishing { last_word, refused, trouble, .. } = finishing;
    let what = if desk.seen.is_left() { "its Reconciler" } else { "it" };
    if !refused.is_empty() {
        return report::stuck(format!("{what} is being deleted, but {}", refused.join("; ")));
    }
    if !trouble.is_empty() {
        return report::postponed(trouble.join("; "));
    }
    report::finished(
        last_word.clone(),
        standing(desk, last_word.is_some(), waiting).map(|message| Standing::Reconciling {
            reason: "Deleting".into(),
            message: format!("{what} is being deleted{message}"),
        }),
    )
}

/// What an object says that is still there; none where there is nothing worth a write.
fn standing(desk: &Desk, has_last_word: bool, waiting: &[Arc<Object>]) -> Option<String> {
    let seen = &desk.seen;
    match leave::told(waiting) {
        Some(children) => Some(format!(" and waits until these children are gone: {children}")),
        None if seen.is_left() && seen.binding.on_delete == OnDelete::Delete => {
            Some(", and its children with it (spec.onDelete is Delete)".into())
        }
        None if has_last_word && !seen.object.meta.finalizers.is_empty() => Some("; its guest is finished".into()),
        None => None,
    }
}
