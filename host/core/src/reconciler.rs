//! The `Reconciler`: what a person says (spec) and what the host answers (status).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::contract;
use crate::kind::{GroupKind, Kind};
use crate::names::GROUP;
use crate::permissions::Permissions;
use crate::plan::Counts;
use crate::resource::Resource;

/// The version of the kind `Reconciler`.
pub const VERSION: &str = "v1alpha1";
/// The kind's name.
pub const KIND: &str = "Reconciler";
/// Its name in paths.
pub const PLURAL: &str = "reconcilers";

/// Where Reconcilers are.
pub fn resource() -> Resource {
    Resource { kind: Kind::new(GROUP, VERSION, KIND), plural: PLURAL.into(), namespaced: false }
}

/// What a person says: which module decides for which kind, and within which bounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// Where the module comes from.
    pub module: Source,
    /// The kind it decides for. Default: what the module says.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub kind: Option<GroupKind>,
    /// The upper bound of what the guest may cause.
    #[serde(default)]
    pub permissions: Permissions,
    /// Bounds of one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Handed to the guest as it is.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
    pub config: Map<String, Value>,
    /// How another module takes over. Default: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// What becomes of the children when the Reconciler is deleted. Its finalizers are withdrawn either way.
    #[serde(default, skip_serializing_if = "OnDelete::is_default")]
    pub on_delete: OnDelete,
    /// While true nothing is called, applied or deleted for the kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// How another module takes over from the one that serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Whether a plan over every live object is made before.
    #[serde(default)]
    pub plan: PlanFirst,
    /// With `Auto`: so many children may be deleted or made anew without anybody's approval. Default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub max_deletions: Option<u32>,
    /// With `Auto`: on so many objects more than the one before it the new module may fail without anybody's approval.
    /// Default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub max_failures: Option<u32>,
}

/// Whether a plan is made before another module takes over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlanFirst {
    /// It takes over at once. (Not `Off`, which kubectl reads as a boolean.)
    #[default]
    Never,
    /// One is made. The module takes over by itself if the plan stays within the bounds, else it waits for approval.
    Auto,
    /// One is made, and the module waits for approval.
    Required,
}

/// What becomes of the children of a kind when its Reconciler is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnDelete {
    /// They stay as they are. A later Reconciler of the kind finds them.
    #[default]
    Orphan,
    /// They are deleted, in reverse order of waves. The objects stay.
    Delete,
}

impl OnDelete {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a module comes from: exactly one source is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// From the folder that the host watches (`innkeeper run --modules`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<Folder>,
    /// From a ConfigMap. When that changes, what it holds takes over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<ConfigMapKey>,
    /// From the cluster, where `innkeeper push` has put it. Needs `digest`, which says which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushed: Option<Pushed>,
    /// The only digest that may serve, as `sha256:…`. Anything else that the source has never becomes a module.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
}

impl Source {
    /// The pushed module of that digest.
    pub fn of_pushed(digest: &str) -> Self {
        Self { pushed: Some(Pushed {}), digest: Some(digest.to_owned()), ..Self::default() }
    }

    /// The digest of the module that is to be read from the cluster, if it comes from there.
    pub fn pushed(&self) -> Option<&str> {
        self.pushed.as_ref().and(self.digest.as_deref())
    }

    /// Whether a module of that digest may serve.
    pub fn takes(&self, digest: &str) -> bool {
        self.digest.as_ref().is_none_or(|asked| asked == digest)
    }

    /// A word for its history.
    pub fn word(&self) -> &'static str {
        match self {
            Self { pushed: Some(_), .. } => "pushed",
            Self { config_map: Some(_), .. } => "configMap",
            _ => "folder",
        }
    }
}

/// The folder that the host watches. The module in it is found by the name in its manifest, which is the
/// Reconciler's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Folder {}

/// One key of a ConfigMap. What is under it in `binaryData` is a module, as it is or packed by gzip.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ConfigMapKey {
    /// The namespace of the ConfigMap.
    #[schemars(length(min = 1, max = 63))]
    pub namespace: String,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

impl fmt::Display for ConfigMapKey {
    /// `key guest.wasm of ConfigMap shop/web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {} of ConfigMap {}/{}", self.key, self.namespace, self.name)
    }
}

/// The cluster keeps the module's bytes in chunks, under its digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pushed {}

/// Bounds of one call. What is left out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// CPU time, as `100ms` or `2s`. Default 100ms, at most 10s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]+(ms|s)$"))]
    pub time: Option<String>,
    /// Linear memory, as `64Mi`. Default 64Mi, at most 256Mi.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]+(Ki|Mi)$"))]
    pub memory: Option<String>,
    /// All text of an outcome, as `1Mi`. Default 1Mi, at most 16Mi.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]+(Ki|Mi)$"))]
    pub outcome: Option<String>,
    /// Number of reads. Default 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub reads: Option<u32>,
    /// Children, contributions and removals of an outcome, counted together. Default 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub children: Option<u32>,
}

/// The longest time that a Reconciler may allow, in milliseconds.
pub const MOST_TIME_MS: u64 = 10_000;
/// The most memory that a Reconciler may allow, in bytes.
pub const MOST_MEMORY: u64 = 256 << 20;
/// The largest outcome that a Reconciler may allow, in bytes.
pub const MOST_OUTCOME: u64 = 16 << 20;

