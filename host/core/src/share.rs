//! Something of which there are only so many slots, shared fairly among kinds.
//!
//! Kinds take turns, each in the order in which it asked. No kind holds more than its share, so that however
//! long it keeps its slots, others go on.

use std::collections::{BTreeMap, VecDeque};

use crate::kind::GroupKind;

/// Slots, and who waits for one.
#[derive(Debug)]
pub struct Share<T> {
    slots: usize,
    most_of_one: usize,
    taken: usize,
    kinds: BTreeMap<GroupKind, Lane<T>>,
    /// Every kind of `kinds`, the one whose turn it is first.
    order: VecDeque<GroupKind>,
}

#[derive(Debug)]
struct Lane<T> {
    waiting: VecDeque<T>,
    taken: usize,
}

impl<T> Share<T> {
    /// So many slots, of which one kind holds at most `most_of_one`. Both are at least one.
    pub fn new(slots: usize, most_of_one: usize) -> Self {
        let (kinds, order) = (BTreeMap::new(), VecDeque::new());
        Self { slots: slots.max(1), most_of_one: most_of_one.max(1), taken: 0, kinds, order }
    }

    /// Calls of guests: one kind holds at most half the threads (promise Q01).
    pub fn of_calls(threads: usize) -> Self {
        Self::new(threads, threads / 2)
    }

    /// Requests to the API server: a slot is left for other kinds.
    pub fn of_requests(requests: usize) -> Self {
        Self::new(requests, requests.saturating_sub(1))
    }

    /// Somebody asks for a slot.
    pub fn ask(&mut self, kind: &GroupKind, who: T) {
        if !self.kinds.contains_key(kind) {
            self.order.push_back(kind.clone());
            self.kinds.insert(kind.clone(), Lane { waiting: VecDeque::new(), taken: 0 });
        }
        self.kinds.entry(kind.clone()).and_modify(|lane| lane.waiting.push_back(who));
    }

    /// Who gets a slot now, if one is free. It is held until [`Share::give_back`].
    pub fn grant(&mut self) -> Option<(GroupKind, T)> {
        if self.taken >= self.slots {
            return None;
        }
        let most = self.most_of_one;
        let may = |kind: &GroupKind| self.kinds.get(kind).is_some_and(|l| !l.waiting.is_empty() && l.taken < most);
        let kind = self.order.remove(self.order.iter().position(may)?)?;
        let lane = self.kinds.get_mut(&kind)?;
        let who = lane.waiting.pop_front()?;
        lane.taken += 1;
        self.taken += 1;
        self.order.push_back(kind.clone());
        Some((kind, who))
    }

    /// A slot is free again.
    pub fn give_back(&mut self, kind: &GroupKind) {
        let Some(lane) = self.kinds.get_mut(kind) else { return };
        lane.taken -= 1;
        self.taken -= 1;
        if lane.taken == 0 && lane.waiting.is_empty() {
            self.kinds.remove(kind);
            self.order.retain(|other| other != kind);
        }
    }
}
