//! What we wrote and have not seen in the stores yet.
//!
//! The next reconcile of an object starts when every store has seen the last write made for it: else it
//! would decide from a picture older than its own deeds. resourceVersions are compared as numbers, and
//! only within one kind (Kubernetes documents them as comparable within a resource type).

use std::collections::{HashMap, HashSet};

use crate::kind::{GroupKind, Key};
use crate::object::Object;
use crate::store::Change;

/// Something that a store will show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The object at this or a later version.
    Version {
        /// Which object.
        key: Key,
        /// Its uid.
        uid: String,
        /// The version that the write made.
        version: String,
    },
    /// The object of that uid gone or being deleted.
    Deletion {
        /// Which object.
        key: Key,
        /// Its uid.
        uid: String,
    },
}

impl Write {
    fn key(&self) -> &Key {
        match self {
            Self::Version { key, .. } | Self::Deletion { key, .. } => key,
        }
    }

    /// Whether a store that shows `now` under the write's key has seen it.
    fn is_seen_in(&self, now: Option<&Object>) -> bool {
        match self {
            Self::Version { uid, version, .. } => {
                now.is_some_and(|o| o.meta.uid != *uid || number(&o.meta.resource_version) >= number(version))
            }
            Self::Deletion { uid, .. } => now.is_none_or(|o| o.meta.uid != *uid || o.meta.deletion_timestamp.is_some()),
        }
    }
}

/// An object by kind and name, whatever version of its API it is seen in.
type Target = (GroupKind, Option<String>, String);

/// A write, the object for which it was made, and whether a list that began later will show it.
type Awaited = (Write, Key, bool);

/// Writes that are waited for, by the object that was written.
#[derive(Debug, Default)]
pub struct Pending {
    by_target: HashMap<Target, Vec<Awaited>>,
    waiting: HashMap<Key, usize>,
}

impl Pending {
    /// A write was made for an object. `now` is what the store shows of the written one.
    pub fn add(&mut self, write: Write, object: &Key, now: Option<&Object>) {
        if write.is_seen_in(now) {
            return;
        }
        *self.waiting.entry(object.clone()).or_default() += 1;
        self.by_target.entry(target(write.key())).or_default().push((write, object.clone(), false));
    }

    /// A store changed. Returns the objects that wait for nothing any more.
    pub fn see(&mut self, change: &Change) -> Vec<Key> {
        let Some(key) = change.after.as_ref().or(change.before.as_ref()).map(|o| &o.key) else { return Vec::new() };
        let Some(writes) = self.by_target.remove(&target(key)) else { return Vec::new() };
        let gone = change.after.is_none();
        let uid = change.before.as_ref().map(|o| o.meta.uid.as_str());
        let (seen, rest) = writes.into_iter().partition(|(write, _, _)| match write {
            Write::Version { uid: written, .. } if gone => uid == Some(written),
            _ => write.is_seen_in(change.after.as_deref()),
        });
        if !Vec::is_empty(&rest) {
            self.by_target.insert(target(key), rest);
        }
        self.release(seen)
    }

    /// A list of a kind begins: it will show every write made before.
    pub fn begin(&mut self, kind: &GroupKind) {
        for (at, writes) in &mut self.by_target {
            if at.0 == *kind {
                writes.iter_mut().for_each(|(_, _, before_list)| *before_list = true);
            }
        }
    }

    /// That list is complete. Returns the objects that wait for nothing any more.
    pub fn listed(&mut self, kind: &GroupKind) -> Vec<Key> {
        let mut seen = Vec::new();
        for (at, writes) in &mut self.by_target {
            if at.0 == *kind {
                seen.extend(writes.extract_if(.., |(_, _, before_list)| *before_list));
            }
        }
        self.by_target.retain(|_, writes| !writes.is_empty());
        self.release(seen)
    }

    /// A kind is no longer watched, so nothing will be seen of it. Returns the objects that wait for
    /// nothing any more.
    pub fn unwatched(&mut self, kind: &GroupKind) -> Vec<Key> {
        self.begin(kind);
        self.listed(kind)
    }

    /// Whether something is waited for before the object may be looked at.
    pub fn blocks(&self, object: &Key) -> bool {
        self.waiting.contains_key(object)
    }

    fn release(&mut self, seen: Vec<Awaited>) -> Vec<Key> {
        let mut free = HashSet::new();
        for (_, object, _) in seen {
            if let Some(count) = self.waiting.get_mut(&object) {
                *count -= 1;
                if *count == 0 {
                    self.waiting.remove(&object);
                    free.insert(object);
                }
            }
        }
        free.into_iter().collect()
    }
}

fn target(key: &Key) -> Target {
    (key.kind.group_kind(), key.namespace.clone(), key.name.clone())
}

fn number(version: &str) -> u64 {
    version.parse().unwrap_or(0)
}
