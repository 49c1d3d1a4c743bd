//! What the status of a Reconciler says of a module that takes over in steps, or that was left.

use super::Engine;
use super::underway::Tally;
use crate::reconciler::{Rejected, Rolling};

impl Engine {
    /// What the status says of a rollout.
    pub(super) fn rolling(&self, name: &str, before: Option<&Rolling>, now: &str, counts: bool) -> Option<Rolling> {
        let on = self.rollouts.of.get(name)?;
        let same = before.filter(|before| before.digest == on.module.digest && before.taken == on.wanted);
        let Tally { objects, ready, failing, .. } = on.tally;
        let counted = same.filter(|_| !counts).map(|same| (same.objects, same.ready, same.failing));
        let (objects, ready, failing) = counted.unwrap_or((objects, ready, failing));
        let (step, steps) = on.reached();
        Some(Rolling {
            digest: on.module.digest.clone(),
            version: on.module.manifest.version.clone(),
            taken: on.wanted.clone(),
            step,
            steps,
            since: same.map_or_else(|| now.to_owned(), |same| same.since.clone()),
            objects,
            ready,
            failing,
        })
    }

    /// How a rollout stands, for its condition.
    pub(super) fn rolling_words(&self, name: &str) -> Option<String> {
        let on = self.rollouts.of.get(name)?;
        let declared = self.reconcilers.get(name)?;
        let rollout = declared.spec.as_ref().ok().and_then(|spec| spec.rollout.as_ref());
        let paused = if rollout.is_some_and(|rollout| rollout.paused) { "; spec.rollout.paused is true" } else { "" };
        let ((step, steps), module) = (on.reached(), on.module.label());
        let reached = on.wanted.last().map_or("none", String::as_str);
        Some(format!("{module} takes over: step {step} of {steps} ({reached}){paused}"))
    }

    /// A module that failed, until the status says so.
    pub(super) fn just_left(&self, name: &str, digest: &str) -> Option<&Rejected> {
        self.rollouts.left.get(name).filter(|left| left.digest == digest)
    }

    /// The same of whichever module it was.
    pub(super) fn left_of_late(&self, name: &str) -> Option<&Rejected> {
        self.rollouts.left.get(name)
    }

    /// The status of a Reconciler says which modules were left.
    pub(super) fn left_is_told(&mut self, name: &str) {
        let Some(declared) = self.reconcilers.get(name) else { return };
        if self.rollouts.left.get(name).is_some_and(|left| declared.status.rejected.contains(left)) {
            self.rollouts.left.remove(name);
        }
    }
}