impl Limits {
    /// What the limits mean; the error names the field that makes no sense.
    pub fn resolve(&self) -> Result<contract::Limits, String> {
        let default = contract::Limits::default();
        let time = quantity(self.time.as_deref(), "time", &[("ms", 1), ("s", 1000)], default.time_ms)?;
        let sizes = [("Ki", 1 << 10), ("Mi", 1 << 20)];
        let memory = quantity(self.memory.as_deref(), "memory", &sizes, default.memory)?;
        let outcome = quantity(self.outcome.as_deref(), "outcome", &sizes, default.outcome)?;
        Ok(contract::Limits {
            time_ms: within(time, "time", MOST_TIME_MS, "ms")?,
            memory: within(memory, "memory", MOST_MEMORY, " bytes")?,
            outcome: within(outcome, "outcome", MOST_OUTCOME, " bytes")?,
            reads: self.reads.unwrap_or(default.reads),
            children: self.children.unwrap_or(default.children),
        })
    }
}

fn quantity(text: Option<&str>, field: &str, units: &[(&str, u64)], default: u64) -> Result<u64, String> {
    let Some(text) = text else { return Ok(default) };
    units
        .iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(*factor))
        .ok_or_else(|| {
            let known: Vec<&str> = units.iter().map(|(unit, _)| *unit).collect();
            format!("spec.limits.{field}: {text:?} is not a whole number followed by {}", known.join(" or "))
        })
}

fn within(value: u64, field: &str, most: u64, unit: &str) -> Result<u64, String> {
    if value == 0 || value > most {
        return Err(format!("spec.limits.{field}: {value}{unit} is not between 1 and {most}{unit}"));
    }
    Ok(value)
}

/// What the host answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The generation of the spec that the conditions speak of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The kind served.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub kind: Option<GroupKind>,
    /// The digest of the module that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The version that this module states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The modules that decided, the newest first; at most [`HISTORY`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Served>,
    /// The modules that were left for another one, the newest first; at most [`HISTORY`]. None of them decides again before
    /// somebody approves it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// Kinds of which there may be children, or objects with contributed fields: each is recorded before the
    /// first of these is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<ChildKind>,
    /// What the last plan found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Counts of objects; brought up to date every few seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Objects>,
    /// `Loaded`, `Ready`, `Reconciling`, `Stalled`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// What a plan found: what a module would change for the live objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The digest of that module.
    pub digest: String,
    /// When it was made, as Kubernetes writes a time.
    pub made: String,
    /// Counts.
    #[serde(flatten)]
    pub counts: Counts,
    /// A few of the objects for which something would be different, with what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// How many modules a Reconciler remembers.
pub const HISTORY: usize = 10;

/// A module that decided for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Served {
    /// Its digest.
    pub digest: String,
    /// The version that it states.
    pub version: String,
    /// Where it came from: `folder`, `configMap` or `pushed`.
    pub source: String,
    /// When it took over, as Kubernetes writes a time.
    pub since: String,
    /// Whether the cluster keeps its bytes, so that it can be gone back to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
}

/// A module that was left for another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejected {
    /// Its digest.
    pub digest: String,
    /// When it was left, as Kubernetes writes a time.
    pub at: String,
    /// Why, for people.
    pub why: String,
    /// What approved it then: that does so no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

impl Status {
    /// Why the module of that digest was left, if it was.
    pub fn rejected(&self, digest: &str) -> Option<&Rejected> {
        self.rejected.iter().find(|rejected| rejected.digest == digest)
    }

    /// Whether what a person wrote approves the module of that digest. It begins with the digest, and more may follow
    /// behind a space; what did not keep the module from being left says nothing any more.
    pub fn is_approved(&self, digest: &str, approval: Option<&str>) -> bool {
        let written = approval.filter(|text| text.split(' ').next() == Some(digest));
        written.is_some() && self.rejected(digest).is_none_or(|rejected| rejected.approval.as_deref() != written)
    }

    /// Whether the cluster keeps the module of that digest, as far as this status knows.
    pub fn keeps(&self, digest: &str) -> bool {
        self.history.iter().any(|served| served.kept && served.digest == digest)
    }

    /// Whether it speaks of the module of that digest.
    pub fn names(&self, digest: &str) -> bool {
        self.digest.as_deref() == Some(digest) || self.history.iter().any(|served| served.digest == digest)
    }
}

/// A kind of which there may be children, or objects with contributed fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ChildKind {
    /// The API group; empty for the core group.
    #[serde(default)]
    pub group: SmolStr,
    /// The version in which they are watched.
    pub version: SmolStr,
    /// The kind.
    pub kind: SmolStr,
    /// Whether objects of the kind, which are no children, may carry fields that were contributed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contributed: bool,
}

/// Counts of objects of the kind served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Objects {
    /// All.
    pub total: u32,
    /// Those whose condition Ready is True.
    pub ready: u32,
    /// Those whose condition Stalled is True.
    pub failing: u32,
}

/// A condition, as Kubernetes writes them (meta/v1 Condition).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The generation that it speaks of.
    #[serde(default)]
    pub observed_generation: i64,
    /// When its status changed last.
    pub last_transition_time: String,
    /// Why, in CamelCase.
    pub reason: String,
    /// Why, for people.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_make_no_sense_are_refused_by_the_name_of_their_field() {
        let bad = |time: &str| Limits { time: Some(time.into()), ..Limits::default() }.resolve();
        assert!(bad("1h").is_err_and(|e| e.contains("spec.limits.time")));
        assert!(bad("0ms").is_err());
        assert!(bad("11s").is_err());
        assert_eq!(bad("2s").map(|l| l.time_ms), Ok(2000));
    }
}
