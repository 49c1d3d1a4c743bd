//! Where a reconcile came to rest: what its guest was given, and what it left behind. Where both are still so,
//! another one would ask the same, be answered the same and find nothing to do (promise G07).
//!
//! Reads beside the children are not in here: the read index tells when one of them would be answered otherwise.

use std::sync::Arc;

use super::Desk;
use crate::cause::Due;
use crate::contract::{Outcome, State, Verdict, View};
use crate::object::Object;
use crate::print::Print;
use crate::queue::Again;
use crate::world::Read;

/// Where a reconcile came to rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What the guest was given: the object, then how far each child is, then the children in its views.
    given: Box<[Print]>,
    /// What the object and the marks on its children were when it ended.
    left: Box<[Print]>,
    /// What the host looks at in the object itself.
    kept: Print,
    /// What the guest answered.
    answer: Print,
    /// The views in which the guest looked at its children.
    views: Vec<View>,
    /// When it is looked at again by the clock that never goes back, in milliseconds, and why.
    pub due: Option<(u64, Due)>,
}

impl Settled {
    /// Whether an object and its children are as they were when its reconcile came to rest.
    pub fn is_still_so(&self, object: &Object, children: &[Arc<Object>]) -> bool {
        left(object, marks(children)).eq(self.left.iter().copied())
            && given(object, told(children), children, &self.views).eq(self.given.iter().copied())
    }

    /// Whether a change of the object itself is one of which neither its guest nor the host sees anything. What was
    /// written and never told may have been undone: then both sides are alike, and not what was left.
    pub fn overlooks(&self, before: &Object, after: &Object) -> bool {
        let now = after.print(View::Full);
        before.print(View::Full) == now && self.left.first() == Some(&now)
    }

    /// The same of a child of it.
    pub fn overlooks_of_child(&self, before: &Object, after: &Object) -> bool {
        let now = after.marks_print();
        before.marks_print() == now
            && self.left.contains(&now)
            && before.readiness_print() == after.readiness_print()
            && self.views.iter().all(|view| before.print(*view) == after.print(*view))
    }

    /// Whether the same answer as before leads to nothing, though the guest was given something else: all that the host
    /// looks at to carry it out is as it was.
    fn comes_to_the_same(&self, outcome: &Outcome, object: &Object, children: &[Arc<Object>]) -> bool {
        // Labels and annotations of its own may have been changed by the same hand.
        let says_nothing_of_itself = outcome.labels.is_empty() && outcome.annotations.is_empty();
        let before = self.given.iter().skip(1).take(self.left.len() - 1);
        says_nothing_of_itself
            && marks(children).eq(self.left.iter().skip(1).copied())
            && told(children).eq(before.copied())
            && object.kept_print() == self.kept
    }
}

fn marks(children: &[Arc<Object>]) -> impl Iterator<Item = Print> {
    children.iter().map(|child| child.marks_print())
}

fn told(children: &[Arc<Object>]) -> impl Iterator<Item = Print> {
    children.iter().map(|child| child.readiness_print())
}

fn given(
    object: &Object,
    told: impl Iterator<Item = Print>,
    children: &[Arc<Object>],
    views: &[View],
) -> impl Iterator<Item = Print> {
    let looked = views.iter().flat_map(move |view| children.iter().map(|child| child.print(*view)));
    std::iter::once(object.shown_print()).chain(told).chain(looked)
}

fn left(object: &Object, marks: impl Iterator<Item = Print>) -> impl Iterator<Item = Print> {
    std::iter::once(object.print(View::Full)).chain(marks)
}

/// Whether an answer of the guest leads to nothing, since it is the one with which the object came to rest. A resync
/// looks at everything anew, and so does a reconcile that has something else to tell.
pub(super) fn comes_to_the_same(desk: &Desk, outcome: &Outcome) -> bool {
    let seen = &desk.seen;
    let says_nothing_else = !seen.insist && seen.failures == 0 && seen.unsettled.is_none() && seen.unseen.is_empty();
    let settled = seen.memory.settled.as_ref().filter(|_| says_nothing_else && seen.contributed.is_empty());
    settled.is_some_and(|settled| {
        settled.answer == desk.answer && settled.comes_to_the_same(outcome, &seen.object, &seen.children)
    })
}

/// How a reconcile is about to end.
pub(super) struct Ending<'a> {
    pub(super) outcome: Option<&'a Outcome>,
    pub(super) verdicts: &'a [Verdict],
    pub(super) removals: &'a [Verdict],
    pub(super) trouble: bool,
    pub(super) again: Again,
}

/// Where a reconcile came to rest; none if it did not: something failed, is in conflict, is waited for, or only
/// the stores can tell what came of it.
pub(super) fn settled(desk: &Desk, ending: &Ending<'_>) -> Option<Settled> {
    let (seen, memory) = (&desk.seen, &desk.seen.memory);
    let outcome = ending.outcome?;
    let is_through = !ending.trouble && matches!(ending.again, Again::OnChange | Again::After(..));
    let nothing_contributed = outcome.contributions.is_empty() && seen.contributed.is_empty();
    let asks_for_no_more = nothing_contributed && outcome.replace.is_empty();
    // What is told of children beside the stores is told in the next call, and differs from that in this one.
    let told_all = memory.verdicts.is_empty() && ending.verdicts.is_empty() && memory.removals == ending.removals;
    let removed = ending.removals.iter().all(|verdict| verdict.state == State::Absent);
    let doubtless =
        memory.strangers.is_empty() && memory.claimed.is_empty() && memory.given.is_empty() && seen.unseen.is_empty();
    let wanted = seen.object.meta.deletion_timestamp.is_none();
    if !(is_through && asks_for_no_more && told_all && removed && doubtless && wanted) || desk.at_work {
        return None;
    }
    // A child that was not there before will be told to the guest.
    let is_known = |key: &crate::kind::Key| *key == seen.object.key || seen.children.iter().any(|c| c.key == *key);
    if !desk.written.keys().all(is_known) {
        return None;
    }
    let mut views: Vec<View> = desk
        .reads
        .iter()
        .filter_map(|read| match read {
            Read::Children { view, .. } => Some(*view),
            _ => None,
        })
        .collect();
    views.sort_unstable();
    views.dedup();
    let written = |child: &Arc<Object>| desk.written.get(&child.key);
    let marks =
        seen.children.iter().map(|child| written(child).map_or_else(|| child.marks_print(), |[marks, _]| *marks));
    // How far a child is counts as of its write: that is what was said of the object.
    let told =
        seen.children.iter().map(|child| written(child).map_or_else(|| child.readiness_print(), |[_, told]| *told));
    let given = given(desk.asked.as_deref()?, told, &seen.children, &views).collect();
    let (kept, answer) = (seen.object.kept_print(), desk.answer);
    Some(Settled { given, left: left(&seen.object, marks).collect(), kept, answer, views, due: None })
}
