//! How many objects are in work. A step that only waits, for discovery or for a store, holds no worker.

use std::collections::BTreeMap;

use foldhash::HashSet;

use crate::kind::{GroupKind, Key};

/// How many objects of one kind may be in work at once. Calls and requests in flight are shared out beside it
/// (see [`crate::share`]); what is in work waits for those, so that no more than this stands before another kind.
pub const MOST_OF_ONE_KIND: usize = 32;
/// How many objects of all kinds may be in work at once.
const MOST: usize = 256;

/// How many calls of one kind may wait for a thread. What is due later may be more urgent, so that the fewer the
/// better; but a thread should never wait for the next call.
const CALLS_IN_WAIT: usize = 4;

/// The objects in work.
#[derive(Debug, Default)]
pub(super) struct Workers {
    busy: BTreeMap<GroupKind, HashSet<Key>>,
    /// Those of them whose guest is called.
    asking: BTreeMap<GroupKind, HashSet<Key>>,
    /// How many guests of one kind are called at once.
    threads: usize,
}

impl Workers {
    /// For a host that calls so many guests of one kind at once.
    pub(super) fn new(threads: usize) -> Self {
        Self { threads, ..Self::default() }
    }

    /// The guest of an object is called.
    pub(super) fn ask(&mut self, object: &Key) {
        self.asking.entry(object.kind.group_kind()).or_default().insert(object.clone());
    }

    /// It has answered.
    pub(super) fn answered(&mut self, object: &Key) {
        if let Some(asking) = self.asking.get_mut(&object.kind.group_kind()) {
            asking.remove(object);
        }
    }

    /// An object is in work, or again.
    pub(super) fn take(&mut self, object: &Key) {
        self.busy.entry(object.kind.group_kind()).or_default().insert(object.clone());
    }

    /// The work on an object is over, or waits for something that no worker brings about.
    pub(super) fn leave(&mut self, object: &Key) {
        self.answered(object);
        if let Some(busy) = self.busy.get_mut(&object.kind.group_kind()) {
            busy.remove(object);
        }
    }

    /// A kind is no longer kept.
    pub(super) fn forget(&mut self, kind: &GroupKind) {
        self.busy.remove(kind);
        self.asking.remove(kind);
    }

    /// Whether more objects may be looked at.
    pub(super) fn is_full(&self) -> bool {
        self.busy.values().map(HashSet::len).sum::<usize>() >= MOST
    }

    /// Whether more objects of a kind may be looked at.
    pub(super) fn have_room_for(&self, kind: &GroupKind) -> bool {
        let count = |of: &BTreeMap<GroupKind, HashSet<Key>>| of.get(kind).map_or(0, HashSet::len);
        count(&self.busy) < MOST_OF_ONE_KIND && count(&self.asking) < self.threads + CALLS_IN_WAIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    fn key(kind: &str, name: usize) -> Key {
        Key::new(Kind::new("", "v1", kind), None, name.to_string())
    }

    #[test]
    fn so_many_of_a_kind_and_of_all_are_in_work_and_no_more() {
        let mut workers = Workers::new(100);
        let kinds: Vec<String> = (0..MOST / MOST_OF_ONE_KIND).map(|n| format!("Kind{n}")).collect();
        for kind in &kinds {
            assert!(!workers.is_full());
            for name in 0..MOST_OF_ONE_KIND {
                assert!(workers.have_room_for(&key(kind, 0).kind.group_kind()));
                workers.take(&key(kind, name));
            }
            assert!(!workers.have_room_for(&key(kind, 0).kind.group_kind()));
        }
        assert!(workers.is_full());
        workers.leave(&key(&kinds[0], 0));
        assert!(!workers.is_full() && workers.have_room_for(&key(&kinds[0], 0).kind.group_kind()));
    }

    #[test]
    fn a_kind_that_is_no_longer_kept_has_all_its_room_when_it_is_kept_again() {
        let mut workers = Workers::new(1);
        let kind = key("Inn", 0).kind.group_kind();
        for name in 0..MOST_OF_ONE_KIND {
            workers.take(&key("Inn", name));
            workers.ask(&key("Inn", name));
        }
        workers.forget(&kind);
        assert!(workers.have_room_for(&kind));
    }

    #[test]
    fn a_few_calls_of_a_kind_wait_for_a_thread_and_no_more() {
        let mut workers = Workers::new(2);
        let kind = key("Inn", 0).kind.group_kind();
        for name in 0..2 + CALLS_IN_WAIT {
            assert!(workers.have_room_for(&kind));
            workers.ask(&key("Inn", name));
        }
        assert!(!workers.have_room_for(&kind));
        workers.answered(&key("Inn", 0));
        assert!(workers.have_room_for(&kind));
    }
}
