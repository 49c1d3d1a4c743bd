//! What the status of a Reconciler remembers of modules: which decided, and which were left.

use std::collections::BTreeSet;

use super::reconcilers::Declared;
use crate::binding::Module;
use crate::reconciler::{HISTORY, Rejected, SPENT, Served, approved, is_about, promoted, went_back};

/// The modules that decided, with the one that does now.
pub(super) fn history(before: &[Served], now: Served, is_kept: impl Fn(&str) -> bool) -> Vec<Served> {
    let mut all = before.to_vec();
    match all.first().filter(|last| last.digest == now.digest) {
        Some(_) => {}
        None => all.insert(0, now),
    }
    all.iter_mut().for_each(|served| served.kept |= is_kept(&served.digest));
    all.truncate(HISTORY);
    all
}

/// The modules that were left. Who goes back to one that decided before, and approves that, leaves the one that decided
/// last (promise M04); what decides again, or takes over, is none of them.
pub(super) fn rejected(
    declared: &Declared,
    module: &Module,
    (rolling, of_late): (Option<&String>, Option<&Rejected>),
    now: &str,
) -> Vec<Rejected> {
    let Declared { status, .. } = declared;
    let mut all: Vec<Rejected> = of_late.into_iter().chain(&status.rejected).cloned().collect();
    let named = declared.spec.as_ref().is_ok_and(|spec| spec.module.pushed() == Some(&*module.digest));
    let decided = named && status.history.iter().any(|served| served.digest == module.digest);
    let decider = status.rollout.as_ref().map(|rolling| &rolling.digest).or(status.digest.as_ref());
    if let Some(last) = decider.filter(|last| **last != module.digest)
        && decided
        && status.rejected(&module.digest).is_none()
        && declared.approves(&module.digest)
    {
        let why = went_back(&module.digest);
        all.insert(0, Rejected { digest: last.clone(), at: now.to_owned(), why });
    }
    let mut seen = BTreeSet::new();
    let decides = |digest: &String| *digest == module.digest || Some(digest) == rolling;
    all.retain(|rejected| !decides(&rejected.digest) && seen.insert(rejected.digest.clone()));
    all.truncate(HISTORY);
    all
}

/// What people wrote of modules that has done what it was written for: those decide, take over, or were left.
pub(super) fn spent(declared: &Declared, digests: [Option<&String>; 3]) -> Vec<String> {
    let is_done = |word: &&str| digests.into_iter().flatten().any(|digest| is_about(word, digest));
    let approval = declared.approval().filter(is_done).map(approved);
    let promotion = declared.promotion().filter(is_done).map(promoted);
    let mut all: Vec<String> =
        approval.into_iter().chain(promotion).chain(declared.status.spent.iter().cloned()).collect();
    let mut seen = BTreeSet::new();
    all.retain(|word| seen.insert(word.clone()));
    all.truncate(SPENT);
    all
}
