//! The kind Minimart: what a user may write of the chart's values, and what is shown.
#![allow(clippy::duplicated_attributes, reason = "kube takes one printcolumn attribute per column")]

use std::collections::BTreeMap;

use kube::CustomResource;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A shop with two shelves. Every field that is not said, or null, is the chart's default; unknown fields are ignored.
#[derive(CustomResource, JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[kube(group = "charts.samutup.com", version = "v1alpha1", kind = "Minimart", namespaced)]
#[kube(status = "MinimartStatus", shortname = "mini", doc = "A shop with two shelves, helm style.")]
#[kube(printcolumn(name = "Shop", type_ = "string", json_path = ".status.fullname"))]
#[kube(printcolumn(name = "Image", type_ = "string", json_path = ".status.image"))]
#[kube(printcolumn(name = "Running", type_ = "integer", json_path = ".status.readyReplicas"))]
#[kube(printcolumn(
    name = "Deployed",
    type_ = "string",
    json_path = ".status.conditions[?(@.type==\"Deployed\")].status"
))]
#[kube(validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')")
    .message("the name becomes a Service's: only a-z, 0-9 and -, a letter first, no - last"))]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct MinimartSpec {
    /// How many Pods run, unless autoscaling is on.
    #[schemars(range(min = 0))]
    pub replica_count: Option<i32>,
    /// The image of the shop.
    pub image: Option<Image>,
    /// Secrets to pull the image with.
    #[schemars(schema_with = "free_list")]
    pub image_pull_secrets: Option<Vec<Value>>,
    /// Takes the place of `minimart` in the name of the children.
    #[schemars(regex(pattern = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"))]
    pub name_override: Option<String>,
    /// The name of the children.
    #[schemars(regex(pattern = "^([a-z]([-a-z0-9]*[a-z0-9])?)?$"))]
    pub fullname_override: Option<String>,
    /// The ServiceAccount of the Pods.
    pub service_account: Option<ServiceAccount>,
    /// Annotations of the Pods.
    pub pod_annotations: Option<BTreeMap<String, Option<String>>>,
    /// The security context of the Pods.
    #[schemars(schema_with = "free")]
    pub pod_security_context: Option<Value>,
    /// The security context of the container.
    #[schemars(schema_with = "free")]
    pub security_context: Option<Value>,
    /// Requests and limits of the container.
    #[schemars(schema_with = "free")]
    pub resources: Option<Value>,
    /// How the shop is reached.
    pub service: Option<Service>,
    /// How the shop is reached from outside the cluster.
    pub ingress: Option<Ingress>,
    /// Whether the number of Pods follows their load.
    pub autoscaling: Option<Autoscaling>,
    /// On which nodes Pods may run.
    pub node_selector: Option<BTreeMap<String, Option<String>>>,
    /// Taints of nodes that Pods put up with.
    #[schemars(schema_with = "free_list")]
    pub tolerations: Option<Vec<Value>>,
    /// Where Pods should run.
    #[schemars(schema_with = "free")]
    pub affinity: Option<Value>,
    /// The shop's own settings.
    pub apps: Option<Apps>,
}

/// An image.
#[derive(JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct Image {
    /// Where it lies, without its tag.
    pub repository: Option<String>,
    /// Always, IfNotPresent or Never.
    #[schemars(regex(pattern = "^(Always|IfNotPresent|Never)$"))]
    pub pull_policy: Option<String>,
    /// Its tag.
    pub tag: Option<String>,
}

/// The ServiceAccount of the Pods.
#[derive(JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct ServiceAccount {
    /// Whether there should be one for this shop.
    pub create: Option<bool>,
    /// Its annotations.
    pub annotations: Option<BTreeMap<String, Option<String>>>,
    /// Its name; that of the other children unless said. One that is not created must be there.
    #[schemars(regex(pattern = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$"), length(max = 253))]
    pub name: Option<String>,
}

/// How the shop is reached.
#[derive(JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct Service {
    /// ClusterIP, NodePort or LoadBalancer.
    #[serde(rename = "type")]
    #[schemars(regex(pattern = "^(ClusterIP|NodePort|LoadBalancer)$"))]
    pub kind: Option<String>,
    /// The port of the Service.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<i32>,
}

/// How the shop is reached from outside the cluster.
#[derive(JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct Ingress {
    /// Whether there is one.
    pub enabled: Option<bool>,
    /// Its annotations.
    pub annotations: Option<BTreeMap<String, Option<String>>>,
    /// The names under which the shop is reached.
    pub hosts: Option<Vec<Host>>,
    /// Certificates: entries as an Ingress has them.
    #[schemars(schema_with = "free_list")]
    pub tls: Option<Vec<Value>>,
}

/// A name under which the shop is reached.
#[derive(JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct Host {
    /// The name.
    pub host: String,
    /// Paths that lead to the shop; `/` unless said.
    #[schemars(inner(regex(pattern = "^/")))]
    pub paths: Option<Vec<String>>,
}

/// Whether the number of Pods follows their load.
#[derive(JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct Autoscaling {
    /// Whether it does.
    pub enabled: Option<bool>,
    /// At least so many.
    #[schemars(range(min = 1))]
    pub min_replicas: Option<i32>,
    /// At most so many.
    #[schemars(range(min = 1))]
    pub max_replicas: Option<i32>,
    /// The load to aim at, in percent of what the Pods request.
    #[serde(rename = "targetCPUUtilizationPercentage")]
    #[schemars(range(min = 1))]
    pub target_cpu: Option<i32>,
}

/// The shop's own settings.
#[derive(JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct Apps {
    /// The port on which it listens.
    #[schemars(range(min = 1, max = 65535))]
    pub httpport: Option<i32>,
    /// The paths of its shelves.
    pub rest: Option<Rest>,
}

/// The paths of the shelves.
#[derive(JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct Rest {
    /// Of the stationery.
    #[schemars(regex(pattern = "^/"))]
    pub stat: Option<String>,
    /// Of the beverages.
    #[schemars(regex(pattern = "^/"))]
    pub bev: Option<String>,
}

/// What is known of the shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct MinimartStatus {
    /// The name of the children.
    pub fullname: String,
    /// The image that is wanted.
    pub image: String,
    /// How many Pods are ready.
    pub ready_replicas: i32,
    /// What was deployed last with success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed_release: Option<Release>,
}

/// A release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Release {
    /// Its name: the object's.
    pub name: String,
    /// The chart.
    pub chart: String,
    /// The chart's version.
    pub version: String,
}

/// Any map.
fn free(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "nullable": true, "x-kubernetes-preserve-unknown-fields": true})
}

/// A list of any maps.
fn free_list(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "nullable": true,
        "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}})
}
