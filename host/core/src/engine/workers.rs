//! How many objects are in work. A step that only waits, for discovery or for a store, holds no worker.

use std::collections::{BTreeMap, HashSet};

use crate::kind::{GroupKind, Key};

/// How many objects of one kind may be in work at once. Calls and requests in flight are shared out beside it
/// (see [`crate::share`]); what is in work waits for those, so that no more than this stands before another kind.
pub const MOST_OF_ONE_KIND: usize = 32;
/// How many objects of all kinds may be in work at once.
const MOST: usize = 256;

/// The objects in work.
#[derive(Debug, Default)]
pub(super) struct Workers {
    busy: BTreeMap<GroupKind, HashSet<Key>>,
}

impl Workers {
    /// An object is in work, or again.
    pub(super) fn take(&mut self, object: &Key) {
        self.busy.entry(object.kind.group_kind()).or_default().insert(object.clone());
    }

    /// The work on an object is over, or waits for something that no worker brings about.
    pub(super) fn leave(&mut self, object: &Key) {
        if let Some(busy) = self.busy.get_mut(&object.kind.group_kind()) {
            busy.remove(object);
        }
    }

    /// A kind is no longer kept.
    pub(super) fn forget(&mut self, kind: &GroupKind) {
        self.busy.remove(kind);
    }

    /// Whether more objects may be looked at.
    pub(super) fn is_full(&self) -> bool {
        self.busy.values().map(HashSet::len).sum::<usize>() >= MOST
    }

    /// Whether more objects of a kind may be looked at.
    pub(super) fn have_room_for(&self, kind: &GroupKind) -> bool {
        self.busy.get(kind).is_none_or(|busy| busy.len() < MOST_OF_ONE_KIND)
    }
}
