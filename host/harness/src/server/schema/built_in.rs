//! How lists and maps of built-in kinds are merged: as the markers of their Go types say (`+listType`, `+listMapKey`,
//! `+mapType`, `+structType`, Kubernetes 1.36). Lists that are not named here are atomic there too.

use super::List;

/// The fields that tell entries apart, by kind and path. A Pod's are those of every Pod template.
const KEYED: &[(&str, &str, &[&str])] = &[
    ("Pod", "spec.containers", &["name"]),
    ("Pod", "spec.containers.ports", &["containerPort", "protocol"]),
    ("Pod", "spec.containers.env", &["name"]),
    ("Pod", "spec.containers.volumeMounts", &["mountPath"]),
    ("Pod", "spec.containers.volumeDevices", &["devicePath"]),
    ("Pod", "spec.volumes", &["name"]),
    ("Pod", "spec.imagePullSecrets", &["name"]),
    ("Pod", "spec.hostAliases", &["ip"]),
    ("Pod", "spec.schedulingGates", &["name"]),
    ("Pod", "spec.resourceClaims", &["name"]),
    ("Pod", "spec.topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("Pod", "status.conditions", &["type"]),
    ("Pod", "status.podIPs", &["ip"]),
    ("Service", "spec.ports", &["port", "protocol"]),
    ("Service", "status.conditions", &["type"]),
    ("ServiceAccount", "secrets", &["name"]),
    ("Deployment", "status.conditions", &["type"]),
    ("ReplicaSet", "status.conditions", &["type"]),
    ("StatefulSet", "status.conditions", &["type"]),
    ("DaemonSet", "status.conditions", &["type"]),
    ("PersistentVolumeClaim", "status.conditions", &["type"]),
    ("Namespace", "status.conditions", &["type"]),
    ("HorizontalPodAutoscaler", "status.conditions", &["type"]),
    ("PodDisruptionBudget", "status.conditions", &["type"]),
    ("Node", "status.conditions", &["type"]),
    ("CustomResourceDefinition", "status.conditions", &["type"]),
];

/// Maps that are one value wherever a built-in kind has them.
const ATOMIC: &[&str] = &[
    "selector",
    "labelSelector",
    "podSelector",
    "namespaceSelector",
    "nodeSelector",
    "configMapKeyRef",
    "secretKeyRef",
    "fieldRef",
    "resourceFieldRef",
    "roleRef",
    "imagePullSecrets",
];

pub(super) fn list(kind: &str, path: &str) -> List {
    let (kind, path) = pod(kind, path);
    let path =
        path.replace("spec.initContainers", "spec.containers").replace("spec.ephemeralContainers", "spec.containers");
    let keyed = KEYED.iter().find(|(of, at, _)| *of == kind && *at == path);
    keyed.map_or(List::Atomic, |(_, _, keys)| List::Keyed(keys.iter().map(|&key| key.to_owned()).collect()))
}

pub(super) fn is_atomic(path: &str) -> bool {
    path.rsplit('.').next().is_some_and(|last| ATOMIC.contains(&last))
}

/// What is in a Pod template, as if it was in a Pod.
fn pod<'a>(kind: &'a str, path: &'a str) -> (&'a str, &'a str) {
    let template = match kind {
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => "spec.template.",
        "CronJob" => "spec.jobTemplate.spec.template.",
        "PodTemplate" => "template.",
        _ => return (kind, path),
    };
    path.strip_prefix(template).map_or((kind, path), |rest| ("Pod", rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_apart_by_name_wherever_a_pod_is_described() {
        let by_name = List::Keyed(vec!["name".to_owned()]);
        assert_eq!(list("Pod", "spec.containers"), by_name);
        assert_eq!(list("Deployment", "spec.template.spec.initContainers"), by_name);
        assert_eq!(list("CronJob", "spec.jobTemplate.spec.template.spec.containers"), by_name);
        assert_eq!(list("Deployment", "spec.template.spec.containers.args"), List::Atomic);
    }

    #[test]
    fn the_ports_of_a_service_are_told_apart_by_number_and_protocol() {
        assert_eq!(list("Service", "spec.ports"), List::Keyed(vec!["port".to_owned(), "protocol".to_owned()]));
        assert!(is_atomic("spec.selector") && !is_atomic("spec.template"));
    }
}
