//! Which object is next: one entry per object, one call per object at a time.

mod again;
mod backoff;
mod turns;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use again::Again;

use foldhash::HashMap;

use crate::cause::{Cause, Causes, Due};
use crate::kind::{GroupKind, Key};
use turns::{Place, Turns};

/// How urgent a wake-up is. Order counts: the first goes first within a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Somebody changed the object itself.
    Person,
    /// Something else changed just now, or a time came that the guest had asked for.
    Fresh,
    /// A list, a sweep after a swap, a resync, the end of a back-off.
    Sweep,
    /// What the host did for the object itself came back: how it stands now is still to be told, and nothing of what it
    /// should be is still to be done.
    Echo,
}

impl Urgency {
    const ALL: [Self; 4] = [Self::Person, Self::Fresh, Self::Sweep, Self::Echo];
    const LEVELS: usize = Self::ALL.len();

    fn of(due: Due) -> Self {
        match due {
            Due::Requeue | Due::Clock | Due::Retry | Due::Recheck => Self::Fresh,
            Due::BackOff | Due::Resync => Self::Sweep,
            Due::Word => Self::Echo,
        }
    }
}

/// Where an object stands that is to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stand {
    /// Nothing is to be done.
    #[default]
    Idle,
    /// It waits for its turn.
    InLine(Place),
    /// It would wait for its turn, but something must happen first.
    Aside(Urgency),
    /// It is being looked at; if there is an urgency, it will be looked at once more.
    Running(Option<Urgency>),
}

#[derive(Debug, Default)]
struct Entry {
    stand: Stand,
    timer: Option<(u64, Due)>,
    /// Not to be looked at before this moment, whatever happens.
    held: Option<u64>,
    /// Why it waits; while it runs, why it will be looked at once more.
    causes: Causes,
    /// Since when it waits; while it runs, since when it is known that it will be looked at once more.
    since: Option<u64>,
    failures: u32,
}

/// An object whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which.
    pub key: Key,
    /// Why.
    pub causes: Causes,
    /// For how many milliseconds it waited.
    pub waited_ms: u64,
    /// It is one of many that are swept, and others of its kind still wait for their look.
    pub is_ahead: bool,
}

/// The queue of objects to look at.
#[derive(Debug, Default)]
pub struct Queue {
    entries: HashMap<Key, Entry>,
    turns: Turns,
    timers: BTreeSet<(u64, Key)>,
    holds: BTreeSet<(u64, Key)>,
    sequence: u64,
    now_ms: u64,
}

impl Queue {
    /// What happens to the queue from now on happens at this moment.
    pub fn at(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
    }

    /// Something about the object may have changed: look at it soon. While it is being looked at, it is
    /// remembered and looked at once more afterwards.
    pub fn wake(&mut self, key: &Key, urgency: Urgency, cause: Cause) {
        let entry = self.entries.entry(key.clone()).or_default();
        entry.causes.add(cause);
        entry.since.get_or_insert(self.now_ms);
        self.line_up(key, urgency);
    }

    fn line_up(&mut self, key: &Key, urgency: Urgency) {
        let entry = self.entries.entry(key.clone()).or_default();
        match entry.stand {
            Stand::Running(more) => {
                entry.stand = Stand::Running(Some(more.map_or(urgency, |u| u.min(urgency))));
                return;
            }
            Stand::Aside(before) => {
                entry.stand = Stand::Aside(before.min(urgency));
                return;
            }
            Stand::Idle if entry.held.is_some() => {
                entry.stand = Stand::Aside(urgency);
                return;
            }
            Stand::InLine((before, _)) if before <= urgency => return,
            Stand::InLine(place) => self.turns.remove(place, key),
            Stand::Idle => {}
        }
        self.sequence += 1;
        entry.stand = Stand::InLine((urgency, self.sequence));
        self.turns.push((urgency, self.sequence), key.clone());
    }

