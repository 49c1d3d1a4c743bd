//! Whose turn it is: kinds take turns, and within a kind namespaces. What is urgent goes first within its
//! kind, but never for ever.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use foldhash::HashMap;

use super::Urgency;
use crate::kind::{GroupKind, Key};

/// Every so many turns of a kind go to what is less urgent than the rest, so that it is not starved.
const FOR_THE_LESS_URGENT: usize = 8;

/// Every so many of those go to echoes.
const FOR_ECHOES: usize = 4;

/// Where an object waits: how urgent it is, and when it came.
pub(super) type Place = (Urgency, u64);

/// Objects that wait, in the order in which they are taken. Nothing here looks through all of them.
#[derive(Debug, Default)]
pub(super) struct Turns {
    kinds: BTreeMap<GroupKind, Lane>,
    order: VecDeque<GroupKind>,
    len: usize,
}

/// The objects of one kind that wait.
#[derive(Debug, Default)]
struct Lane {
    levels: [Level; Urgency::LEVELS],
    picks: usize,
}

/// The objects of one kind that wait and are equally urgent. Every namespace in `waiting` is in `order`.
#[derive(Debug, Default)]
struct Level {
    waiting: HashMap<Option<String>, BTreeSet<(u64, Key)>>,
    order: VecDeque<Option<String>>,
    len: usize,
}

impl Turns {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether objects of a kind wait to be swept.
    pub(super) fn sweeps(&self, kind: &GroupKind) -> bool {
        self.kinds.get(kind).is_some_and(|lane| lane.waits(Urgency::Sweep as usize))
    }

    pub(super) fn push(&mut self, (urgency, came): Place, key: Key) {
        let kind = key.kind.group_kind();
        let lane = self.kinds.entry(kind.clone()).or_insert_with(|| {
            self.order.push_back(kind);
            Lane::default()
        });
        self.len += usize::from(lane.levels[urgency as usize].push(came, key));
    }

    pub(super) fn remove(&mut self, (urgency, came): Place, key: &Key) {
        let Some(lane) = self.kinds.get_mut(&key.kind.group_kind()) else { return };
        self.len -= usize::from(lane.levels[urgency as usize].remove(came, key));
    }

    /// The next object of a kind that may go on. The kind and the namespace go to the end of their lines.
    pub(super) fn next(&mut self, may_go: impl Fn(&GroupKind) -> bool) -> Option<(Place, Key)> {
        for _ in 0..self.order.len() {
            let kind = self.order.pop_front()?;
            let Some(lane) = self.kinds.get_mut(&kind) else { continue };
            if lane.levels.iter().all(|level| level.len == 0) {
                self.kinds.remove(&kind);
                continue;
            }
            let found = may_go(&kind).then(|| lane.next()).flatten();
            if found.is_none() {
                // It keeps its turn until it may go on.
                self.order.push_back(kind);
                continue;
            }
            self.order.push_back(kind);
            self.len -= usize::from(found.is_some());
            return found;
        }
        None
    }

    pub(super) fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        for level in self.kinds.values_mut().flat_map(|lane| &mut lane.levels) {
            for waiting in level.waiting.values_mut() {
                let before = waiting.len();
                waiting.retain(|(_, key)| !which(key));
                level.len -= before - waiting.len();
                self.len -= before - waiting.len();
            }
        }
    }
}

impl Lane {
    fn next(&mut self) -> Option<(Place, Key)> {
        self.picks = self.picks.wrapping_add(1);
        let first = (0..Urgency::LEVELS).find(|level| self.waits(*level))?;
        let (round, rest) = (self.picks / FOR_THE_LESS_URGENT, self.picks % FOR_THE_LESS_URGENT);
        let less_urgent = (rest == 0).then(|| self.less_urgent_than(first, round)).flatten();
        let level = less_urgent.unwrap_or(first);
        let (came, key) = self.levels[level].next()?;
        Some(((Urgency::ALL[level], came), key))
    }

    fn waits(&self, level: usize) -> bool {
        self.levels[level].len > 0
    }

    /// What is less urgent takes turns among itself, but for echoes: nothing of what should be waits for them.
    fn less_urgent_than(&self, first: usize, round: usize) -> Option<usize> {
        let echo = Urgency::Echo as usize;
        let echoes_wait = echo > first && self.waits(echo);
        if echoes_wait && round.is_multiple_of(FOR_ECHOES) {
            return Some(echo);
        }
        let turn = if echoes_wait { round - round / FOR_ECHOES } else { round };
        let mut levels = (first + 1..echo).filter(|level| self.waits(*level));
        let count = levels.clone().count().max(1);
        levels.nth(turn % count)
    }
}

impl Level {
    fn push(&mut self, came: u64, key: Key) -> bool {
        let namespace = key.namespace.clone();
        let waiting = self.waiting.entry(namespace.clone()).or_insert_with(|| {
            self.order.push_back(namespace);
            BTreeSet::new()
        });
        let new = waiting.insert((came, key));
        self.len += usize::from(new);
        new
    }

    fn remove(&mut self, came: u64, key: &Key) -> bool {
        // Its namespace stays in line until its turn comes.
        let removed = self.waiting.get_mut(&key.namespace).is_some_and(|w| w.remove(&(came, key.clone())));
        self.len -= usize::from(removed);
        removed
    }

    fn next(&mut self) -> Option<(u64, Key)> {
        while let Some(namespace) = self.order.pop_front() {
            let Some(waiting) = self.waiting.get_mut(&namespace) else { continue };
            let Some(first) = waiting.pop_first() else {
                self.waiting.remove(&namespace);
                continue;
            };
            if waiting.is_empty() {
                self.waiting.remove(&namespace);
            } else {
                self.order.push_back(namespace);
            }
            self.len -= 1;
            return Some(first);
        }
        None
    }
}
