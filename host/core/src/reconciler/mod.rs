//! The `Reconciler`: what a person says (spec) and what the host answers (status).

mod limits;
mod rollout;
mod status;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::kind::{GroupKind, Kind};
use crate::names::GROUP;
use crate::permissions::Permissions;
use crate::resource::Resource;

pub use limits::{Limits, MOST_MEMORY, MOST_OUTCOME, MOST_TIME_MS};
pub use rollout::{Course, EVERY_OBJECT, PlanFirst, Rollout};
pub use status::{
    ChildKind, Condition, HISTORY, Objects, Plan, Rejected, Rolling, SPENT, Served, Status, approved, is_about,
    promoted,
};

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
