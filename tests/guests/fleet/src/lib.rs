//! The guest of the kind Fleet, which the bench measures with: a Deployment without replicas, a Service, a
//! ConfigMap, a ServiceAccount, and a status. The bench's other contenders keep the very same children.
#![forbid(unsafe_code)]

mod children;

use std::collections::BTreeMap;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use children::{APP, Children};

/// A service as a small team would ask for it.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "test.innkeeper.dev", version = "v1", kind = "Fleet", namespaced, status = "FleetStatus")]
pub struct FleetSpec {
    /// A word that goes into the ConfigMap and the status: the field that the bench changes.
    pub text: String,
    /// The port of the container and of the Service.
    pub port: i32,
    /// What else is in the ConfigMap.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// What the guest shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct FleetStatus {
    /// The word of the spec that was seen last.
    pub text: String,
    /// How many children were asked for.
    pub children: i32,
}

impl Fleet {
    /// The status that its spec leads to.
    pub fn wanted_status(&self) -> FleetStatus {
        FleetStatus { text: self.spec.text.clone(), children: 4 }
    }
}

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<Fleet>()
        .applies::<Deployment>()
        .applies::<Service>()
        .applies::<ConfigMap>()
        .applies::<ServiceAccount>()
);

/// Four children and a status.
pub fn reconcile(cx: &Context<Fleet>) -> Result<Outcome, Failure> {
    let children = Children::of(cx.name(), &cx.object().spec);
    let mut outcome = Outcome::new();
    outcome.child(children.service_account);
    outcome.child(children.config_map);
    outcome.child(children.service);
    outcome.child(children.deployment);
    outcome.status(&cx.object().wanted_status());
    Ok(outcome)
}
