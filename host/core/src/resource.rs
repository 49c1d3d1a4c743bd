//! Where the API server serves a kind.

use std::fmt;
use std::sync::Arc;

use crate::kind::{Key, Kind};

/// A kind and its place in the API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// The kind.
    pub kind: Kind,
    /// Its name in paths: `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

/// One object's place in the API.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// What kind of thing.
    pub resource: Arc<Resource>,
    /// Its namespace; none for a cluster-scoped kind.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl Address {
    /// The object's key.
    pub fn key(&self) -> Key {
        Key { kind: self.resource.kind.clone(), namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key().fmt(f)
    }
}
