//! The built-in kinds that the simulated API server serves. Any other kind needs its CustomResourceDefinition.

/// One of them.
pub(crate) struct BuiltIn {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) namespaced: bool,
    /// Whether it has the status subresource.
    pub(crate) status: bool,
}

const fn of(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    namespaced: bool,
    status: bool,
) -> BuiltIn {
    BuiltIn { group, version, kind, plural, namespaced, status }
}

/// All of them.
pub(crate) const BUILT_IN: &[BuiltIn] = &[
    of("", "v1", "ConfigMap", "configmaps", true, false),
    of("", "v1", "Endpoints", "endpoints", true, false),
    of("", "v1", "LimitRange", "limitranges", true, false),
    of("", "v1", "Namespace", "namespaces", false, true),
    of("", "v1", "Node", "nodes", false, true),
    of("", "v1", "PersistentVolume", "persistentvolumes", false, true),
    of("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, true),
    of("", "v1", "Pod", "pods", true, true),
    of("", "v1", "ResourceQuota", "resourcequotas", true, true),
    of("", "v1", "Secret", "secrets", true, false),
    of("", "v1", "Service", "services", true, true),
    of("", "v1", "ServiceAccount", "serviceaccounts", true, false),
    of("apps", "v1", "DaemonSet", "daemonsets", true, true),
    of("apps", "v1", "Deployment", "deployments", true, true),
    of("apps", "v1", "ReplicaSet", "replicasets", true, true),
    of("apps", "v1", "StatefulSet", "statefulsets", true, true),
    of("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true, true),
    of("batch", "v1", "CronJob", "cronjobs", true, true),
    of("batch", "v1", "Job", "jobs", true, true),
    of("coordination.k8s.io", "v1", "Lease", "leases", true, false),
    of("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true, false),
    of("events.k8s.io", "v1", "Event", "events", true, false),
    of("networking.k8s.io", "v1", "Ingress", "ingresses", true, true),
    of("networking.k8s.io", "v1", "IngressClass", "ingressclasses", false, false),
    of("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true, false),
    of("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true, true),
    of("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false, false),
    of("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false, false),
    of("rbac.authorization.k8s.io", "v1", "Role", "roles", true, false),
    of("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true, false),
    of("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", false, false),
    of("storage.k8s.io", "v1", "StorageClass", "storageclasses", false, false),
    of("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false, true),
];
