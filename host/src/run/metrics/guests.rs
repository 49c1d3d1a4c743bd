//! `innkeeper_guest_*`: what calls of guests take, and how they end.

use innkeeper_core::contract::Failure;
use innkeeper_guest::Answer;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use super::kind::labels;
use super::{Counters, Histograms, Shelf};

/// How a call ends.
const RESULTS: [&str; 7] = ["outcome", "retry", "invalid", "trap", "limit", "refused", "unready"];

pub(super) struct Families {
    results: Counters,
    limits: Counters,
    cpu: Histograms,
    input: Counters,
    output: Counters,
    skipped: Counters,
}

/// The series of one kind.
pub(crate) struct OfKind {
    results: [Counter; RESULTS.len()],
    limits: Counters,
    controller: String,
    cpu: Histogram,
    input: Counter,
    output: Counter,
    skipped: Counter,
}

impl Families {
    pub(super) fn new(shelf: &mut Shelf<'_>) -> Self {
        let results = shelf.counters("innkeeper_guest_calls", "Calls of guests, by kind and how they ended");
        let limits =
            shelf.counters("innkeeper_guest_limits_exceeded", "Calls that exceeded a limit, by kind and which");
        let cpu = shelf.histograms(
            "innkeeper_guest_call_cpu_seconds",
            "CPU time of a call, from a fresh instance to its answer, in seconds, by kind",
            || {
                Histogram::new([
                    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
                    10.0,
                ])
            },
        );
        let input = shelf.counters(
            "innkeeper_guest_input_bytes",
            "What guests were given, requests and answers to reads, in bytes, by kind",
        );
        let output = shelf.counters("innkeeper_guest_output_bytes", "What guests answered, in bytes, by kind");
        let skipped = shelf.counters(
            "innkeeper_guest_calls_skipped",
            "Calls that were not made because nothing that they would be given had changed, by kind",
        );
        Self { results, limits, cpu, input, output, skipped }
    }

    pub(super) fn of(&self, controller: &str) -> OfKind {
        let only = labels(controller, []);
        OfKind {
            results: RESULTS.map(|result| self.results.get_or_create_owned(&labels(controller, [("result", result)]))),
            limits: self.limits.clone(),
            controller: controller.to_owned(),
            cpu: self.cpu.get_or_create_owned(&only),
            input: self.input.get_or_create_owned(&only),
            output: self.output.get_or_create_owned(&only),
            skipped: self.skipped.get_or_create_owned(&only),
        }
    }
}

impl super::kind::OfKind {
    /// A guest was not called, since nothing had changed for it.
    pub(crate) fn skipped(&self) {
        self.guest.skipped.inc();
    }

    /// A guest was called.
    pub(crate) fn called(&self, answer: &Answer) {
        let guest = &self.guest;
        guest.cpu.observe(answer.cpu.as_secs_f64());
        guest.input.inc_by(answer.given);
        guest.output.inc_by(answer.said);
        let result = match &answer.result {
            Ok(_) => 0,
            Err(Failure::Retry { .. }) => 1,
            Err(Failure::Invalid { .. }) => 2,
            Err(Failure::Trap(_)) => {
                self.reconciles.panics.inc();
                3
            }
            Err(Failure::Limit { bound, .. }) => {
                guest.limits.get_or_create(&labels(&guest.controller, [("bound", bound)])).inc();
                if *bound == "time" {
                    self.reconciles.timeouts.inc();
                }
                4
            }
            Err(Failure::Refused(_)) => 5,
            Err(Failure::Unwatched { .. } | Failure::Unseen(_)) => 6,
        };
        guest.results[result].inc();
    }
}
