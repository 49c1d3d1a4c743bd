//! Names of kinds and of objects. All of them are cheap to copy: every table of the engine has its own.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A kind of object without its version: what a controller, a permission or a recorded kind is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GroupKind {
    /// The API group; empty for the core group.
    pub group: SmolStr,
    /// The kind, such as `Deployment`.
    pub kind: SmolStr,
}

impl fmt::Display for GroupKind {
    /// `Deployment.apps`, or `Service` in the core group: as kubectl takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() { f.write_str(&self.kind) } else { write!(f, "{}.{}", self.kind, self.group) }
    }
}

/// A kind of object in one version of its API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Kind {
    /// The API group; empty for the core group.
    pub group: SmolStr,
    /// The version, such as `v1`.
    pub version: SmolStr,
    /// The kind, such as `Deployment`.
    pub kind: SmolStr,
}

impl Kind {
    /// A kind from its three names.
    pub fn new(group: &str, version: &str, kind: &str) -> Self {
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// From an object's `apiVersion` and `kind`.
    pub fn from_api_version(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self::new(group, version, kind)
    }

    /// As an object's `apiVersion` says it.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether it is a version of that kind.
    pub fn is_of(&self, kind: &GroupKind) -> bool {
        self.kind == kind.kind && self.group == kind.group
    }

    /// The kind without its version.
    pub fn group_kind(&self) -> GroupKind {
        GroupKind { group: self.group.clone(), kind: self.kind.clone() }
    }
}

impl fmt::Display for Kind {
    /// `apps/v1 Deployment`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

/// The address of one object. Copies share what is in it.
#[derive(Clone)]
pub struct Key(Arc<Named>);

/// What a [`Key`] says.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; none for a cluster-scoped object.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Of the others: the same in every process. Tables that strangers' names go into hash it once more.
    hash: u64,
}

impl Key {
    /// The address of an object of that kind.
    pub fn new(kind: Kind, namespace: Option<String>, name: String) -> Self {
        let mut hasher = DefaultHasher::new();
        (&kind, &namespace, &name).hash(&mut hasher);
        Self(Arc::new(Named { kind, namespace, name, hash: hasher.finish() }))
    }

    /// A number that follows from the names, the same in every process: to spread objects by.
    pub(crate) fn spread(&self) -> u64 {
        self.hash
    }
}

impl Deref for Key {
    type Target = Named;

    fn deref(&self) -> &Named {
        &self.0
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.hash == other.hash && self.0 == other.0)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Key {
    /// `Deployment default/web`: short enough for a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(ns) => write!(f, "{} {}/{}", self.kind.kind, ns, self.name),
            None => write!(f, "{} {}", self.kind.kind, self.name),
        }
    }
}
