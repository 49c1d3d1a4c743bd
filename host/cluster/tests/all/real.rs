//! A real API server, one for all tests of this binary.

use std::sync::LazyLock;

use innkeeper_cluster::{Cluster, Connect};
use innkeeper_controlplane::{ControlPlane, Options};
use innkeeper_core::action::Action;
use serde_json::json;

use crate::things::{namespace_at, object};

/// Started with the first test that needs it; it ends with this process.
pub(crate) static CONTROL_PLANE: LazyLock<ControlPlane> = LazyLock::new(|| {
    ControlPlane::start_or_named(&Options::api_server_only()).expect("a control plane, or the one that was named")
});

/// A connection as an administrator.
pub(crate) async fn cluster() -> Cluster {
    let kubeconfig = Some(CONTROL_PLANE.kubeconfig());
    Cluster::connect(Connect { kubeconfig, context: None }).await.expect("a connection")
}

/// A connection as a user of that name in those groups; none on a named cluster, which makes no users.
pub(crate) async fn cluster_as(name: &str, groups: &[&str]) -> Option<Cluster> {
    if CONTROL_PLANE.is_named() {
        return None;
    }
    let user = CONTROL_PLANE.user(name, groups).expect("a user");
    let kubeconfig = Some(user.kubeconfig().to_owned());
    Some(Cluster::connect(Connect { kubeconfig, context: None }).await.expect("a connection"))
}

/// A new namespace.
pub(crate) async fn namespace(cluster: &Cluster, stem: &str) -> String {
    let name = format!("{stem}-{}", std::process::id());
    let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let (_, created) = object(cluster.act(&Action::Create { at: namespace_at(&name), manifest }).await);
    assert!(created);
    name
}
