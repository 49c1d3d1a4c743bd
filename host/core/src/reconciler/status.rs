//! What the host answers on a Reconciler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::kind::GroupKind;
use crate::object::short;
use crate::plan::Counts;

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
    /// The first twelve hexadecimal digits of that, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_digest: Option<String>,
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
    /// What people wrote to approve or promote modules and has done so, the newest first; at most [`SPENT`]. Each counts once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<String>,
    /// Kinds of which there may be children, or objects with contributed fields: each is recorded before the
    /// first of these is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<ChildKind>,
    /// How far another module has taken over, where it does so in steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rolling>,
    /// What the last plan found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Counts of objects; brought up to date every few seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Objects>,
    /// `Ready`, `Reconciling`, `Stalled`, `Loaded`, `Accepted`, `Planned`.
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

/// How many approvals a Reconciler remembers.
pub const SPENT: usize = 20;

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

/// How far another module has taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rolling {
    /// Its digest.
    pub digest: String,
    /// The version that it states.
    pub version: String,
    /// The steps that are taken: it decides for the objects of those; the module that `status.digest` names, for all others.
    #[serde(default)]
    pub taken: Vec<String>,
    /// How many steps are taken.
    pub step: u32,
    /// How many steps there are, the last of which is every object.
    pub steps: u32,
    /// When the last of them was taken, as Kubernetes writes a time.
    pub since: String,
    /// For how many objects it decides; brought up to date every few seconds, as those that follow.
    #[serde(default)]
    pub objects: u32,
    /// How many of these are ready.
    #[serde(default)]
    pub ready: u32,
    /// On how many of these it fails.
    #[serde(default)]
    pub failing: u32,
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
}

/// Whether what a person wrote is about the module of that digest: it begins with it, and more may follow behind a space.
pub fn is_about(text: &str, digest: &str) -> bool {
    text.split(' ').next() == Some(digest)
}

/// How it is remembered that somebody's word has approved a module.
pub fn approved(word: &str) -> String {
    format!("approved {word}")
}

/// How it is remembered that somebody's word has promoted a module.
pub fn promoted(word: &str) -> String {
    format!("promoted {word}")
}

/// Why the module was left that decided before somebody went back to the one of that digest.
pub fn went_back(digest: &str) -> String {
    format!("somebody went back to {}", short(digest))
}

impl Status {
    /// The condition of that type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Why the module of that digest was left, if it was.
    pub fn rejected(&self, digest: &str) -> Option<&Rejected> {
        self.rejected.iter().find(|rejected| rejected.digest == digest)
    }

    /// Whether what a person wrote approves the module of that digest: it does so once.
    pub fn is_approved(&self, digest: &str, approval: Option<&str>) -> bool {
        self.is_meant(digest, approval, approved)
    }

    /// Whether what a person wrote lets the module of that digest take over at once: it does so once.
    pub fn is_promoted(&self, digest: &str, promotion: Option<&str>) -> bool {
        self.is_meant(digest, promotion, promoted)
    }

    fn is_meant(&self, digest: &str, word: Option<&str>, spent: fn(&str) -> String) -> bool {
        word.is_some_and(|word| is_about(word, digest) && !self.spent.contains(&spent(word)))
    }

    /// Whether the module of that digest takes over in steps.
    pub fn is_rolling(&self, digest: &str) -> bool {
        self.rollout.as_ref().is_some_and(|rolling| rolling.digest == digest)
    }

    /// Whether the cluster keeps the module of that digest, as far as this status knows.
    pub fn keeps(&self, digest: &str) -> bool {
        self.history.iter().any(|served| served.kept && served.digest == digest)
    }

    /// Whether the module of that digest decided, as far as the history goes back.
    pub fn has_served(&self, digest: &str) -> bool {
        self.history.iter().any(|served| served.digest == digest)
    }

    /// Whether it speaks of the module of that digest.
    pub fn names(&self, digest: &str) -> bool {
        self.digest.as_deref() == Some(digest)
            || self.is_rolling(digest)
            || self.rejected(digest).is_some()
            || self.has_served(digest)
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
