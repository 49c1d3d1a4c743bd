//! Children that go, and in which order: those of the last wave first, each wave gone before the next.

use std::sync::Arc;

use super::{Desk, cascade};
use crate::fields;
use crate::names::{CHILDREN_FINALIZER, WAVE};
use crate::object::Object;
use crate::reconciler::OnDelete;
use crate::wanted;

/// How many children a sentence names.
const NAMED: usize = 5;

/// Whether all children must be deleted here: their finalizer says so, or the person who deleted
/// their object, or the Reconciler that goes.
pub(super) fn all(desk: &Desk) -> bool {
    match desk.seen.is_left() {
        true => desk.seen.binding.on_delete == OnDelete::Delete,
        false => {
            cascade::is_foreground(&desk.seen)
                || desk.seen.object.meta.finalizers.iter().any(|f| f == CHILDREN_FINALIZER)
        }
    }
}

/// The children that must be deleted here: all, or those of an object that goes which Kubernetes' garbage
/// collection cannot reach.
pub(super) fn of_object(desk: &Desk) -> Vec<Arc<Object>> {
    let (all, is_left, object) = (all(desk), desk.seen.is_left(), &desk.seen.object.key);
    let goes = |child: &&Arc<Object>| all || (!is_left && !wanted::is_reachable(object, &child.key));
    ours(desk).filter(goes).cloned().collect()
}

/// What the stores show as this object's children, and our Apply entry proves ours; but for those that stay.
pub(super) fn ours(desk: &Desk) -> impl Iterator<Item = &Arc<Object>> {
    let manager = &desk.seen.binding.manager;
    let all = desk.seen.children.iter().filter(move |child| fields::apply_entry(&child.meta, manager).is_some());
    all.filter(|child| !cascade::stays(&desk.seen, child))
}

/// Of the last wave that is there, the children whose deletion has not been asked for yet.
pub(super) fn last_wave(going: &[Arc<Object>]) -> Vec<Arc<Object>> {
    let last = going.iter().map(|child| wave(child)).max();
    let now = |child: &&Arc<Object>| Some(wave(child)) == last && child.meta.deletion_timestamp.is_none();
    going.iter().filter(now).cloned().collect()
}

/// The wave that a child was applied in.
fn wave(child: &Object) -> i32 {
    child.meta.annotations.get(WAVE).and_then(|wave| wave.parse().ok()).unwrap_or_default()
}

/// The children of the last wave, and what holds each, for people; none if there are none.
pub(super) fn told(going: &[Arc<Object>]) -> Option<String> {
    let last = going.iter().map(|child| wave(child)).max()?;
    let mut told: Vec<String> = going
        .iter()
        .filter(|child| wave(child) == last)
        .map(|child| match &*child.meta.finalizers {
            [] => child.key.to_string(),
            held => format!("{} (held by {})", child.key, held.join(", ")),
        })
        .collect();
    told.sort();
    let more = told.len().saturating_sub(NAMED);
    told.truncate(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{}{rest}", told.join(", ")))
}
