//! The lists and maps that a child owns whole unless its author says otherwise.

/// The paths in the table of [`Child`](crate::Child), which says why.
pub(crate) fn usual(group: &str, kind: &str) -> &'static [&'static str] {
    match (group, kind) {
        ("", "Service") => &["spec.ports"],
        ("", "ConfigMap") => &["data", "binaryData"],
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") => {
            &["spec.template.spec.containers[*].ports", "spec.template.spec.initContainers[*].ports"]
        }
        ("batch", "CronJob") => &[
            "spec.jobTemplate.spec.template.spec.containers[*].ports",
            "spec.jobTemplate.spec.template.spec.initContainers[*].ports",
        ],
        _ => &[],
    }
}
