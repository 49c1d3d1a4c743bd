//! The kind TmSource.
#![allow(clippy::duplicated_attributes, reason = "kube takes one printcolumn attribute per column")]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A telemetry source of a site: it publishes one metric.
#[derive(CustomResource, JsonSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "tm.rocketlab.global", version = "v1", kind = "TmSource", namespaced, status = "TmSourceStatus")]
#[kube(shortname = "tms", doc = "A telemetry source of a site: it publishes one metric.")]
#[kube(printcolumn(name = "Site", type_ = "string", json_path = ".spec.site"))]
#[kube(printcolumn(name = "Metric", type_ = "string", json_path = ".spec.metricname"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "Pod", type_ = "string", json_path = ".status.pod", priority = 1))]
#[kube(validation = Rule::new("size(self.metadata.name) <= 63")
    .message("the name becomes a label's value: at most 63 characters"))]
#[kube(validation = Rule::new("self.spec.site.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')")
    .message("it names a Site: a-z, 0-9, - and ., with a letter or digit first and last").field_path(".spec.site"))]
#[kube(validation = Rule::new("self.spec.metricname == self.spec.metricname.lowerAscii()")
    .message("a metric is written in lower case").field_path(".spec.metricname"))]
pub struct TmSourceSpec {
    /// The name of its Site, in the same namespace. There need not be one of that name.
    #[schemars(length(min = 1, max = 63))]
    pub site: String,
    /// The metric that it publishes.
    #[schemars(length(min = 1, max = 253))]
    pub metricname: String,
}

/// What is known of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TmSourceStatus {
    /// The name of its Pod, if it has one.
    pub pod: Option<String>,
    /// That Pod's phase.
    pub phase: Option<String>,
}
