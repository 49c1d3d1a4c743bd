//! The guest of the kind Workbench: it does as the object's spec says.
#![forbid(unsafe_code)]

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service, ServiceAccount};
use kube::CustomResource;
use play::{PlayStatus, Script};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the guest does.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "test.innkeeper.dev", version = "v1", kind = "Workbench", namespaced, status = "PlayStatus")]
pub struct WorkbenchSpec {
    /// What the guest does.
    #[serde(flatten)]
    pub script: Script,
}

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<Workbench>()
        .applies::<Deployment>()
        .applies::<Job>()
        .applies::<Service>()
        .applies::<ConfigMap>()
        .applies::<Secret>()
        .applies::<ServiceAccount>()
        .reads::<ConfigMap>()
        .contributes::<ConfigMap>()
        .contributes::<Deployment>()
);

/// Does as the spec says.
pub fn reconcile(cx: &Context<Workbench>) -> Result<Outcome, Failure> {
    play::play(cx, &cx.object().spec.script)
}
