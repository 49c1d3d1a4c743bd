//! The guest of the kind ClusterBench: as that of Workbench, but cluster-scoped, and its children must be
//! deleted in order.
#![forbid(unsafe_code)]

use innkeeper_sdk::{Context, Failure, Manifest, Outcome, Scope};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::CustomResource;
use play::{PlayStatus, Script};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the guest does.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "test.innkeeper.dev", version = "v1", kind = "ClusterBench", status = "PlayStatus")]
pub struct ClusterBenchSpec {
    /// What the guest does.
    #[serde(flatten)]
    pub script: Script,
}

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<ClusterBench>()
        .applies_in::<ConfigMap>(Scope::All)
        .applies::<Namespace>()
        .applies::<ClusterRole>()
        .ordered_deletion()
);

/// Does as the spec says.
pub fn reconcile(cx: &Context<ClusterBench>) -> Result<Outcome, Failure> {
    play::play(cx, &cx.object().spec.script)
}
