//! Metrics: under controller-runtime's names and labels, so that existing dashboards and alerts keep
//! working, and ours beside them. Labels hold kinds, verbs and results, never names of objects.

mod guests;
mod kind;
mod process;
mod queue;
mod reconciles;
mod requests;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use innkeeper_cluster::Cluster;
use innkeeper_core::engine::Load;
use innkeeper_core::kind::GroupKind;
use innkeeper_core::watch::{Form, Selection, Watch};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub(super) use requests::result;
pub(super) use text::Exposition;

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// The host's metrics.
pub(super) struct Metrics {
    registry: Registry,
    pub(super) kinds: kind::Kinds,
    pub(super) requests: requests::Requests,
    loads: Counters,
    modules: Gauges,
    watches: Gauges,
    failing: Gauges,
}

impl Metrics {
    pub(super) fn new(cluster: &Cluster) -> Self {
        let mut registry = Registry::default();
        let kinds = kind::Kinds::new(&mut registry);
        let requests = requests::Requests::new(&mut registry, cluster);
        process::register(&mut registry);
        let mut shelf = Shelf(&mut registry);
        let loads = shelf.counters("innkeeper_module_loads", "Modules that were loaded or rejected, by result");
        for result in ["loaded", "rejected"] {
            drop(loads.get_or_create_owned(&vec![("result", result.to_owned())]));
        }
        let modules = shelf.gauges("innkeeper_modules", "Modules that can be called, by where their code is");
        let watches = shelf.gauges("innkeeper_watches", "Watches that run, by kind and selection");
        let failing = shelf.gauges(
            "innkeeper_watches_failing",
            "Watches that the API server does not answer at present, by kind and selection",
        );
        Self { registry, kinds, requests, loads, modules, watches, failing }
    }

    /// A module was loaded, or rejected.
    pub(super) fn module(&self, loaded: bool) {
        let result = if loaded { "loaded" } else { "rejected" };
        self.loads.get_or_create(&vec![("result", result.to_owned())]).inc();
    }

    /// So many modules have their code in memory, and so many where it is loaded from for the next call.
    pub(super) fn modules(&self, ready: usize, away: usize) {
        for (place, count) in [("memory", ready), ("away", away)] {
            self.modules.get_or_create(&vec![("code", place.to_owned())]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// What is there to do at this moment, which watches run and whether they work, and how long the
    /// reconciles in work have taken so far.
    pub(super) fn measure<'a>(
        &self,
        load: &BTreeMap<GroupKind, Load>,
        watches: impl Iterator<Item = (&'a Watch, bool)>,
        running: impl Iterator<Item = (GroupKind, Duration)>,
    ) {
        self.kinds.measure(load, running);
        let mut counts: BTreeMap<Labels, (i64, i64)> = BTreeMap::new();
        for (watch, works) in watches {
            let selection = match (watch.selection, watch.form) {
                (Selection::All, Form::Whole) => "all",
                (Selection::All, Form::Metadata) => "metadata",
                (Selection::Children, _) => "children",
            };
            let kind = label(&watch.resource.kind.group_kind());
            let count = counts.entry(vec![("kind", kind), ("selection", selection.to_owned())]).or_default();
            count.0 += 1;
            count.1 += i64::from(!works);
        }
        self.watches.clear();
        self.failing.clear();
        for (labels, (all, failing)) in counts {
            self.watches.get_or_create(&labels).set(all);
            self.failing.get_or_create(&labels).set(failing);
        }
    }

    /// All of them as text.
    pub(super) fn text(&self, exposition: Exposition) -> String {
        text::of(&self.registry, exposition)
    }
}

/// A kind as a label's value: `deployment.apps`, as kubectl prints it.
fn label(kind: &GroupKind) -> String {
    kind.to_string().to_ascii_lowercase()
}

/// Puts families into the registry. Names are without `_total`, which the encoder adds.
struct Shelf<'a>(&'a mut Registry);

impl Shelf<'_> {
    fn counters(&mut self, name: &str, help: &str) -> Counters {
        let family = Counters::default();
        self.0.register(name, help, family.clone());
        family
    }

    fn gauges(&mut self, name: &str, help: &str) -> Gauges {
        let family = Gauges::default();
        self.0.register(name, help, family.clone());
        family
    }

    fn histograms(&mut self, name: &str, help: &str, buckets: fn() -> Histogram) -> Histograms {
        let family = Histograms::new_with_constructor(buckets);
        self.0.register(name, help, family.clone());
        family
    }
}
