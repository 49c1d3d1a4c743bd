//! The manifests of a bundle's children.

use std::collections::BTreeSet;

use innkeeper_sdk::{Context, values};
use serde_json::{Value, json};
use workers::{Worker, WorkerBundle, labels};

use crate::{APP, Config};

/// The annotation of Pods that changes with the contents of their Secrets.
const SECRETS: &str = "api.worker-bundle/secrets";

pub(crate) fn deployment(cx: &Context<WorkerBundle>, name: &str, image: &str, secrets: &str) -> Value {
    let spec = &cx.object().spec;
    let port = |w: &Worker| json!({"name": port_of(w), "containerPort": w.worker_number, "protocol": "TCP"});
    // Two workers may share a Secret and a prefix.
    let all = spec.workers.iter().filter_map(|worker| Some((secret_of(worker)?, worker.env_prefix.as_str())));
    let mut said = BTreeSet::new();
    let variables = all.filter(|one| said.insert(*one)).map(|(secret, prefix)| {
        let prefix = (!prefix.is_empty()).then_some(prefix);
        json!({"prefix": prefix, "secretRef": {"name": secret}})
    });
    let container = json!({
        "name": "workers",
        "image": image,
        "ports": spec.workers.iter().map(port).collect::<Vec<_>>(),
        "envFrom": variables.collect::<Vec<_>>(),
    });
    let key = spec.pod_template.image_pull_secret.as_deref().filter(|name| !name.is_empty());
    let keys: Vec<Value> = key.iter().map(|name| json!({"name": name})).collect();
    let manifest = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels(cx, APP)},
        "spec": {
            "selector": {"matchLabels": cx.selector(APP)},
            "template": {
                "metadata": {"labels": labels(cx, APP), "annotations": {SECRETS: secrets}},
                "spec": {"containers": [container], "imagePullSecrets": keys},
            },
        },
    });
    values::not_empty(manifest).unwrap_or_default()
}

pub(crate) fn service(cx: &Context<WorkerBundle>, name: &str) -> Value {
    let port = |worker: &Worker| {
        let (name, number) = (port_of(worker), worker.worker_number);
        json!({"name": name, "port": number, "targetPort": number, "protocol": "TCP"})
    };
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels(cx, APP)},
        "spec": {
            "clusterIP": "None",
            "selector": cx.selector(APP),
            "ports": cx.object().spec.workers.iter().map(port).collect::<Vec<_>>(),
        },
    })
}

pub(crate) fn ingress(cx: &Context<WorkerBundle>, name: &str, service: &str, config: &Config) -> Value {
    let path = |worker: &Worker| {
        let backend = json!({"service": {"name": service, "port": {"number": worker.worker_number}}});
        json!({"path": format!("/{}", worker.worker_name), "pathType": "Prefix", "backend": backend})
    };
    let paths: Vec<Value> = cx.object().spec.workers.iter().map(path).collect();
    let manifest = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "labels": labels(cx, APP)},
        "spec": {"ingressClassName": config.ingress_class, "rules": [{"host": config.host, "http": {"paths": paths}}]},
    });
    values::not_empty(manifest).unwrap_or_default()
}

/// The Secret of a worker, if it has one.
pub(crate) fn secret_of(worker: &Worker) -> Option<&str> {
    worker.secret_ref.as_deref().filter(|name| !name.is_empty())
}

fn port_of(worker: &Worker) -> String {
    format!("worker-{}", worker.worker_number)
}
