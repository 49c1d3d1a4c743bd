//! Where the API server serves a kind.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::kind::{Key, Kind};

/// A kind and its place in the API.
#[derive(Clone, Debug, Hash)]
#[allow(clippy::derived_hash_with_manual_eq, reason = "what is the same is equal field by field")]
pub struct Resource {
    /// The kind.
    pub kind: Kind,
    /// Its name in paths: `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Resource {
    fn order(&self) -> (&Kind, &str, bool) {
        (&self.kind, &self.plural, self.namespaced)
    }
}

// Nearly always it is one and the same that is compared with itself.
impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.order() == other.order()
    }
}

impl Eq for Resource {}

impl PartialOrd for Resource {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Resource {
    fn cmp(&self, other: &Self) -> Ordering {
        if std::ptr::eq(self, other) { Ordering::Equal } else { self.order().cmp(&other.order()) }
    }
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
        Key::new(self.resource.kind.clone(), self.namespace.clone(), self.name.clone())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key().fmt(f)
    }
}
