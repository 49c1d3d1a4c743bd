//! The kind WorkerBundle: an image with scripts, served by one Deployment.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema;

/// An image with scripts, served by one Deployment.
#[derive(CustomResource, JsonSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[kube(group = "api.worker-bundle", version = "v1alpha1", kind = "WorkerBundle", namespaced)]
#[kube(status = "WorkerBundleStatus", shortname = "wb", doc = "An image with scripts, served by one Deployment.")]
#[kube(printcolumn(name = "Deployment", type_ = "string", json_path = ".spec.deploymentName"))]
#[kube(printcolumn(name = "Workers", type_ = "integer", json_path = ".status.workers"))]
#[kube(printcolumn(name = "Running", type_ = "integer", json_path = ".status.readyReplicas"))]
#[kube(printcolumn(name = "Image", type_ = "string", json_path = ".spec.podTemplate.image"))]
#[kube(validation = Rule::new("!has(self.spec.workers) || self.spec.workers.all(w, self.spec.workers.exists_one(o, o.workerNumber == w.workerNumber))")
    .message("two workers have the same workerNumber: each needs a port of its own").field_path(".spec.workers"))]
#[kube(validation = Rule::new("!has(self.spec.workers) || self.spec.workers.all(w, self.spec.workers.exists_one(o, o.workerName == w.workerName))")
    .message("two workers have the same workerName: each needs a path of its own").field_path(".spec.workers"))]
#[serde(rename_all = "camelCase")]
pub struct WorkerBundleSpec {
    /// What the names of Deployment, Service and Ingress begin with.
    #[schemars(schema_with = "schema::stem")]
    pub deployment_name: String,
    /// The scripts that are in the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub workers: Vec<Worker>,
    /// The Pods.
    #[serde(default)]
    #[schemars(default = "Option::<()>::default")]
    pub pod_template: BundlePod,
}

/// One script in an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Worker {
    /// Its name, and its path.
    #[schemars(schema_with = "schema::script")]
    pub worker_name: String,
    /// The port on which it is served.
    #[schemars(range(min = 1, max = 65535))]
    pub worker_number: i32,
    /// What each variable of its Secret is prefixed with.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 253), regex(pattern = "^([A-Za-z_][A-Za-z0-9_]*)?$"))]
    pub env_prefix: String,
    /// Its Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::secret")]
    pub secret_ref: Option<String>,
}

/// The Pods of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BundlePod {
    /// The image. Without one there is no Deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024), regex(pattern = r"^\S*$"))]
    pub image: Option<String>,
    /// The Secret to pull it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::secret")]
    pub image_pull_secret: Option<String>,
}

/// What is known of the bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkerBundleStatus {
    /// How many scripts are served.
    pub workers: i32,
    /// How many Pods are ready.
    pub ready_replicas: i32,
}
