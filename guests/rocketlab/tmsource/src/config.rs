//! What the `Reconciler` of TmSource may say.

use serde::{Deserialize, Serialize};

/// `spec.config` of the Reconciler.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Config {
    /// The image of a source.
    pub(crate) image: String,
    /// Where sources publish: the host and port of NATS.
    pub(crate) nats_service_port: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            image: "maxthom/rocket-source:latest".to_owned(),
            nats_service_port: "nats-server-service.default.svc.cluster.local:4222".to_owned(),
        }
    }
}
