//! `workqueue_*`: names, labels and buckets are those of controller-runtime (its pkg/metrics/workqueue.go).

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use innkeeper_core::engine::Load;
use innkeeper_core::queue::Again;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

use super::kind::{labels, whole};
use super::{Counters, Gauges, Histograms, Labels, Shelf};

type Seconds = Gauge<f64, AtomicU64>;

/// Priorities as controller-runtime numbers them: what changed, and what was only listed.
const FRESH: &str = "0";
const SWEEP: &str = "-100";

fn buckets() -> Histogram {
    Histogram::new(exponential_buckets(10e-9, 10.0, 12))
}

pub(super) struct Families {
    depth: Gauges,
    adds: Counters,
    retries: Counters,
    waited: Histograms,
    slowed: Counters,
    work: Histograms,
    unfinished: Family<Labels, Seconds>,
    longest: Family<Labels, Seconds>,
}

/// The series of one kind.
pub(crate) struct OfKind {
    fresh: Gauge,
    sweep: Gauge,
    adds: Counter,
    retries: Counter,
    waited: Histogram,
    slowed: Counter,
    work: Histogram,
    unfinished: Seconds,
    longest: Seconds,
}

impl Families {
    pub(super) fn new(shelf: &mut Shelf<'_>) -> Self {
        let depth = shelf.gauges("workqueue_depth", "Objects that wait to be looked at, by kind and priority");
        let adds = shelf.counters("workqueue_adds", "Objects that were put into the queue, by kind");
        let retries = shelf.counters("workqueue_retries", "Objects that were put back after a failure, by kind");
        let slowed = shelf.counters(
            "innkeeper_queue_slowed",
            "How often an object was held back since what is written for it is undone again and again, by kind",
        );
        let waited = shelf.histograms(
            "workqueue_queue_duration_seconds",
            "How long an object waits until it is looked at, in seconds, by kind",
            buckets,
        );
        let work = shelf.histograms(
            "workqueue_work_duration_seconds",
            "How long an object is worked on, in seconds, by kind",
            buckets,
        );
        let mut seconds = |name: &str, help: &str| {
            let family = Family::<Labels, Seconds>::default();
            shelf.0.register(name, help, family.clone());
            family
        };
        let unfinished = seconds(
            "workqueue_unfinished_work_seconds",
            "How long the objects in work have been worked on so far, in seconds added up, by kind",
        );
        let longest = seconds(
            "workqueue_longest_running_processor_seconds",
            "How long the object has been worked on that is longest in work, in seconds, by kind",
        );
        Self { depth, adds, retries, slowed, waited, work, unfinished, longest }
    }

    pub(super) fn of(&self, controller: &str) -> OfKind {
        let depth = |priority| {
            self.depth.get_or_create_owned(&labels(controller, [("name", controller), ("priority", priority)]))
        };
        let only = labels(controller, [("name", controller)]);
        OfKind {
            fresh: depth(FRESH),
            sweep: depth(SWEEP),
            adds: self.adds.get_or_create_owned(&only),
            retries: self.retries.get_or_create_owned(&only),
            waited: self.waited.get_or_create_owned(&only),
            slowed: self.slowed.get_or_create_owned(&only),
            work: self.work.get_or_create_owned(&only),
            unfinished: self.unfinished.get_or_create_owned(&only),
            longest: self.longest.get_or_create_owned(&only),
        }
    }
}

impl OfKind {
    /// An object was taken from the queue, in which it had waited for so long.
    pub(crate) fn began(&self, waited_ms: u64) {
        self.adds.inc();
        self.waited.observe(Duration::from_millis(waited_ms).as_secs_f64());
    }

    /// The work on an object ended.
    pub(crate) fn ended(&self, again: Again, took: Duration) {
        self.work.observe(took.as_secs_f64());
        if matches!(again, Again::BackOff { .. } | Again::FailedAfter(_)) {
            self.retries.inc();
        }
    }

    /// An object is held back: it does not settle.
    pub(crate) fn slowed(&self) {
        self.slowed.inc();
    }

    pub(super) fn measure(&self, load: Load, running: &[Duration]) {
        self.fresh.set(whole(load.fresh));
        self.sweep.set(whole(load.sweep));
        self.unfinished.set(running.iter().sum::<Duration>().as_secs_f64());
        self.longest.set(running.iter().max().copied().unwrap_or_default().as_secs_f64());
    }
}
