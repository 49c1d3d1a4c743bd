//! A later module of the name `final-bench`, which has no work to do any more when an object is deleted.
#![forbid(unsafe_code)]

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::CustomResource;
use play::{PlayStatus, Script};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the guest does.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "test.innkeeper.dev", version = "v1", kind = "FinalBench", namespaced, status = "PlayStatus")]
pub struct FinalBenchSpec {
    /// What the guest does.
    #[serde(flatten)]
    pub script: Script,
}

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<FinalBench>().name("final-bench").version("0.2.0").applies::<ConfigMap>()
);

/// Does as the spec says.
pub fn reconcile(cx: &Context<FinalBench>) -> Result<Outcome, Failure> {
    play::play(cx, &cx.object().spec.script)
}
