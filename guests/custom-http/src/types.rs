//! The kind KindCustomHttp: what a user writes, and what is shown.
#![allow(clippy::duplicated_attributes, reason = "kube takes one printcolumn attribute per column")]

use std::collections::BTreeMap;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A peering HTTP server.
#[derive(CustomResource, JsonSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "groupsp.measutosh.dev", version = "v1", kind = "KindCustomHttp", namespaced)]
#[kube(status = "KindCustomHttpStatus", shortname = "kch", shortname = "customhttp", doc = "A peering HTTP server.")]
#[kube(printcolumn(name = "Wanted", type_ = "integer", json_path = ".spec.replicaCount"))]
#[kube(printcolumn(name = "Running", type_ = "integer", json_path = ".status.readyReplicas"))]
#[kube(printcolumn(name = "Port", type_ = "integer", json_path = ".spec.port"))]
#[kube(printcolumn(name = "DNS", type_ = "string", json_path = ".status.dnsName"))]
#[kube(validation = Rule::new("size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')")
    .message("the name becomes a Service's: at most 63 of a-z, 0-9 and -, a letter first, no - last"))]
#[serde(rename_all = "camelCase")]
pub struct KindCustomHttpSpec {
    /// How many servers run.
    #[schemars(range(min = 0))]
    pub replica_count: i32,
    /// The port on which the Service is reached.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
    /// Files under /config. `hostports` names the peers, a line `host,port` each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config_map_data: BTreeMap<String, String>,
}

/// What is known of the servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct KindCustomHttpStatus {
    /// How many servers are wanted.
    pub replicas: i32,
    /// How many are ready.
    pub ready_replicas: i32,
    /// Under which name the servers are found.
    pub dns_name: String,
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
        Self { image: "measutosh/http-server".to_owned() }
    }
}
