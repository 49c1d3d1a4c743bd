//! What a plan found: counts, and what differs object by object.

use std::collections::BTreeMap;
use std::time::Duration;

use innkeeper_core::engine::Survey;
use innkeeper_core::object::short;
use innkeeper_core::plan::{Counts, Difference};
use innkeeper_guest::Module;
use serde::Serialize;

/// What a plan found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// The Reconciler.
    pub(crate) reconciler: String,
    /// The kind that it keeps.
    pub(crate) kind: String,
    /// The module that serves.
    pub(crate) serving: Side,
    /// The module that would take over.
    pub(crate) module: Side,
    /// Counts.
    pub(crate) summary: Summary,
    /// Those objects for which something would be different, by namespace and name.
    pub(crate) objects: Vec<Object>,
}

/// One of both modules.
#[derive(Debug, Serialize)]
pub(crate) struct Side {
    pub(crate) digest: String,
    pub(crate) version: String,
}

impl Side {
    pub(crate) fn of(module: &Module) -> Self {
        Self { digest: module.digest().to_owned(), version: module.manifest().version.clone() }
    }

    /// The first digits of its digest.
    pub(crate) fn short(&self) -> &str {
        short(&self.digest)
    }
}

/// Counts.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Those that are paused, or go.
    pub(crate) left_out: usize,
    /// Bounds that the new module exceeded, each with how often.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) limits: BTreeMap<&'static str, usize>,
    /// Until the stores were filled, in milliseconds.
    pub(crate) filling_ms: u64,
    /// From then on, in milliseconds.
    pub(crate) planning_ms: u64,
}

/// An object for which something would be different.
#[derive(Debug, Serialize)]
pub(crate) struct Object {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) difference: Difference,
}

impl Report {
    pub(super) fn of(
        reconciler: String,
        [serving, module]: [Side; 2],
        survey: &Survey,
        differences: Vec<Difference>,
        (filling, planning): (Duration, Duration),
    ) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let mut summary = Summary {
            left_out: survey.left_out,
            filling_ms: millis(filling),
            planning_ms: millis(planning),
            ..Summary::default()
        };
        let mut objects = Vec::new();
        for (asked, difference) in survey.asked.iter().zip(differences) {
            summary.count(&difference);
            if !difference.is_none() {
                let key = &asked.object().key;
                let (namespace, name) = (key.namespace.clone(), key.name.clone());
                objects.push(Object { namespace, name, difference });
            }
        }
        let kind = survey.binding.resource.kind.group_kind().to_string();
        Self { reconciler, kind, serving, module, summary, objects }
    }

    /// Whether the new module does nothing else than the one before.
    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl Summary {
    fn count(&mut self, difference: &Difference) {
        self.counts.add(difference);
        if let Some(bound) = difference.limit {
            *self.limits.entry(bound).or_default() += 1;
        }
    }
}
