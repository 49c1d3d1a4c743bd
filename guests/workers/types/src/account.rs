//! The kind WorkerAccount: whose scripts are built into one image and served by one bundle.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema;

/// An account: its scripts are built into one image and served by one bundle.
#[derive(CustomResource, JsonSchema, Clone, Debug, Default, Deserialize, Serialize)]
#[kube(group = "api.worker-account", version = "v1alpha1", kind = "WorkerAccount", namespaced)]
#[kube(status = "WorkerAccountStatus", shortname = "wa")]
#[kube(doc = "An account: its scripts are built into one image and served by one bundle.")]
#[kube(printcolumn(name = "Bundle", type_ = "string", json_path = ".spec.workerBundleName"))]
#[kube(printcolumn(name = "Image", type_ = "string", json_path = ".status.image"))]
#[kube(printcolumn(name = "Built", type_ = "string", json_path = ".status.conditions[?(@.type==\"Built\")].reason"))]
#[serde(rename_all = "camelCase")]
pub struct WorkerAccountSpec {
    /// The bundle that serves the account's scripts; it is made unless it is there.
    #[schemars(schema_with = "schema::stem")]
    pub worker_bundle_name: String,
    /// Which releases are the account's.
    #[schemars(schema_with = "schema::selector")]
    pub worker_release_selector: LabelSelector,
    /// The Pods of the bundle.
    #[serde(default)]
    #[schemars(default = "Option::<()>::default")]
    pub pod_template: AccountPod,
}

/// The Pods of the account's bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountPod {
    /// The Secret to pull the image with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::secret")]
    pub image_pull_secret: Option<String>,
}

/// What is known of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkerAccountStatus {
    /// The image that was built last with success, and is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The image before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_image: Option<String>,
    /// The scripts in the image, in the order of their ports.
    pub scripts: Vec<Deployed>,
    /// The image that should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_image: Option<String>,
}

/// A script that is in an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployed {
    /// Its name.
    pub name: String,
    /// Its Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<String>,
}
