//! The kind Site.
#![allow(clippy::duplicated_attributes, reason = "kube takes one printcolumn attribute per column")]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place with telemetry sources, which can be switched off.
#[derive(CustomResource, JsonSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "tm.rocketlab.global", version = "v1", kind = "Site", namespaced, status = "SiteStatus")]
#[kube(shortname = "st", doc = "A place with telemetry sources, which can be switched off.")]
#[kube(printcolumn(name = "Enabled", type_ = "boolean", json_path = ".spec.enabled"))]
#[kube(printcolumn(name = "Sources", type_ = "integer", json_path = ".status.sources"))]
#[kube(printcolumn(name = "Running", type_ = "integer", json_path = ".status.running"))]
#[kube(validation = Rule::new("size(self.metadata.name) <= 63")
    .message("the name becomes the value of the label site: at most 63 characters"))]
pub struct SiteSpec {
    /// Whether its sources publish.
    pub enabled: bool,
}

/// What is known of the site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct SiteStatus {
    /// Whether its sources publish, as last seen.
    pub enabled: bool,
    /// How many sources name it.
    pub sources: i32,
    /// The Pods of how many of them run.
    pub running: i32,
}
