//! The kind JobBuilder: scripts that are built into one image.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema;

/// Scripts that are built into one image.
#[derive(CustomResource, JsonSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[kube(group = "api.job-builder", version = "v1alpha1", kind = "JobBuilder", namespaced)]
#[kube(status = "JobBuilderStatus", shortname = "jb", doc = "Scripts that are built into one image.")]
#[kube(printcolumn(name = "Image", type_ = "string", json_path = ".spec.targetImage"))]
#[kube(printcolumn(name = "Bundle", type_ = "string", json_path = ".spec.workerBundleName"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(validation = Rule::new("size(self.spec.scriptUrls) == size(self.spec.scriptNames)")
    .message("scriptUrls and scriptNames go together: each url has the name of its script").field_path(".spec.scriptNames"))]
#[serde(rename_all = "camelCase")]
pub struct JobBuilderSpec {
    /// Where the files lie.
    #[schemars(schema_with = "schema::urls")]
    pub script_urls: Vec<String>,
    /// The script that each file is of, in the same order; a script with several files is named several times. The
    /// order in which scripts are named first is that of their ports.
    #[schemars(
        length(min = 1, max = 500),
        inner(length(min = 1, max = 63), regex(pattern = "^[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"))
    )]
    pub script_names: Vec<String>,
    /// The image to push, with its tag.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^\S+$"))]
    pub target_image: String,
    /// The WorkerBundle that the image is for.
    #[schemars(schema_with = "schema::stem")]
    pub worker_bundle_name: String,
}

/// What is known of the build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct JobBuilderStatus {
    /// The generation that the status speaks of; the host writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The image that the rest speaks of.
    pub image: String,
    /// The Job that builds it, or did.
    pub job: String,
    /// How far it is.
    pub phase: Phase,
    /// Why, if it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Phase {
    /// Its Job runs, or will.
    #[default]
    Building,
    /// The image is in the registry.
    Succeeded,
    /// Its Job failed for good.
    Failed,
}
