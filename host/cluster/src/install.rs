//! Puts the kind `Reconciler` into the cluster.

use std::time::Duration;

use innkeeper_core::action::{Action, Done};
use innkeeper_core::kind::Kind;
use innkeeper_core::names::{APPLIED, HOST_MANAGER};
use innkeeper_core::object::Object;
use innkeeper_core::resource::{Address, Resource};
use serde_json::Value;
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::crd;

/// How long the API server may take until it serves the kind.
const LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(200);

/// The kind `Reconciler` could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The API server did not take it.
    #[error(
        "the CustomResourceDefinition {name} cannot be applied: {why}; apply crds/{name}.yaml as somebody who may, \
         or let the host's role get, create and patch customresourcedefinitions"
    )]
    Refused {
        /// Its name.
        name: String,
        /// In the API server's words.
        why: String,
    },
    /// The API server took it and does not serve it.
    #[error("the API server does not serve {name} after {} s: {why}", LIMIT.as_secs())]
    NotEstablished {
        /// Its name.
        name: String,
        /// What it says of it.
        why: String,
    },
}

impl Cluster {
    /// Makes the cluster have the CustomResourceDefinition of `Reconciler` as this version wants it, and
    /// waits up to 30 s until it is served. One read where it is there already; no write then.
    ///
    /// Where another version of it is there and may not be changed, the log says so and that one stays.
    pub async fn install_reconciler_crd(&self) -> Result<(), InstallError> {
        let at = address(&crd::name());
        let manifest = crd::reconciler_crd();
        let refused = |done: Done| InstallError::Refused { name: at.name.clone(), why: words(done) };
        let found = match self.act(&Action::Look(at.clone())).await {
            Done::Object { object, .. } => Some(object),
            Done::NotFound(_) => None,
            other => return Err(refused(other)),
        };
        let wanted = manifest["metadata"]["annotations"][APPLIED].as_str();
        let mut live = match found {
            Some(object) if object.meta.annotations.get(APPLIED) == wanted => object,
            found => {
                let apply = Action::Apply { at: at.clone(), manager: HOST_MANAGER.into(), manifest, force: true };
                match (self.act(&apply).await, found) {
                    (Done::Object { object, .. }, _) => object,
                    (Done::Forbidden(why), Some(object)) => {
                        let name = &at.name;
                        tracing::warn!(
                            "{name} is of another version and may not be changed ({why}); apply crds/{name}.yaml"
                        );
                        object
                    }
                    (other, _) => return Err(refused(other)),
                }
            }
        };
        let end = Instant::now() + LIMIT;
        while let Err(why) = is_established(&live) {
            if Instant::now() > end {
                return Err(InstallError::NotEstablished { name: at.name.clone(), why });
            }
            tokio::time::sleep(POLL).await;
            if let Done::Object { object, .. } = self.act(&Action::Look(at.clone())).await {
                live = object;
            }
        }
        Ok(())
    }
}

/// Where the CustomResourceDefinition of that name is.
pub(crate) fn address(name: &str) -> Address {
    let resource = Resource {
        kind: Kind::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
        plural: "customresourcedefinitions".into(),
        namespaced: false,
    };
    Address { resource: resource.into(), namespace: None, name: name.to_owned() }
}

/// Whether the kind is served; if not, what its conditions say.
fn is_established(crd: &Object) -> Result<(), String> {
    if crd.meta.deletion_timestamp.is_some() {
        return Err("it is being deleted".into());
    }
    let value = crd.value();
    let conditions = value.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    if conditions.iter().any(|c| c["type"] == "Established" && c["status"] == "True") {
        return Ok(());
    }
    let said: Vec<&str> = conditions.iter().filter_map(|c| c["message"].as_str()).collect();
    Err(if said.is_empty() { "it has no conditions yet".into() } else { said.join("; ") })
}

/// Why a request did not come to what it was for.
pub(crate) fn words(done: Done) -> String {
    match done {
        Done::NotFound(e) | Done::Conflict(e) | Done::Forbidden(e) | Done::Unknown(e) => e,
        Done::Invalid(e) => e.message,
        Done::Throttled { message, .. } => message,
        Done::Object { .. } | Done::Accepted => "its answer makes no sense".into(),
    }
}
