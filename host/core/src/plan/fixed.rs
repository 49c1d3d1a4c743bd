//! Fields of built-in kinds that the API server lets nobody change once an object is there.

use serde_json::Value;

use super::plain::Name;

/// Where they are, as JSON pointers (Kubernetes API reference).
fn fields(name: &Name) -> &'static [&'static str] {
    match (name.kind.group.as_str(), name.kind.kind.as_str()) {
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => &["/spec/selector"],
        ("apps", "StatefulSet") => {
            &["/spec/selector", "/spec/serviceName", "/spec/podManagementPolicy", "/spec/volumeClaimTemplates"]
        }
        ("batch", "Job") => &["/spec/selector", "/spec/template", "/spec/completionMode"],
        ("", "Service") => &["/spec/clusterIP"],
        ("", "PersistentVolumeClaim") => &["/spec/accessModes", "/spec/storageClassName", "/spec/selector"],
        ("", "Secret") => &["/type"],
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => &["/roleRef"],
        ("storage.k8s.io", "StorageClass") => &["/provisioner", "/parameters", "/reclaimPolicy"],
        _ => &[],
    }
}

/// What a ConfigMap or a Secret that says so of itself lets nobody change.
const SEALED: [&str; 3] = ["/data", "/binaryData", "/stringData"];

/// Whether two manifests differ in such a field. A field that one of them leaves out is not stated, so not changed.
pub(super) fn differs(name: &Name, before: &Value, after: &Value) -> bool {
    let stated = |field: &&str| match (before.pointer(field), after.pointer(field)) {
        (Some(before), Some(after)) => before != after,
        _ => false,
    };
    let sealed =
        before["immutable"] == true && SEALED.iter().any(|field| before.pointer(field) != after.pointer(field));
    sealed || fields(name).iter().any(stated)
}
