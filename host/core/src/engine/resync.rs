//! The periodic look at everything (promise Q05): each object once in a period, spread over it by its name, so
//! that it is no storm. It needs no timer per object.

use super::Engine;
use crate::cause::{Cause, Due};
use crate::kind::Key;
use crate::queue::Urgency;

/// Into how many parts a period is divided.
const PARTS: u64 = 100;

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Resync {
    every_ms: u64,
    /// How many parts have passed since the start.
    passed: u64,
    start_ms: u64,
}

impl Default for Resync {
    fn default() -> Self {
        Self::new(super::RESYNC_MS, 0)
    }
}

impl Resync {
    pub(super) fn new(every_ms: u64, start_ms: u64) -> Self {
        Self { every_ms: every_ms.max(PARTS), passed: 0, start_ms }
    }

    /// When the next part ends.
    pub(super) fn next_ms(&self) -> u64 {
        self.start_ms.saturating_add(self.every_ms.saturating_mul(self.passed + 1) / PARTS)
    }

    /// Whether an object's turn came with the parts that have ended by now.
    fn take(&mut self, now_ms: u64) -> Option<impl Fn(&Key) -> bool + use<>> {
        let first = self.passed;
        while self.next_ms() <= now_ms {
            self.passed += 1;
        }
        let count = (self.passed - first).min(PARTS);
        (count > 0).then_some(move |key: &Key| (part(key) + PARTS - first % PARTS) % PARTS < count)
    }
}

/// In which part of a period an object is looked at.
fn part(key: &Key) -> u64 {
    key.spread() % PARTS
}

impl Engine {
    /// Looks at the objects whose turn came, behind fresh changes.
    pub(super) fn resync(&mut self) {
        let Some(is_due) = self.resync.take(self.now.mono_ms) else { return };
        for controller in self.controllers.values() {
            let objects = self.stores.get(&controller.objects).into_iter().flat_map(|store| store.all());
            for object in objects.filter(|object| is_due(&object.key)) {
                self.queue.wake(&object.key, Urgency::Sweep, Cause::Time(Due::Resync));
            }
        }
    }
}
