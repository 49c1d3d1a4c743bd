//! Phase 1: what is to be done for the object at all.

use super::{Desk, Next, Output, Phase, Resources, Seen, ask, cascade, finish, report, unanswered};
use crate::conditions;
use crate::contract::{self, Request};
use crate::names::{GUEST_FINALIZER, SKIP_FINALIZE};
use crate::object::Metadata;
use crate::world::World;

/// The wish that children stay is noted even of a paused object, since it would be lost; beside that, a paused
/// object is left alone. A wanted object is asked about. A deleted one is finished: its guest is asked while it has
/// work to do, then its children go. So they do, as the Reconciler says, where that goes.
pub(super) fn begin(desk: &mut Desk, resources: Resources<'_>) -> Next {
    let seen = &desk.seen;
    if cascade::must_note_orphaning(seen) {
        return Next::Go(Phase::Finishing(finish::Finishing::default()));
    }
    if conditions::is_paused(&seen.object) && !seen.is_left() {
        return report::paused();
    }
    if let Some(next) = unanswered::begin(desk, resources) {
        return next;
    }
    let seen = &desk.seen;
    if seen.is_left() {
        return Next::Go(Phase::Finishing(finish::Finishing::default()));
    }
    let phase = match (seen.is_going(), guest_has_work(seen)) {
        (false, _) => contract::Phase::Apply,
        (true, true) => contract::Phase::Finalize,
        (true, false) => return Next::Go(Phase::Finishing(finish::Finishing::default())),
    };
    if seen.binding.module.is_none() {
        return finish::without_guest(desk);
    }
    let (request, world) = asked(seen, phase);
    desk.asked = Some(seen.object.clone());
    desk.outputs.push(Output::Ask(Box::new(request), world));
    Next::Wait(Phase::Asking)
}

fn asked(seen: &Seen, phase: contract::Phase) -> (Request, World) {
    let (picture, binding) = (seen.picture.clone(), seen.binding.clone());
    (ask::request(seen, phase), World::new(&seen.object, seen.children.clone(), picture, binding, seen.now_ms))
}

/// Whether a guest would be asked what it wants for an object, whichever module it is of: not where that goes, or is left
/// alone.
pub(crate) fn is_asked_about(seen: &Seen) -> bool {
    !seen.is_going() && !seen.is_left() && !conditions::is_paused(&seen.object)
}

/// What a guest would be asked then.
pub(crate) fn question(seen: &Seen) -> (Request, World) {
    asked(seen, contract::Phase::Apply)
}

/// Whether an object that goes has to wait for its guest. One that does not finalize any more has no say,
/// nor has one that is not there and whose Reconciler goes. A person may decide that it is not waited for.
fn guest_has_work(seen: &Seen) -> bool {
    let meta = &seen.object.meta;
    let binding = &seen.binding;
    meta.finalizers.iter().any(|f| f == GUEST_FINALIZER)
        && binding.module.as_ref().map_or(!binding.leaving, |m| m.manifest.finalizes)
        && !is_skipped(meta)
}

fn is_skipped(meta: &Metadata) -> bool {
    meta.annotations.get(SKIP_FINALIZE).is_some_and(|value| value == "true")
}
