//! The `Reconciler`: what a person says (spec) and what the host answers (status).

mod limits;
mod news;
mod rollout;
mod source;
mod status;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::kind::{GroupKind, Kind};
use crate::names::GROUP;
use crate::permissions::Permissions;
use crate::resource::Resource;

pub use limits::{Limits, MOST_MEMORY, MOST_OUTCOME, MOST_TIME_MS};
pub use news::news;
pub use rollout::{Course, EVERY_OBJECT, PlanFirst, Rollout};
pub use source::{ConfigMapKey, Folder, Place, Pushed, Source};
pub use status::{
    ChildKind, Condition, HISTORY, Objects, Plan, Rejected, Rolling, SPENT, Served, Status, approved, is_about,
    promoted, went_back,
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
    /// What becomes of the kind's CustomResourceDefinition when a module decides for the first time.
    #[serde(default, skip_serializing_if = "CrdPolicy::is_default")]
    pub crd: CrdPolicy,
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

/// What becomes of the CustomResourceDefinition that a module brings along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CrdPolicy {
    /// It is not looked at.
    #[default]
    Leave,
    /// It is applied before the module decides for the first time, and where the kind is not there. One that would lose
    /// what is stored, or that objects of the kind do not satisfy, is refused, and the module before goes on.
    Apply,
}

impl CrdPolicy {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
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
