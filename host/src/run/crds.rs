//! CustomResourceDefinitions that modules bring.

use innkeeper_cluster::Cluster;
use innkeeper_core::engine::{Input, NotUpgraded};
use innkeeper_harness::server::objections;
use tokio::sync::mpsc;

/// Applies the CustomResourceDefinition of a module; what comes of it comes as an input.
pub(super) fn upgrade(
    cluster: Cluster,
    (reconciler, digest): (String, String),
    crd: &str,
    inputs: mpsc::Sender<Input>,
) {
    let parsed = serde_json::from_str(crd);
    tokio::spawn(async move {
        let result = match parsed {
            Ok(crd) => cluster.upgrade_crd(crd, objections).await,
            Err(error) => Err(NotUpgraded::Failed(format!("it is no JSON: {error}"))),
        };
        let _ = inputs.send(Input::Upgraded { reconciler, digest, result }).await;
    });
}
