//! Where a module comes from, as a person says it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a module comes from: exactly one source is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// From the folder that the host watches (`innkeeper run --modules`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<Folder>,
    /// From a ConfigMap. When that changes, what it holds takes over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<ConfigMapKey>,
    /// From several ConfigMaps, for a module that is too large for one: what they hold is put together in this order.
    /// While they are changed one after the other, what is put together is no module, and the one before serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub config_maps: Option<Vec<ConfigMapKey>>,
    /// From a web server, by http or https: the module as it is, or packed by gzip or zstd. Needs `digest`, unless the
    /// server is on the host's own machine: `localhost`, `127.0.0.1`, `[::1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048), regex(pattern = r"^https?://[^\s/?#@]+([/?][^\s#]*)?$"))]
    pub url: Option<String>,
    /// From the cluster, where `innkeeper push` has put it. Needs `digest`, which says which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushed: Option<Pushed>,
    /// The only digest that may serve, as `sha256:…`. Anything else that the source has never becomes a module.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
}

impl Source {
    /// The pushed module of that digest.
    pub fn of_pushed(digest: &str) -> Self {
        Self { pushed: Some(Pushed {}), digest: Some(digest.to_owned()), ..Self::default() }
    }

    /// The digest of the module that is to be read from the cluster, if it comes from there.
    pub fn pushed(&self) -> Option<&str> {
        self.pushed.as_ref().and(self.digest.as_deref())
    }

    /// The place that is followed for it, if it comes from one.
    pub fn place(&self) -> Option<Place> {
        let one = self.config_map.as_ref().map(|key| Place::ConfigMaps(vec![key.clone()]));
        one.or_else(|| self.config_maps.clone().map(Place::ConfigMaps))
            .or_else(|| Some(Place::Url { url: self.url.clone()?, digest: self.digest.clone() }))
    }

    /// Whether a module of that digest may serve.
    pub fn takes(&self, digest: &str) -> bool {
        self.digest.as_ref().is_none_or(|asked| asked == digest)
    }

    /// A word for its history.
    pub fn word(&self) -> &'static str {
        match self {
            Self { pushed: Some(_), .. } => "pushed",
            Self { config_map: Some(_), .. } => "configMap",
            Self { config_maps: Some(_), .. } => "configMaps",
            Self { url: Some(_), .. } => "url",
            _ => "folder",
        }
    }
}

/// The folder that the host watches. The module in it is found by the name in its manifest, which is the
/// Reconciler's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Folder {}

/// One key of a ConfigMap. What is under it in `binaryData` is a module, as it is or packed by gzip or zstd, or a part
/// of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ConfigMapKey {
    /// The namespace of the ConfigMap.
    #[schemars(length(min = 1, max = 63))]
    pub namespace: String,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

impl fmt::Display for ConfigMapKey {
    /// `key guest.wasm of ConfigMap shop/web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {} of ConfigMap {}/{}", self.key, self.namespace, self.name)
    }
}

/// The cluster keeps the module's bytes in chunks, under its digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pushed {}

/// Where a module is that is followed: it is loaded when it is there, and again when that changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// What these hold, put together.
    ConfigMaps(Vec<ConfigMapKey>),
    /// What a web server answers.
    Url {
        /// Where.
        url: String,
        /// The only digest that is looked for. When that is found, nobody asks again.
        digest: Option<String>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { url, .. } => f.write_str(url),
            Self::ConfigMaps(keys) => {
                for (i, key) in keys.iter().enumerate() {
                    let between = if i == 0 { "" } else { " and " };
                    write!(f, "{between}{key}")?;
                }
                Ok(())
            }
        }
    }
}
