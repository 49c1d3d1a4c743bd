//! Which types are Kubernetes objects, and what the compiler knows of their kind.

use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope};
use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::types::Kind;

/// A type of Kubernetes object: every type of k8s-openapi and every one made by kube's `CustomResource`.
pub trait Object: Resource<DynamicType = ()> + Serialize + DeserializeOwned {
    /// Whether objects of this kind live in a namespace.
    const NAMESPACED: bool;
}

impl<K> Object for K
where
    K: Resource<DynamicType = ()> + Serialize + DeserializeOwned,
    K::Scope: Place,
{
    const NAMESPACED: bool = K::Scope::NAMESPACED;
}

/// Where the objects of a kind live.
pub trait Place {
    /// Whether that is a namespace.
    const NAMESPACED: bool;
}

impl Place for NamespaceResourceScope {
    const NAMESPACED: bool = true;
}

impl Place for ClusterResourceScope {
    const NAMESPACED: bool = false;
}

/// The kind of a type.
pub(crate) fn kind_of<K: Object>() -> Kind {
    Kind { group: K::group(&()).into_owned(), version: K::version(&()).into_owned(), kind: K::kind(&()).into_owned() }
}
