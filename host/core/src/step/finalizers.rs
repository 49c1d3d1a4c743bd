//! The finalizers of ours on the object: set before the first write that needs them, dropped when nothing does.

use serde_json::json;

use super::{Desk, plan};
use crate::action::Action;
use crate::names::{CHILDREN_FINALIZER, GUEST_FINALIZER};
use crate::resource::Address;
use crate::wanted::Wanted;

/// The patch that sets what is missing; none if nothing is, or the object is going: the API server lets no
/// finalizer be added then.
pub(super) fn take(desk: &Desk, wanted: &[Wanted], contributes: bool) -> Option<Action> {
    let meta = &desk.seen.object.meta;
    if desk.seen.is_going() {
        return None;
    }
    let needed = plan::finalizers(desk, wanted, contributes).into_iter().map(str::to_owned);
    let missing: Vec<String> = needed.filter(|f| !meta.finalizers.contains(f)).collect();
    (!missing.is_empty()).then(|| finalizers_patch(desk, &[&meta.finalizers[..], &missing].concat()))
}

/// The patch that drops what is not needed any more; none if nothing is to go, or the object itself is: then
/// finishing drops them.
pub(super) fn drop_spare(desk: &Desk, wanted: &[Wanted], contributes: bool) -> Option<Action> {
    let meta = &desk.seen.object.meta;
    if desk.seen.is_going() {
        return None;
    }
    let needed = plan::finalizers(desk, wanted, contributes);
    let stays = |finalizer: &str| match finalizer {
        GUEST_FINALIZER | CHILDREN_FINALIZER => needed.contains(finalizer),
        _ => true,
    };
    let kept: Vec<String> = meta.finalizers.iter().filter(|f| stays(f)).cloned().collect();
    (kept.len() < meta.finalizers.len()).then(|| finalizers_patch(desk, &kept))
}

/// The patch carries the resourceVersion: a finalizer that somebody else sets meanwhile is not lost.
pub(super) fn finalizers_patch(desk: &Desk, finalizers: &[String]) -> Action {
    let object = &desk.seen.object;
    let at = own_address(desk);
    let metadata = json!({"resourceVersion": object.meta.resource_version, "finalizers": finalizers});
    Action::Merge { at, status: false, patch: json!({ "metadata": metadata }) }
}

/// Where the object itself is served.
pub(super) fn own_address(desk: &Desk) -> Address {
    let key = &desk.seen.object.key;
    Address { resource: desk.seen.binding.resource.clone(), namespace: key.namespace.clone(), name: key.name.clone() }
}
