//! Which object is next: one entry per object, one call per object at a time.

mod again;

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

pub use again::Again;

use crate::cause::{Cause, Causes, Due};
use crate::kind::Key;

/// Back-off after a first failure, in milliseconds.
const FIRST_BACKOFF_MS: u64 = 5;
/// The longest back-off, in milliseconds.
const LONGEST_BACKOFF_MS: u64 = 1_000_000;

/// How urgent a wake-up is. Order counts: the first goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Something changed just now.
    Fresh,
    /// A list, a sweep after a swap, a time that came.
    Sweep,
}

#[derive(Debug, Default)]
struct Entry {
    ready: Option<(Urgency, u64)>,
    timer: Option<(u64, Due)>,
    running: bool,
    woken: Option<Urgency>,
    /// Why it waits; while it runs, why it will be looked at once more.
    causes: Causes,
    failures: u32,
}

/// The queue of objects to look at.
#[derive(Debug, Default)]
pub struct Queue {
    entries: HashMap<Key, Entry>,
    ready: BTreeSet<(Urgency, u64, Key)>,
    timers: BTreeSet<(u64, Key)>,
    sequence: u64,
}

impl Queue {
    /// Something about the object may have changed: look at it soon. While it is being looked at, it is
    /// remembered and looked at once more afterwards.
    pub fn wake(&mut self, key: &Key, urgency: Urgency, cause: Cause) {
        let entry = self.entries.entry(key.clone()).or_default();
        entry.causes.add(cause);
        if entry.running {
            entry.woken = Some(entry.woken.map_or(urgency, |u| u.min(urgency)));
        } else {
            self.line_up(key, urgency);
        }
    }

    /// It waits, no later than others of that urgency that come after it.
    fn line_up(&mut self, key: &Key, urgency: Urgency) {
        let entry = self.entries.entry(key.clone()).or_default();
        match entry.ready {
            Some((before, _)) if before <= urgency => return,
            Some((before, sequence)) => {
                self.ready.remove(&(before, sequence, key.clone()));
            }
            None => {}
        }
        self.sequence += 1;
        entry.ready = Some((urgency, self.sequence));
        self.ready.insert((urgency, self.sequence, key.clone()));
    }

    /// The object itself changed: earlier failures say nothing about it any more.
    pub fn forgive(&mut self, key: &Key) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.failures = 0;
        }
    }

    /// Time has passed: the objects whose time came wait to be looked at.
    pub fn ripen(&mut self, now_ms: u64) {
        while self.next_timer().is_some_and(|at| at <= now_ms) {
            let Some((_, key)) = self.timers.pop_first() else { return };
            let timer = self.entries.get_mut(&key).and_then(|entry| entry.timer.take());
            let due = timer.map_or(Due::BackOff, |(_, due)| due);
            self.wake(&key, Urgency::Sweep, Cause::Time(due));
        }
    }

    /// The next object that `may_start` lets through, and why it is due. It counts as running until
    /// [`Queue::done`].
    pub fn next(&mut self, may_start: impl Fn(&Key) -> bool) -> Option<(Key, Causes)> {
        let found = self.ready.iter().find(|(_, _, key)| may_start(key)).cloned()?;
        self.ready.remove(&found);
        let key = found.2;
        let entry = self.entries.entry(key.clone()).or_default();
        entry.ready = None;
        entry.running = true;
        let causes = std::mem::take(&mut entry.causes);
        if let Some((at, _)) = entry.timer.take() {
            self.timers.remove(&(at, key.clone()));
        }
        Some((key, causes))
    }

    /// A reconcile ended.
    pub fn done(&mut self, key: &Key, again: Again, now_ms: u64) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        entry.running = false;
        let woken = entry.woken.take();
        let wait = match again {
            Again::Never => {
                if woken.is_none() {
                    self.entries.remove(key);
                    return;
                }
                None
            }
            Again::OnChange => {
                entry.failures = 0;
                None
            }
            Again::After(ms, due) => {
                entry.failures = 0;
                Some((ms, due))
            }
            Again::FailedAfter(ms) => {
                entry.failures += 1;
                Some((ms, Due::Retry))
            }
            Again::BackOff { no_sooner, no_later } => {
                entry.failures += 1;
                let wait = (backoff(key, entry.failures), Due::BackOff);
                let (ms, due) = no_later.filter(|(ms, _)| *ms < wait.0).unwrap_or(wait);
                Some((ms.max(no_sooner), due))
            }
        };
        if let Some((ms, due)) = wait {
            let at = now_ms.saturating_add(ms);
            entry.timer = Some((at, due));
            self.timers.insert((at, key.clone()));
        }
        if let Some(urgency) = woken {
            self.line_up(key, urgency);
        }
    }

    /// The work on an object, for these causes, was put off before anything came of it: it is next as soon as
    /// it may start.
    pub fn put_back(&mut self, key: &Key, causes: Causes) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        entry.running = false;
        entry.woken = None;
        let later = std::mem::replace(&mut entry.causes, causes);
        entry.causes.join(later);
        self.line_up(key, Urgency::Fresh);
    }

    /// How often the object failed in a row.
    pub fn failures(&self, key: &Key) -> u32 {
        self.entries.get(key).map_or(0, |entry| entry.failures)
    }

    /// Forgets objects: their kind is no longer kept.
    pub fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        self.entries.retain(|key, _| !which(key));
        self.ready.retain(|(_, _, key)| !which(key));
        self.timers.retain(|(_, key)| !which(key));
    }

    /// When the next timer fires, in milliseconds of the same clock.
    pub fn next_timer(&self) -> Option<u64> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Whether nothing waits, now or for its time.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.timers.is_empty()
    }

    /// The objects that wait to be looked at now.
    pub fn waiting(&self) -> impl Iterator<Item = (&Key, Urgency)> {
        self.ready.iter().map(|(urgency, _, key)| (key, *urgency))
    }
}

