//! Requests to the API server: `rest_client_requests_total` as client-go counts them, and ours by what
//! they were for.

use std::time::Duration;

use innkeeper_cluster::{Cluster, Traffic};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::kind::GroupKind;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::{Counters, Histograms, Shelf, label};

/// What the host asked for.
pub(crate) struct Requests {
    steps: Counters,
    time: Histograms,
}

impl Requests {
    pub(super) fn new(registry: &mut Registry, cluster: &Cluster) -> Self {
        registry.register_collector(Box::new(Sent { traffic: cluster.traffic(), host: host(cluster.server()) }));
        let mut shelf = Shelf(registry);
        let steps = shelf.counters(
            "innkeeper_steps",
            "Requests for objects, by the kind that is kept, the kind that is asked about, verb and result",
        );
        let time = shelf.histograms(
            "innkeeper_step_duration_seconds",
            "How long requests for objects take, in seconds, by verb",
            || Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]),
        );
        Self { steps, time }
    }

    /// An action for an object of that kind would be done, were it no dry run.
    pub(crate) fn pretended(&self, controller: &GroupKind, action: &Action) {
        let kind = label(&action.key().kind.group_kind());
        let (verb, result) = (action.verb().to_owned(), "dry_run".to_owned());
        let labels = vec![("controller", label(controller)), ("kind", kind), ("verb", verb), ("result", result)];
        self.steps.get_or_create(&labels).inc();
    }

    /// An action for an object of that kind is done.
    pub(crate) fn done(&self, controller: &GroupKind, action: &Action, done: &Done, took: Duration) {
        let verb = action.verb().to_owned();
        let kind = label(&action.key().kind.group_kind());
        let result = result(done).to_owned();
        let labels =
            vec![("controller", label(controller)), ("kind", kind), ("verb", verb.clone()), ("result", result)];
        self.steps.get_or_create(&labels).inc();
        self.time.get_or_create(&vec![("verb", verb)]).observe(took.as_secs_f64());
    }
}

/// What came of an action, in a word.
pub(crate) fn result(done: &Done) -> &'static str {
    match done {
        Done::Object { created: true, .. } => "created",
        Done::Object { created: false, .. } | Done::Accepted => "done",
        Done::NotFound(_) => "not_found",
        Done::Conflict(_) => "conflict",
        Done::Invalid(_) => "invalid",
        Done::Forbidden(_) => "forbidden",
        Done::Throttled { .. } => "throttled",
        Done::Unknown(_) => "unknown",
    }
}

/// Every request that was sent.
#[derive(Debug)]
struct Sent {
    traffic: Traffic,
    host: String,
}

impl Collector for Sent {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let help = "HTTP requests to the API server, by status code, method and host.";
        let mut encoder = encoder.encode_descriptor("rest_client_requests", help, None, MetricType::Counter)?;
        for ((method, code), count) in self.traffic.counts() {
            let labels = vec![("code", code), ("method", method), ("host", self.host.clone())];
            ConstCounter::new(count).encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

/// `127.0.0.1:6443` of `https://127.0.0.1:6443/path`.
fn host(server: &str) -> String {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
