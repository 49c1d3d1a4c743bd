//! What several tests speak of.

use std::sync::Arc;

use innkeeper_core::action::Done;
use innkeeper_core::kind::Kind;
use innkeeper_core::object::Object;
use innkeeper_core::resource::{Address, Resource};

/// Where ConfigMaps are served.
pub(crate) fn config_maps() -> Arc<Resource> {
    Arc::new(Resource { kind: Kind::new("", "v1", "ConfigMap"), plural: "configmaps".into(), namespaced: true })
}

/// A ConfigMap's address.
pub(crate) fn config_map(namespace: &str, name: &str) -> Address {
    Address { resource: config_maps(), namespace: Some(namespace.into()), name: name.into() }
}

/// A Namespace's address.
pub(crate) fn namespace_at(name: &str) -> Address {
    let resource = Resource { kind: Kind::new("", "v1", "Namespace"), plural: "namespaces".into(), namespaced: false };
    Address { resource: resource.into(), namespace: None, name: name.into() }
}

/// The object that an action came to, and whether it was created.
#[track_caller]
pub(crate) fn object(done: Done) -> (Arc<Object>, bool) {
    match done {
        Done::Object { object, created } => (object, created),
        other => unreachable!("no object: {other:?}"),
    }
}