    /// The object itself changed: earlier failures say nothing about it any more.
    pub fn forgive(&mut self, key: &Key) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.failures = 0;
        }
    }

    /// The object is not looked at before this moment, whatever happens, unless it is released.
    pub fn hold(&mut self, key: &Key, until_ms: u64) {
        self.release(key);
        let entry = self.entries.entry(key.clone()).or_default();
        entry.held = Some(until_ms);
        self.holds.insert((until_ms, key.clone()));
        if let Stand::InLine(place) = entry.stand {
            self.turns.remove(place, key);
            entry.stand = Stand::Aside(place.0);
        }
    }

    /// Nothing holds the object back any more.
    pub fn release(&mut self, key: &Key) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let Some(until) = entry.held.take() else { return };
        self.holds.remove(&(until, key.clone()));
        self.resume(key);
    }

    /// What stood in the way of these objects does so no more.
    pub fn resume_all(&mut self, keys: &[Key]) {
        for key in keys {
            if self.entries.get(key).is_some_and(|entry| entry.held.is_none()) {
                self.resume(key);
            }
        }
    }

    fn resume(&mut self, key: &Key) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        if let Stand::Aside(urgency) = entry.stand {
            entry.stand = Stand::Idle;
            self.line_up(key, urgency);
        }
    }

    /// Time has passed: the objects whose time came wait to be looked at.
    pub fn ripen(&mut self, now_ms: u64) {
        while self.holds.first().is_some_and(|(at, _)| *at <= now_ms) {
            let Some((_, key)) = self.holds.pop_first() else { return };
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.held = None;
            }
            self.resume(&key);
        }
        while self.timers.first().is_some_and(|(at, _)| *at <= now_ms) {
            let Some((_, key)) = self.timers.pop_first() else { return };
            let timer = self.entries.get_mut(&key).and_then(|entry| entry.timer.take());
            let due = timer.map_or(Due::BackOff, |(_, due)| due);
            self.wake(&key, Urgency::of(due), Cause::Time(due));
        }
    }

    /// The next object of a kind that may go on. It counts as running until [`Queue::done`]. One that is
    /// blocked is put aside until [`Queue::resume_all`] names it.
    pub fn next(&mut self, may_go: impl Fn(&GroupKind) -> bool, is_blocked: impl Fn(&Key) -> bool) -> Option<Turn> {
        loop {
            let ((urgency, _), key) = self.turns.next(&may_go)?;
            let entry = self.entries.entry(key.clone()).or_default();
            if is_blocked(&key) {
                entry.stand = Stand::Aside(urgency);
                continue;
            }
            entry.stand = Stand::Running(None);
            let causes = std::mem::take(&mut entry.causes);
            if let Some((at, _)) = entry.timer.take() {
                self.timers.remove(&(at, key.clone()));
            }
            let waited_ms = entry.since.take().map_or(0, |since| self.now_ms.saturating_sub(since));
            let is_ahead = urgency == Urgency::Sweep && self.turns.sweeps(&key.kind.group_kind());
            return Some(Turn { key, causes, waited_ms, is_ahead });
        }
    }

    /// A reconcile ended.
    pub fn done(&mut self, key: &Key, again: Again, now_ms: u64) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let Stand::Running(woken) = std::mem::take(&mut entry.stand) else { return };
        let wait = match again {
            Again::Never => {
                if woken.is_none() {
                    self.release(key);
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
                // What it asks for, but no race: who fails at once each time waits as others that fail.
                entry.failures += 1;
                Some((ms.max(backoff::after(key, entry.failures)), Due::Retry))
            }
            Again::BackOff { no_sooner, no_later } => {
                entry.failures += 1;
                let wait = (backoff::after(key, entry.failures), Due::BackOff);
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
        entry.stand = Stand::Idle;
        let later = std::mem::replace(&mut entry.causes, causes);
        entry.causes.join(later);
        entry.since.get_or_insert(self.now_ms);
        self.line_up(key, Urgency::Fresh);
    }

    /// In how many milliseconds the object is looked at by time alone, and why.
    pub fn due(&self, key: &Key, now_ms: u64) -> Option<(u64, Due)> {
        let (at, due) = self.entries.get(key)?.timer?;
        Some((at.saturating_sub(now_ms), due))
    }

    /// How often the object failed in a row.
    pub fn failures(&self, key: &Key) -> u32 {
        self.entries.get(key).map_or(0, |entry| entry.failures)
    }

    /// Forgets objects: their kind is no longer kept.
    pub fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        self.turns.forget(&which);
        self.entries.retain(|key, _| !which(key));
        self.timers.retain(|(_, key)| !which(key));
        self.holds.retain(|(_, key)| !which(key));
    }

    /// When the next timer fires, in milliseconds of the same clock.
    pub fn next_timer(&self) -> Option<u64> {
        self.timers.first().into_iter().chain(self.holds.first()).map(|(at, _)| *at).min()
    }

    /// Whether an object neither waits for its turn nor is being looked at.
    pub fn is_idle(&self, key: &Key) -> bool {
        self.entries.get(key).is_none_or(|entry| entry.stand == Stand::Idle)
    }

    /// Whether nothing waits for its turn.
    pub fn is_empty(&self) -> bool {
        self.turns.len() == 0
    }

    /// The objects that wait to be looked at now, in no order.
    pub fn waiting(&self) -> impl Iterator<Item = (&Key, Urgency)> {
        self.entries.iter().filter_map(|(key, entry)| match entry.stand {
            Stand::InLine((urgency, _)) | Stand::Aside(urgency) => Some((key, urgency)),
            Stand::Idle | Stand::Running(_) => None,
        })
    }
}
