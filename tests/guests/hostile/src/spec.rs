//! The spec: the text to answer, and the misdeed.

use innkeeper_sdk::bindings::innkeeper::guest::reconcile_types;
use innkeeper_sdk::{Key, Kind};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::misdeed::Misdeed;

/// What the guest answers, and what it does besides.
#[derive(CustomResource, Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[kube(group = "test.innkeeper.dev", version = "v1", kind = "Hostile", namespaced, status = "HostileStatus")]
#[serde(default)]
pub struct HostileSpec {
    /// The manifests of its children, as text that need not be JSON.
    pub children: Vec<String>,
    /// The status, as text that need not be JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// ConfigMaps to remove.
    pub remove: Vec<Removal>,
    /// What it does.
    pub misdeed: Misdeed,
    /// How much of it.
    pub amount: u32,
}

/// A ConfigMap to remove.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Removal {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

impl Removal {
    pub(crate) fn wanted(&self) -> reconcile_types::Removal {
        let kind = Kind { group: String::new(), version: "v1".into(), kind: "ConfigMap".into() };
        let key = Key { kind, namespace: None, name: self.name.clone() };
        reconcile_types::Removal { key, uid: self.uid.clone(), before_wave: None }
    }
}

/// What the object shows: anything.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct HostileStatus {}
