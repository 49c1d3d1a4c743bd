//! `spec.config` of the Reconciler: images and endpoints.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a build is made with.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Config {
    /// The image that downloads: it has `sh` and `curl`.
    pub(crate) downloader: String,
    /// The image that builds and pushes: kaniko.
    pub(crate) builder: String,
    /// The image that scripts are laid into.
    pub(crate) base: String,
    /// The Secret with a `.dockerconfigjson` to push with; empty for none.
    pub(crate) push_secret: String,
    /// On which nodes builds run.
    pub(crate) node_selector: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            downloader: "curlimages/curl:8.10.1".to_owned(),
            builder: "gcr.io/kaniko-project/executor:v1.23.2".to_owned(),
            base: "registry.default.svc.cluster.local:5000/worker-runtime:latest".to_owned(),
            push_secret: String::new(),
            node_selector: BTreeMap::new(),
        }
    }
}
