//! A bundle: the ways to its workers.

use serde_json::{Value, json};

use super::{ID, meta, of_account};

/// A bundle as somebody makes it by hand, with two workers.
pub(crate) fn by_hand(image: u8, port: u16) -> Value {
    let workers =
        json!([{"workerName": "first", "workerNumber": port}, {"workerName": "second", "workerNumber": 9000}]);
    json!({
        "apiVersion": "api.worker-bundle/v1alpha1",
        "kind": "WorkerBundle",
        "metadata": {"name": "hand", "labels": {"accounts": ID}},
        "spec": {"deploymentName": "hand", "workers": workers, "podTemplate": {"image": format!("hand:{image}")}},
    })
}

/// The children of a bundle, whose name is that of its deployment, with workers on these ports.
pub(crate) fn children(name: &str, image: &str, workers: &[(String, u16)]) -> Vec<Value> {
    let meta = |end: &str| of_account(meta(&format!("{name}-{end}"), "worker-bundle", name));
    let inner: Vec<Value> = workers.iter().map(|(_, port)| json!({"containerPort": port})).collect();
    let outer: Vec<Value> = workers.iter().map(|(_, port)| json!({"port": port, "targetPort": port})).collect();
    let path = |(worker, port): &(String, u16)| {
        let backend = json!({"service": {"name": format!("{name}-svc"), "port": {"number": port}}});
        json!({"path": format!("/{worker}"), "backend": backend})
    };
    let paths: Vec<Value> = workers.iter().map(path).collect();
    let container = json!({"name": "workers", "image": image, "ports": inner});
    vec![
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("depl"),
            "spec": {"template": {"spec": {"containers": [container]}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta("svc"),
            "spec": {"clusterIP": "None", "ports": outer}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta("ingress"),
            "spec": {"rules": [{"http": {"paths": paths}}]}}),
    ]
}
