//! The kind WorkerDeployment: a script, whose versions are released.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::release::WorkerReleaseSpec;

/// A script, whose versions are released.
#[derive(CustomResource, JsonSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "api.worker-deployment", version = "v1alpha1", kind = "WorkerDeployment", namespaced)]
#[kube(status = "WorkerDeploymentStatus", shortname = "wd", doc = "A script, whose versions are released.")]
#[kube(printcolumn(name = "Script", type_ = "string", json_path = ".spec.template.scriptName"))]
#[kube(printcolumn(name = "Active", type_ = "string", json_path = ".status.activeRelease"))]
#[kube(printcolumn(name = "Releases", type_ = "integer", json_path = ".status.releases"))]
#[serde(rename_all = "camelCase")]
pub struct WorkerDeploymentSpec {
    /// What the next release is.
    pub template: WorkerReleaseSpec,
    /// How many releases there are at most; the active one is always there.
    #[serde(default = "ten")]
    #[schemars(range(min = 0))]
    pub release_history_limit: i32,
}

/// What is known of the releases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkerDeploymentStatus {
    /// The release that counts.
    pub active_release: String,
    /// How many there are.
    pub releases: i32,
}

fn ten() -> i32 {
    10
}
