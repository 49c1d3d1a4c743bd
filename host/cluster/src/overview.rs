//! What `innkeeper get` shows: every kind that a CRD defines, and which Reconciler keeps it.

use std::collections::BTreeMap;

use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::names::GROUP;
use innkeeper_core::reconciler::{self, Objects, Rolling, Spec, Status};
use innkeeper_core::resource::Resource;
use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;

/// Every kind of the cluster that a CRD defines, Innkeeper's own left out; and Reconcilers without such
/// a kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Overview {
    /// Sorted by group and kind, those without a Reconciler too.
    pub rows: Vec<Row>,
}

/// One kind, or one Reconciler whose kind no CRD defines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The kind; none for a Reconciler that has none yet.
    pub kind: Option<GroupKind>,
    /// Whether a CRD defines the kind.
    pub defined: bool,
    /// The Reconciler that keeps it, or wants to.
    #[serde(flatten)]
    pub reconciler: Option<Keeper>,
}

/// A Reconciler, as its status says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Keeper {
    /// Its name.
    pub reconciler: String,
    /// The digest of the module that decides.
    pub digest: Option<String>,
    /// The module that takes over from it in steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rolling>,
    /// The version that this module states.
    pub version: Option<String>,
    /// The status of the condition Ready: `True`, `False` or `Unknown`.
    pub ready: Option<String>,
    /// The reason of the condition Ready.
    pub reason: Option<String>,
    /// The message of the condition Ready.
    pub message: Option<String>,
    /// Counts of objects of the kind.
    pub objects: Option<Objects>,
}

/// The API server did not tell.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be listed: {why}")]
pub struct OverviewError {
    what: &'static str,
    why: String,
}

#[derive(Deserialize)]
struct Crd {
    spec: CrdSpec,
}

#[derive(Deserialize)]
struct CrdSpec {
    group: String,
    names: CrdNames,
}

#[derive(Deserialize)]
struct CrdNames {
    kind: String,
}

#[derive(Deserialize)]
struct Reconciler {
    metadata: Named,
    #[serde(default)]
    spec: Option<Spec>,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    name: String,
    #[serde(default)]
    creation_timestamp: String,
}

impl Cluster {
    /// Every kind and who keeps it. Without the kind `Reconciler` in the cluster, nobody keeps any.
    pub async fn overview(&self) -> Result<Overview, OverviewError> {
        let failed = |what| move |why| OverviewError { what, why };
        let crds = Resource {
            kind: Kind::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
            plural: "customresourcedefinitions".into(),
            namespaced: false,
        };
        let crds: Vec<Crd> = self.all(&crds).await.map_err(failed("CustomResourceDefinitions"))?.unwrap_or_default();
        let reconcilers: Vec<Reconciler> =
            self.all(&reconciler::resource()).await.map_err(failed("Reconcilers"))?.unwrap_or_default();
        let kinds =
            crds.into_iter().map(|crd| GroupKind { group: crd.spec.group.into(), kind: crd.spec.names.kind.into() });
        Ok(overview(kinds, reconcilers))
    }
}

fn overview(kinds: impl Iterator<Item = GroupKind>, mut reconcilers: Vec<Reconciler>) -> Overview {
    let mut rows: BTreeMap<GroupKind, Vec<Row>> = kinds
        .filter(|kind| kind.group != GROUP)
        .map(|kind| (kind.clone(), vec![Row { kind: Some(kind), defined: true, reconciler: None }]))
        .collect();
    let mut without = Vec::new();
    reconcilers.sort_by(|a, b| {
        let order = |r: &Reconciler| (r.metadata.creation_timestamp.clone(), r.metadata.name.clone());
        order(a).cmp(&order(b))
    });
    for one in reconcilers {
        let kind = one.status.as_ref().and_then(|s| s.kind.clone()).or(one.spec.as_ref().and_then(|s| s.kind.clone()));
        let keeper = keeper(one);
        let Some(kind) = kind else {
            without.push(Row { kind: None, defined: false, reconciler: Some(keeper) });
            continue;
        };
        let of_kind = rows.entry(kind.clone()).or_default();
        match of_kind.first_mut().filter(|row| row.reconciler.is_none()) {
            Some(row) => row.reconciler = Some(keeper),
            None => {
                let defined = of_kind.first().is_some_and(|row| row.defined);
                of_kind.push(Row { kind: Some(kind), defined, reconciler: Some(keeper) });
            }
        }
    }
    Overview { rows: rows.into_values().flatten().chain(without).collect() }
}

fn keeper(one: Reconciler) -> Keeper {
    let status = one.status.unwrap_or_default();
    let ready = status.conditions.into_iter().find(|c| c.kind == "Ready");
    let (ready, reason, message) =
        ready.map_or((None, None, None), |c| (Some(c.status), Some(c.reason), Some(c.message)));
    Keeper {
        reconciler: one.metadata.name,
        digest: status.digest,
        rollout: status.rollout,
        version: status.version,
        ready,
        reason,
        message,
        objects: status.objects,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn kind(name: &str) -> GroupKind {
        GroupKind { group: "example.com".into(), kind: name.into() }
    }

    fn reconciler(name: &str, created: &str, kind: Option<&str>, ready: &str) -> Reconciler {
        let mut whole = json!({
            "metadata": {"name": name, "creationTimestamp": created},
            "spec": {"module": {"folder": {}}},
            "status": {"digest": "sha256:00", "objects": {"total": 2, "ready": 1, "failing": 0}, "conditions": [
                {"type": "Ready", "status": ready, "reason": "R", "message": "m", "lastTransitionTime": created}]},
        });
        if let Some(kind) = kind {
            whole["status"]["for"] = json!({"group": "example.com", "kind": kind});
        }
        from_value(whole).expect("a Reconciler")
    }

    fn shown(overview: &Overview) -> Vec<(Option<&str>, bool, Option<&str>)> {
        let rows = overview.rows.iter();
        rows.map(|row| {
            let keeper = row.reconciler.as_ref().map(|k| k.reconciler.as_str());
            (row.kind.as_ref().map(|k| k.kind.as_str()), row.defined, keeper)
        })
        .collect()
    }

    #[test]
    fn every_kind_is_shown_with_who_keeps_it_and_every_reconciler_somewhere() {
        let kinds = [kind("Site"), kind("App"), GroupKind { group: GROUP.into(), kind: "Reconciler".into() }];
        let reconcilers = vec![
            reconciler("late", "2026-02-01T00:00:00Z", Some("Site"), "False"),
            reconciler("early", "2026-01-01T00:00:00Z", Some("Site"), "True"),
            reconciler("stray", "2026-01-01T00:00:00Z", Some("Zoo"), "False"),
            reconciler("empty", "2026-01-01T00:00:00Z", None, "False"),
        ];
        let overview = overview(kinds.into_iter(), reconcilers);
        assert_eq!(
            shown(&overview),
            [
                (Some("App"), true, None),
                (Some("Site"), true, Some("early")),
                (Some("Site"), true, Some("late")),
                (Some("Zoo"), false, Some("stray")),
                (None, false, Some("empty")),
            ]
        );
        let site = serde_json::to_value(&overview.rows[1]).expect("JSON");
        assert_eq!(
            (&site["ready"], &site["objects"]["total"], &site["kind"]["kind"]),
            (&json!("True"), &json!(2), &json!("Site"))
        );
    }
}
