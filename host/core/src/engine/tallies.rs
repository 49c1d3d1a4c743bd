//! How often each thing was written for an object, and whether it was the same.

use std::hash::{DefaultHasher, Hash as _, Hasher};

use foldhash::HashMap;
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
        let anew = || Tally { since_ms: now_ms, to_us: 0, same: HashMap::default() };
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cause::What;
    use crate::kind::Kind;
    use crate::resource::{Address, Resource};

    fn at(name: &str) -> Address {
        let kind = Kind::new("", "v1", "ConfigMap");
        let resource = Resource { kind, plural: "configmaps".into(), namespaced: true }.into();
        Address { resource, namespace: Some("a".into()), name: name.into() }
    }

    fn applied(name: &str, manifest: Value) -> Written {
        let apply = Action::Apply { at: at(name), manager: "us".into(), manifest, force: true };
        Written::by(&apply).expect("a write")
    }

    fn child(name: &str, by: &str) -> Cause {
        Cause::Child { key: at(name).key(), what: What::Changed, by: Some(by.into()) }
    }

    const NOBODY: Driven = Driven { by_itself: false, by_us: false };

    #[test]
    fn the_same_is_what_differs_only_in_the_very_object_that_is_meant() {
        let mut tallies = Tallies::default();
        let mut count = |manifest: Value| tallies.count(&applied("one", manifest), NOBODY, 0);
        assert_eq!(count(json!({"metadata": {"uid": "1", "resourceVersion": "1", "labels": {"a": "1"}}})), 1);
        assert_eq!(count(json!({"metadata": {"uid": "2", "resourceVersion": "2", "labels": {"a": "1"}}})), 2);
        assert_eq!(count(json!({"metadata": {"uid": "2", "labels": {"a": "2"}}})), 1, "another label");
        assert_eq!(count(json!({"spec": {"uid": "1"}})), 1);
        assert_eq!(count(json!({"spec": {"uid": "2"}})), 1, "a field of that name is a field like any other");
    }

    #[test]
    fn a_write_is_about_one_object_in_whatever_version() {
        let written = applied("one", json!({}));
        assert!(written.is_about(&Key::new(Kind::new("", "v2", "ConfigMap"), Some("a".into()), "one".into())));
        assert!(!written.is_about(&at("other").key()));
    }

    #[test]
    fn what_was_written_long_ago_counts_no_more() {
        let (mut tallies, one) = (Tallies::default(), applied("one", json!({})));
        assert!(tallies.is_empty());
        assert_eq!(tallies.count(&one, NOBODY, 5_000), 1);
        assert_eq!(tallies.count(&one, NOBODY, 5_000 + WINDOW_MS - 1), 2);
        tallies.sweep(5_000 + WINDOW_MS - 1);
        assert!(!tallies.is_empty());
        assert_eq!(tallies.count(&one, NOBODY, 5_000 + WINDOW_MS), 1);
        tallies.sweep(5_000 + 2 * WINDOW_MS);
        assert!(tallies.is_empty());
    }

    #[test]
    fn we_drive_ourselves_where_we_wrote_what_changed_and_nothing_else_did() {
        let mut tallies = Tallies::default();
        tallies.count(&applied("one", json!({})), NOBODY, 0);
        let by_us = |causes: &[Cause], now_ms: u64| {
            let mut all = Causes::default();
            causes.iter().for_each(|cause| all.add(cause.clone()));
            tallies.driven(&all, "us", now_ms).by_us
        };
        assert!(by_us(&[child("one", "us")], 1) && by_us(&[child("one", HOST_MANAGER)], 1));
        assert!(!by_us(&[child("one", "them")], 1), "others did");
        assert!(!by_us(&[child("other", "us")], 1), "for another object");
        assert!(!by_us(&[child("one", "us")], WINDOW_MS), "long ago");
        assert!(!by_us(&[child("one", "us"), Cause::Start], 1), "not that alone");
        assert!(!by_us(&[], 1), "nothing is known");
        let object = |n: usize| Cause::Object { what: What::Changed, by: Some(format!("{n}")) };
        let many: Vec<Cause> = (0..50).map(object).collect();
        assert!(by_us(&many[..1], 1) && !by_us(&many, 1), "some of them are not known");
    }
}
