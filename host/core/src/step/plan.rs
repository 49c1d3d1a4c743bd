//! Phase 3: from the outcome and what is there to what will be done. Nothing is written here.

use std::collections::BTreeSet;

use super::act::Acting;
use super::{Desk, Needs, Next, Output, Phase, Resources, leave, report, unanswered};
use crate::contract::{Failure, Outcome};
use crate::kind::GroupKind;
use crate::names::{CHILDREN_FINALIZER, GUEST_FINALIZER};
use crate::wanted::{self, Wanted};

/// Checks the outcome as a whole, then says which kinds must be recorded before the first write.
pub(super) fn plan(desk: &mut Desk, outcome: Outcome, known: Result<(), String>, resources: Resources<'_>) -> Next {
    if let Err(why) = known {
        return report::postponed(why);
    }
    let seen = &desk.seen;
    let wanted = match wanted::check(&outcome, &seen.object, &seen.binding, resources) {
        Ok(wanted) => wanted,
        Err(e) => return report::failed(desk, Failure::Refused(e.to_string())),
    };
    let contributed = match wanted::contributions(&outcome, &seen.object, &seen.binding, resources, &wanted) {
        Ok(contributed) => contributed,
        Err(e) => return report::failed(desk, Failure::Refused(e.to_string())),
    };
    desk.at_work |= !surplus(desk, &wanted).is_empty();
    let children = wanted.iter().map(|w| w.at.resource.kind.clone()).collect();
    let needs = Needs { children, targets: contributed.iter().map(|c| c.at.key()).collect() };
    let acting = Acting::new(desk, outcome, wanted, contributed, resources);
    if needs.is_empty() {
        return Next::Go(Phase::Acting(Box::new(acting)));
    }
    desk.outputs.push(Output::Ensure(needs));
    Next::Wait(Phase::Ensuring(Box::new(acting)))
}

/// The children that the stores show and that are this object's by proof, but are no longer wanted.
pub(super) fn surplus(desk: &Desk, wanted: &[Wanted]) -> Vec<std::sync::Arc<crate::object::Object>> {
    let keep: BTreeSet<(GroupKind, Option<&str>, &str)> = wanted
        .iter()
        .map(|w| (w.at.resource.kind.group_kind(), w.at.namespace.as_deref(), w.at.name.as_str()))
        .collect();
    leave::ours(desk)
        .filter(|c| !keep.contains(&(c.key.kind.group_kind(), c.key.namespace.as_deref(), c.key.name.as_str())))
        .cloned()
        .collect()
}

/// The finalizers of ours that the object should carry while these children are wanted: only where
/// Kubernetes' own garbage collection is not enough (promise D01).
pub(super) fn finalizers(desk: &Desk, wanted: &[Wanted], contributes: bool) -> BTreeSet<&'static str> {
    let object = &desk.seen.object.key;
    let manifest = desk.seen.binding.module.as_ref().map(|m| &m.manifest);
    let unreachable = wanted.iter().any(|w| !wanted::is_reachable(object, &w.at.key()))
        || unanswered::may_need_finalizer(desk)
        || desk.seen.children.iter().any(|c| !wanted::is_reachable(object, &c.key));
    let ordered = manifest.is_some_and(|m| m.ordered_deletion) && !wanted.is_empty();
    let mut needed = BTreeSet::new();
    if unreachable || ordered || contributes || !desk.seen.contributed.is_empty() {
        needed.insert(CHILDREN_FINALIZER);
    }
    if manifest.is_some_and(|m| m.finalizes) {
        needed.insert(GUEST_FINALIZER);
    }
    // What cannot be seen may be there and need it.
    if !desk.seen.unseen.is_empty() && desk.seen.object.meta.finalizers.iter().any(|f| f == CHILDREN_FINALIZER) {
        needed.insert(CHILDREN_FINALIZER);
    }
    needed
}
