//! The kind Goop: what a user writes, and what is shown.
#![allow(clippy::duplicated_attributes, reason = "kube takes one printcolumn attribute per column")]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Work that runs so many times, or once on every node.
#[derive(CustomResource, JsonSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "goop.example.com", version = "v1alpha1", kind = "Goop", namespaced, status = "GoopStatus")]
#[kube(shortname = "gp", doc = "Work that runs so many times, or once on every node.")]
#[kube(printcolumn(name = "Nodes", type_ = "boolean", json_path = ".spec.distributed"))]
#[kube(printcolumn(name = "Workers", type_ = "integer", json_path = ".status.workers"))]
#[kube(printcolumn(name = "Done", type_ = "integer", json_path = ".status.done"))]
#[kube(printcolumn(
    name = "Completed",
    type_ = "string",
    json_path = r#".status.conditions[?(@.type=="Completed")].status"#
))]
#[kube(printcolumn(
    name = "Failed",
    type_ = "string",
    json_path = r#".status.conditions[?(@.type=="Failed")].status"#
))]
#[kube(validation = Rule::new("size(self.metadata.name) <= 59")
    .message("the name becomes a Job's, with a number of up to three digits: at most 59 characters"))]
pub struct GoopSpec {
    /// A word. A worker prints it where there are no cmds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foo: Option<String>,
    /// How many workers there are; each is a Job. Without meaning where the work is distributed.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1000))]
    pub job_count: i32,
    /// What the workers print: one each, repeated in turn. No shell reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(max = 4096)))]
    pub cmds: Vec<String>,
    /// Whether the work is done once on every node, instead of by so many Jobs.
    #[serde(default)]
    pub distributed: bool,
    /// The image of a worker; it needs a `printf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), regex(pattern = r"^\S+$"))]
    pub image: Option<String>,
}

fn one() -> i32 {
    1
}

/// How far the work is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct GoopStatus {
    /// How many workers there should be: Jobs, or nodes.
    pub workers: i32,
    /// How many of them have done their work.
    pub done: i32,
    /// Which Jobs have completed, also those that are gone: `0-4,7`.
    pub completed_indexes: Option<String>,
    /// The digest of the work that every node had done once.
    pub completed_work: Option<String>,
}

/// `spec.config` of the Reconciler.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Config {
    /// The image of a worker that says none itself.
    pub image: String,
    /// The image of what waits on a node when the work there is done.
    pub pause_image: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { image: "busybox".to_owned(), pause_image: "registry.k8s.io/pause:3.10".to_owned() }
    }
}
