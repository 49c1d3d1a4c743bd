//! `controller_runtime_*`: names, labels and buckets are those of controller-runtime (its
//! pkg/internal/controller/metrics).

use std::time::Duration;

use innkeeper_core::engine::MOST_OF_ONE_KIND;
use innkeeper_core::queue::Again;
use innkeeper_core::step::Ended;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::kind::{labels, whole};
use super::{Counters, Gauges, Histograms, Shelf};

const BUCKETS: [f64; 40] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5,
    1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0,
];

pub(super) struct Families {
    results: Counters,
    errors: Counters,
    terminal: Counters,
    panics: Counters,
    timeouts: Counters,
    time: Histograms,
    most: Gauges,
    active: Gauges,
}

/// The series of one kind.
pub(crate) struct OfKind {
    success: Counter,
    error: Counter,
    requeue_after: Counter,
    errors: Counter,
    terminal: Counter,
    /// Calls in which the guest trapped.
    pub(super) panics: Counter,
    /// Calls that exceeded their bound of time.
    pub(super) timeouts: Counter,
    time: Histogram,
    active: Gauge,
}

impl Families {
    pub(super) fn new(shelf: &mut Shelf<'_>) -> Self {
        let name = |name: &str| format!("controller_runtime_{name}");
        let mut counters = |n: &str, help: &str| shelf.counters(&name(n), help);
        let results = counters("reconcile", "Reconciles, by kind and result");
        let errors = counters("reconcile_errors", "Reconciles that failed, by kind");
        let terminal = counters(
            "terminal_reconcile_errors",
            "Reconciles that failed and are not tried again before something changes, by kind",
        );
        let panics = counters("reconcile_panics", "Calls in which the guest trapped, by kind");
        let timeouts = counters("reconcile_timeouts", "Calls that exceeded their limit of CPU time, by kind");
        let time = shelf.histograms(
            &name("reconcile_time_seconds"),
            "How long reconciles take from the queue to their end, in seconds, by kind",
            || Histogram::new(BUCKETS),
        );
        let most =
            shelf.gauges(&name("max_concurrent_reconciles"), "How many objects of one kind may be in work at once");
        let active = shelf.gauges(&name("active_workers"), "Objects in work now, by kind");
        Self { results, errors, terminal, panics, timeouts, time, most, active }
    }

    pub(super) fn of(&self, controller: &str) -> OfKind {
        let only = labels(controller, []);
        let result = |result| self.results.get_or_create_owned(&labels(controller, [("result", result)]));
        // controller-runtime has this result; here an object is never put back without a time.
        result("requeue");
        self.most.get_or_create(&only).set(whole(MOST_OF_ONE_KIND));
        OfKind {
            success: result("success"),
            error: result("error"),
            requeue_after: result("requeue_after"),
            errors: self.errors.get_or_create_owned(&only),
            terminal: self.terminal.get_or_create_owned(&only),
            panics: self.panics.get_or_create_owned(&only),
            timeouts: self.timeouts.get_or_create_owned(&only),
            time: self.time.get_or_create_owned(&only),
            active: self.active.get_or_create_owned(&only),
        }
    }
}

impl OfKind {
    /// A reconcile ended.
    pub(crate) fn ended(&self, ended: &Ended, took: Duration) {
        self.time.observe(took.as_secs_f64());
        match (&ended.trouble, ended.again) {
            (Some(_), again) => {
                self.error.inc();
                self.errors.inc();
                if again == Again::OnChange {
                    self.terminal.inc();
                }
            }
            (None, Again::After(..)) => drop(self.requeue_after.inc()),
            (None, _) => drop(self.success.inc()),
        }
    }

    pub(super) fn working(&self, objects: usize) {
        self.active.set(whole(objects));
    }
}
