//! The kind Memcached: what a user writes, and what is shown.
#![allow(clippy::duplicated_attributes, reason = "kube takes one printcolumn attribute per column")]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The port on which memcached listens unless it is told otherwise.
pub const USUAL_PORT: i32 = 11211;

/// A cache of one, three or five servers.
#[derive(CustomResource, JsonSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "cache.example.com", version = "v1alpha1", kind = "Memcached", namespaced)]
#[kube(status = "MemcachedStatus", shortname = "mc", doc = "A cache of one, three or five servers.")]
#[kube(printcolumn(name = "Size", type_ = "integer", json_path = ".spec.size"))]
#[kube(printcolumn(name = "Port", type_ = "integer", json_path = ".spec.containerPort"))]
#[kube(printcolumn(name = "Nodes", type_ = "string", json_path = ".status.nodes", priority = 1))]
#[kube(validation = Rule::new("size(self.metadata.name) <= 63")
    .message("the name becomes a label's value: at most 63 characters"))]
#[kube(validation = Rule::new("self.spec.size % 2 == 1")
    .message("the size must be odd: 1, 3 or 5").field_path(".spec.size"))]
#[serde(rename_all = "camelCase")]
pub struct MemcachedSpec {
    /// How many servers run: 1, 3 or 5.
    #[serde(default = "usual_size")]
    #[schemars(range(min = 1, max = 5))]
    pub size: i32,
    /// The port on which each server listens.
    #[serde(default = "usual_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub container_port: i32,
}

fn usual_size() -> i32 {
    3
}

fn usual_port() -> i32 {
    USUAL_PORT
}

/// What is known of the servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct MemcachedStatus {
    /// The names of the Pods, in order.
    pub nodes: Vec<String>,
}

/// `spec.config` of the Reconciler.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The image of the server.
    pub image: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { image: "memcached:1.6-alpine".to_owned() }
    }
}
