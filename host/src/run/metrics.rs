//! Metrics, under controller-runtime's names, so that existing dashboards and alerts keep working.

use std::sync::Mutex;
use std::time::Duration;

use innkeeper_core::queue::Again;
use innkeeper_core::step::Ended;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

type Labels = Vec<(&'static str, String)>;

/// The host's metrics.
pub(super) struct Metrics {
    registry: Mutex<Registry>,
    reconciles: Family<Labels, Counter>,
    errors: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram>,
    call_seconds: Family<Labels, Histogram>,
    depth: Gauge,
    active: Gauge,
}

fn buckets() -> Histogram {
    Histogram::new([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0])
}

fn call_buckets() -> Histogram {
    Histogram::new([0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1.0, 10.0])
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let reconciles = Family::default();
        let errors = Family::default();
        let seconds = Family::new_with_constructor(buckets as fn() -> Histogram);
        let call_seconds = Family::new_with_constructor(call_buckets as fn() -> Histogram);
        let (depth, active) = (Gauge::default(), Gauge::default());
        let mut add = |name: &str, help: &str, metric: Box<dyn Register>| metric.register(&mut registry, name, help);
        add("controller_runtime_reconcile", "Reconciles by kind and result", Box::new(reconciles.clone()));
        add("controller_runtime_reconcile_errors", "Reconciles that failed, by kind", Box::new(errors.clone()));
        add("controller_runtime_reconcile_time_seconds", "How long reconciles take", Box::new(seconds.clone()));
        add("controller_runtime_active_workers", "Objects in work", Box::new(active.clone()));
        add("workqueue_depth", "Objects that wait to be looked at", Box::new(depth.clone()));
        add("innkeeper_guest_call_cpu_seconds", "CPU time of guest calls", Box::new(call_seconds.clone()));
        Self { registry: Mutex::new(registry), reconciles, errors, seconds, call_seconds, depth, active }
    }
}

/// Lets metrics of any type be registered in one list.
trait Register {
    fn register(self: Box<Self>, registry: &mut Registry, name: &str, help: &str);
}

impl<M: prometheus_client::registry::Metric> Register for M {
    fn register(self: Box<Self>, registry: &mut Registry, name: &str, help: &str) {
        registry.register(name, help, *self);
    }
}

impl Metrics {
    /// A reconcile ended.
    pub(super) fn reconciled(&self, kind: &str, ended: &Ended, took: Duration) {
        let controller = ("controller", kind.to_owned());
        let failed = ended.trouble.is_some();
        let result = match ended.again {
            _ if failed => "error",
            Again::After(..) => "requeue_after",
            _ => "success",
        };
        self.reconciles.get_or_create(&vec![controller.clone(), ("result", result.to_owned())]).inc();
        if failed {
            self.errors.get_or_create(&vec![controller.clone()]).inc();
        }
        self.seconds.get_or_create(&vec![controller]).observe(took.as_secs_f64());
    }

    /// A guest was called.
    pub(super) fn called(&self, kind: &str, cpu: Duration) {
        self.call_seconds.get_or_create(&vec![("controller", kind.to_owned())]).observe(cpu.as_secs_f64());
    }

    /// How many objects wait, and how many are in work.
    pub(super) fn load(&self, waiting: usize, working: usize) {
        self.depth.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.active.set(i64::try_from(working).unwrap_or(i64::MAX));
    }

    /// All of them, in the text format of OpenMetrics.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if encode(&mut text, &registry).is_err() {
            text.clear();
        }
        text
    }
}
