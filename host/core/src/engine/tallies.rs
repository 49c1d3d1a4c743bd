//! How often each thing was written for an object, and whether it was the same.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher};

use serde_json::Value;

use super::breaker::WINDOW_MS;
use crate::action::Action;
use crate::cause::{Cause, Causes};
use crate::kind::Key;
use crate::names::HOST_MANAGER;

/// One write.
#[derive(Debug)]
pub(super) struct Written {
    /// A digest of the name of what was written.
    name: u64,
    /// A digest of what it was to be.
    content: u64,
    /// It was a status.
    status: bool,
}

/// What led to the work on an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Driven {
    /// Nothing but its own change.
    by_itself: bool,
    /// Nothing but that, and what we wrote for it.
    by_us: bool,
}

/// The writes of late for one object.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    of: HashMap<u64, Tally>,
}

/// How often one thing was written.
#[derive(Debug)]
struct Tally {
    since_ms: u64,
    /// As an answer to our own writes.
    to_us: u32,
    /// By what was written.
    same: HashMap<u64, u32>,
}

impl Written {
    /// What an action would write; none if it only asks.
    pub(super) fn by(action: &Action) -> Option<Self> {
        let name = name(&action.key());
        let content = match action {
            Action::Look(_) | Action::Rehearse(_) | Action::Event { .. } => return None,
            Action::Apply { manager, manifest, .. } => content(manager, manifest),
            Action::Create { manifest, .. } => content("", manifest),
            Action::Merge { patch, .. } => content("", patch),
            // What others put there, which is not what is wanted, makes the difference between two of these.
            Action::Patch { .. } => 1,
            Action::Delete { .. } => 0,
        };
        Some(Self { name, content, status: matches!(action, Action::Merge { status: true, .. }) })
    }

    /// Whether it is about that object.
    pub(super) fn is_about(&self, key: &Key) -> bool {
        self.name == name(key)
    }
}

impl Tallies {
    /// What led to the work on an object; `manager` is who we are.
    pub(super) fn driven(&self, causes: &Causes, manager: &str, now_ms: u64) -> Driven {
        let all = |is: &dyn Fn(&Cause) -> bool| {
            !causes.is_empty() && causes.more() == 0 && causes.named().iter().all(|(cause, _)| is(cause))
        };
        let is_own = |cause: &Cause| matches!(cause, Cause::Object { .. });
        let is_ours = |cause: &Cause| match cause {
            Cause::Child { key, by: Some(by), .. }
            | Cause::Read { key, by: Some(by), .. }
            | Cause::Target { key, by: Some(by), .. } => {
                (by == manager || by == HOST_MANAGER) && self.of.get(&name(key)).is_some_and(|t| t.is_of_late(now_ms))
            }
            cause => is_own(cause),
        };
        Driven { by_itself: all(&is_own), by_us: all(&is_ours) }
    }

    /// Counts one more write, and says how often it was so in vain.
    ///
    /// What follows from somebody else's doing is in vain where the same is written again: ever new content is
    /// progress. What follows from our own writes alone is in vain whatever it is. A status follows all the children
    /// and is written often while they get ready: it counts only where nothing but the object's own change led to it.
    pub(super) fn count(&mut self, written: &Written, driven: Driven, now_ms: u64) -> u32 {
        let anew = || Tally { since_ms: now_ms, to_us: 0, same: HashMap::new() };
        let tally = self.of.entry(written.name).or_insert_with(anew);
        if !tally.is_of_late(now_ms) {
            *tally = anew();
        }
        let in_vain = if written.status { driven.by_itself } else { driven.by_us };
        if in_vain {
            tally.to_us = tally.to_us.saturating_add(1);
        }
        if written.status {
            return tally.to_us;
        }
        let same = tally.same.entry(written.content).or_default();
        *same = same.saturating_add(1);
        tally.to_us.max(*same)
    }

    /// Forgets what was written long ago.
    pub(super) fn sweep(&mut self, now_ms: u64) {
        self.of.retain(|_, tally| tally.is_of_late(now_ms));
    }

    /// Whether nothing was written of late.
    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
}

impl Tally {
    fn is_of_late(&self, now_ms: u64) -> bool {
        now_ms < self.since_ms + WINDOW_MS
    }
}

/// A thing, in whatever version of its API.
fn name(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key.kind.group_kind(), &key.namespace, &key.name).hash(&mut hasher);
    hasher.finish()
}

/// What is to be, without which very object is meant: one that is made anew is wanted as it was.
fn content(manager: &str, wanted: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    manager.hash(&mut hasher);
    for (field, value) in wanted.as_object().into_iter().flatten() {
        let inner = value.as_object().filter(|_| field == "metadata");
        field.hash(&mut hasher);
        match inner {
            None => value.to_string().hash(&mut hasher),
            Some(metadata) => {
                let meant = metadata.iter().filter(|(name, _)| !matches!(name.as_str(), "uid" | "resourceVersion"));
                meant.for_each(|(name, value)| (name, value.to_string()).hash(&mut hasher));
            }
        }
    }
    hasher.finish()
}
