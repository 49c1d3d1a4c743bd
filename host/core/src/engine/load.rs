//! How much there is to do, by kind: for metrics.

use std::collections::BTreeMap;

use super::Engine;
use crate::kind::GroupKind;
use crate::queue::Urgency;

/// How much there is to do for one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Objects that wait since something about them changed.
    pub fresh: usize,
    /// Objects that wait behind those: from a list, from a sweep, since a time came, since what was done for them shows.
    pub sweep: usize,
    /// Objects that are being looked at.
    pub working: usize,
}

impl Engine {
    /// How much there is to do for each kind that is kept.
    pub fn load(&self) -> BTreeMap<GroupKind, Load> {
        let mut all: BTreeMap<GroupKind, Load> =
            self.controllers.keys().map(|kind| (kind.clone(), Load::default())).collect();
        for (key, urgency) in self.queue.waiting() {
            let load = all.entry(key.kind.group_kind()).or_default();
            match urgency {
                Urgency::Person | Urgency::Fresh => load.fresh += 1,
                Urgency::Sweep | Urgency::Echo => load.sweep += 1,
            }
        }
        for key in self.steps.keys() {
            all.entry(key.kind.group_kind()).or_default().working += 1;
        }
        all
    }
}