/// 5 ms doubled per failure up to 1000 s, less up to a quarter that differs from object to object.
fn backoff(key: &Key, failures: u32) -> u64 {
    let full = FIRST_BACKOFF_MS.saturating_mul(1 << failures.saturating_sub(1).min(30)).min(LONGEST_BACKOFF_MS);
    let mut hasher = DefaultHasher::new();
    (key, failures).hash(&mut hasher);
    full - full / 4 * (hasher.finish() % 1000) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    fn key(name: &str) -> Key {
        Key { kind: Kind::new("", "v1", "ConfigMap"), namespace: None, name: name.into() }
    }

    fn next(queue: &mut Queue) -> Option<Key> {
        queue.next(|_| true).map(|(key, _)| key)
    }

    #[test]
    fn an_object_woken_while_it_runs_runs_once_more() {
        let mut queue = Queue::default();
        queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
        assert_eq!(next(&mut queue), Some(key("a")));
        queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
        queue.wake(&key("a"), Urgency::Sweep, Cause::Start);
        assert_eq!(next(&mut queue), None, "one call per object at a time");
        queue.done(&key("a"), Again::OnChange, 0);
        assert_eq!(next(&mut queue), Some(key("a")));
        queue.done(&key("a"), Again::OnChange, 0);
        assert_eq!(next(&mut queue), None);
    }

    #[test]
    fn a_fresh_change_goes_before_a_sweep_that_came_earlier() {
        let mut queue = Queue::default();
        queue.wake(&key("swept"), Urgency::Sweep, Cause::Start);
        queue.wake(&key("fresh"), Urgency::Fresh, Cause::Start);
        assert_eq!(next(&mut queue), Some(key("fresh")));
    }

    #[test]
    fn failures_back_off_from_5_ms_to_1000_s_and_a_change_resets_them() {
        let mut queue = Queue::default();
        let mut now = 0;
        let mut waits = Vec::new();
        queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
        for _ in 0..25 {
            queue.ripen(now);
            queue.next(|_| true).expect("it is due");
            queue.done(&key("a"), Again::BACK_OFF, now);
            let at = queue.next_timer().expect("a timer");
            waits.push(at - now);
            now = at;
        }
        assert!((3..=5).contains(&waits[0]), "{waits:?}");
        assert!((750_000..=1_000_000).contains(&waits[24]), "{waits:?}");
        queue.forgive(&key("a"));
        queue.ripen(now);
        queue.next(|_| true).expect("it is due");
        queue.done(&key("a"), Again::BACK_OFF, now);
        assert!(queue.next_timer().expect("a timer") - now <= 5);
    }
}
