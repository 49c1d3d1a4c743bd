//! Phase 1: what is to be done for the object at all.

use super::{Desk, Next, Output, Phase, ask, finish, report};
use crate::contract;
use crate::names::{GUEST_FINALIZER, PAUSED};
use crate::world::World;

/// A paused object is left alone. A wanted object is asked about. A deleted one is finished: its guest is asked while it has work to do,
/// then its children go.
pub(super) fn begin(desk: &mut Desk) -> Next {
    let seen = &desk.seen;
    if seen.object.meta.annotations.get(PAUSED).is_some_and(|value| value != "false") {
        return report::paused();
    }
    let deleting = seen.object.meta.deletion_timestamp.is_some();
    let module = seen.binding.module.as_ref();
    let guest_has_work =
        seen.object.meta.finalizers.iter().any(|f| f == GUEST_FINALIZER) && module.is_none_or(|m| m.manifest.finalizes);
    let phase = match (deleting, guest_has_work) {
        (false, _) => contract::Phase::Apply,
        (true, true) => contract::Phase::Finalize,
        (true, false) => return Next::Go(Phase::Finishing(finish::Finishing::default())),
    };
    if module.is_none() {
        return Next::Go(Phase::Finishing(finish::Finishing::without_guest()));
    }
    let request = ask::request(seen, phase);
    let (picture, binding) = (seen.picture.clone(), seen.binding.clone());
    let world = World::new(&seen.object, seen.children.clone(), picture, binding, seen.now_ms);
    desk.asked = Some(seen.object.clone());
    desk.outputs.push(Output::Ask(Box::new(request), world));
    Next::Wait(Phase::Asking)
}
