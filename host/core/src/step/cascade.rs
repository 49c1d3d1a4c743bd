//! What a person asked for by `kubectl delete --cascade=…`: Kubernetes keeps it in the object's finalizers until
//! its garbage collection has done its part.

use serde_json::json;

use super::act::finalizers_patch;
use super::{Desk, Seen};
use crate::action::Action;
use crate::names::{CHILDREN_FINALIZER, ORPHANED};
use crate::object::Object;
use crate::wanted;

/// Set while dependents lose their owner and stay (`--cascade=orphan`).
const ORPHAN: &str = "orphan";
/// Set until dependents are gone (`--cascade=foreground`).
const FOREGROUND: &str = "foregroundDeletion";

fn carries(object: &Object, finalizer: &str) -> bool {
    object.meta.deletion_timestamp.is_some() && object.meta.finalizers.iter().any(|f| f == finalizer)
}

fn has(seen: &Seen, finalizer: &str) -> bool {
    carries(&seen.object, finalizer)
}

/// Whether an object shows the wish that its children stay, as long as Kubernetes keeps that.
pub(crate) fn is_orphaning(object: &Object) -> bool {
    carries(object, ORPHAN)
}

/// Whether the wish that children stay is written down on the object.
pub(crate) fn is_noted(object: &Object) -> bool {
    object.meta.annotations.get(ORPHANED).is_some_and(|value| value == "true")
}

/// Whether somebody wishes, or wished, that the children stay. Kubernetes takes its own note away as soon as its
/// garbage collection is done: at once where all children are out of its reach.
pub(super) fn is_orphaned(seen: &Seen) -> bool {
    seen.is_going() && (has(seen, ORPHAN) || seen.orphaned || is_noted(&seen.object))
}

/// Whether the object goes after its children, in whatever order: Kubernetes deletes those that it can reach.
pub(super) fn is_foreground(seen: &Seen) -> bool {
    has(seen, FOREGROUND)
}

/// Whether Kubernetes would delete a child at once that were made now.
pub(super) fn would_undo(seen: &Seen, wanted: &wanted::Wanted) -> bool {
    is_foreground(seen) && wanted::is_reachable(&seen.object.key, &wanted.at.key())
}

/// Whether the wish that children stay must be written down: Kubernetes takes its own note of it away, and a
/// process that starts later must know of it.
pub(super) fn must_note_orphaning(seen: &Seen) -> bool {
    is_orphaned(seen) && has(seen, CHILDREN_FINALIZER) && !is_noted(&seen.object)
}

/// A note says that children stay. They are not waited for, but what the object contributes is withdrawn first.
pub(super) fn note_orphaning(desk: &Desk) -> Action {
    let all = &desk.seen.object.meta.finalizers;
    let gives = !desk.seen.contributed.is_empty() || !desk.seen.memory.given.is_empty();
    let kept: Vec<String> = all.iter().filter(|f| gives || *f != CHILDREN_FINALIZER).cloned().collect();
    let mut action = finalizers_patch(desk, &kept);
    if let Action::Merge { patch, .. } = &mut action {
        patch["metadata"]["annotations"] = json!({ORPHANED: "true"});
    }
    action
}

/// Whether a child stays although its object goes. One that could have an owner and has not was orphaned while
/// nobody looked.
pub(super) fn stays(seen: &Seen, child: &Object) -> bool {
    seen.is_going() && (is_orphaned(seen) || has_lost_its_owner(seen, child))
}

/// Whether a child could have our object as its owner, and has not.
pub(super) fn has_lost_its_owner(seen: &Seen, child: &Object) -> bool {
    wanted::is_reachable(&seen.object.key, &child.key)
        && !child.meta.owner_references.iter().any(|owner| owner.uid == seen.object.meta.uid)
}
