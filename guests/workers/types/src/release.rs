//! The kind WorkerRelease: one version of one script.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema;

/// One version of one script.
#[derive(CustomResource, JsonSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[kube(group = "api.worker-release", version = "v1alpha1", kind = "WorkerRelease", namespaced)]
#[kube(status = "WorkerReleaseStatus", shortname = "wr", doc = "One version of one script.")]
#[kube(printcolumn(name = "Script", type_ = "string", json_path = ".spec.scriptName"))]
#[kube(printcolumn(name = "Date", type_ = "string", json_path = ".spec.compatibilityDate"))]
#[kube(printcolumn(name = "Account", type_ = "string", json_path = ".status.account"))]
#[serde(rename_all = "camelCase")]
pub struct WorkerReleaseSpec {
    /// The script's name.
    #[schemars(schema_with = "schema::script")]
    pub script_name: String,
    /// The Secret whose variables the script gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::secret")]
    pub secret_ref: Option<String>,
    /// The day whose runtime the script was written for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub compatibility_date: Option<String>,
    /// Where its files lie.
    #[schemars(schema_with = "schema::urls")]
    pub script_urls: Vec<String>,
}

/// What is known of the release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkerReleaseStatus {
    /// The WorkerAccount that it is for, once that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}
