//! The series of each kind that is kept. All of one kind are made at once, so that each begins at zero and
//! a rate can be taken of it from the first event.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use innkeeper_core::engine::Load;
use innkeeper_core::kind::GroupKind;
use prometheus_client::registry::Registry;

use super::{Labels, Shelf, guests, label, queue, reconciles};

/// The series of one kind.
pub(crate) struct OfKind {
    pub(crate) reconciles: reconciles::OfKind,
    pub(crate) queue: queue::OfKind,
    pub(crate) guest: guests::OfKind,
}

/// The series of all kinds.
pub(crate) struct Kinds {
    reconciles: reconciles::Families,
    queue: queue::Families,
    guests: guests::Families,
    made: RwLock<HashMap<GroupKind, Arc<OfKind>>>,
}

impl Kinds {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let mut shelf = Shelf(registry);
        let (reconciles, queue) = (reconciles::Families::new(&mut shelf), queue::Families::new(&mut shelf));
        Self { reconciles, queue, guests: guests::Families::new(&mut shelf), made: RwLock::default() }
    }

    /// The series of a kind.
    pub(crate) fn of(&self, kind: &GroupKind) -> Arc<OfKind> {
        if let Some(made) = self.made.read().unwrap_or_else(PoisonError::into_inner).get(kind) {
            return made.clone();
        }
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        made.entry(kind.clone()).or_insert_with(|| Arc::new(self.make(&label(kind)))).clone()
    }

    fn make(&self, controller: &str) -> OfKind {
        OfKind {
            reconciles: self.reconciles.of(controller),
            queue: self.queue.of(controller),
            guest: self.guests.of(controller),
        }
    }

    /// What there is to do at this moment. A kind that is no longer kept has nothing to do.
    pub(super) fn measure(
        &self,
        load: &BTreeMap<GroupKind, Load>,
        running: impl Iterator<Item = (GroupKind, Duration)>,
    ) {
        for kind in load.keys() {
            self.of(kind);
        }
        let mut times: HashMap<GroupKind, Vec<Duration>> = HashMap::new();
        for (kind, time) in running {
            times.entry(kind).or_default().push(time);
        }
        for (kind, series) in self.made.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let load = load.get(kind).copied().unwrap_or_default();
            series.reconciles.working(load.working);
            series.queue.measure(load, times.get(kind).map_or(&[], Vec::as_slice));
        }
    }
}

/// The label that every series of a controller has, with more.
pub(super) fn labels<const N: usize>(controller: &str, more: [(&'static str, &str); N]) -> Labels {
    let more = more.into_iter().map(|(name, value)| (name, value.to_owned()));
    [("controller", controller.to_owned())].into_iter().chain(more).collect()
}

/// A count as a gauge holds it.
pub(super) fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
