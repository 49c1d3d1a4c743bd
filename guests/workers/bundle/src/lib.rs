//! The guest that keeps WorkerBundle: one Deployment for all scripts of an image, and the ways to it.
#![forbid(unsafe_code)]

mod children;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome, names};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus};
use k8s_openapi::api::core::v1::{Secret, Service};
use k8s_openapi::api::networking::v1::Ingress;
use serde::Deserialize;
use workers::{WorkerBundle, WorkerBundleStatus};

const APP: &str = "worker-bundle";

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<WorkerBundle>()
        .applies::<Deployment>()
        .applies::<Service>()
        .applies::<Ingress>()
        .reads::<Secret>(),
    crd: "../crd.json"
);

/// `spec.config` of the Reconciler.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Config {
    /// The name under which Ingresses lead to workers; any unless said.
    host: Option<String>,
    /// The class of Ingresses; the cluster's default unless said.
    ingress_class: Option<String>,
}

/// Deployment, Service and Ingress, while there are workers.
pub fn reconcile(cx: &Context<WorkerBundle>) -> Result<Outcome, Failure> {
    let spec = &cx.object().spec;
    let [deployment, service, ingress] =
        ["depl", "svc", "ingress"].map(|end| format!("{}-{end}", spec.deployment_name));
    let mut outcome = Outcome::new();
    let image = spec.pod_template.image.as_deref().filter(|image| !image.is_empty());
    match image {
        _ if spec.workers.is_empty() => {}
        None => {
            outcome.hold("NoImage", "there are workers but no image (spec.podTemplate.image) that holds them");
            // What ran before keeps running.
            outcome.keep::<Deployment>(&deployment);
            outcome.keep::<Service>(&service);
            outcome.keep::<Ingress>(&ingress);
        }
        Some(image) => {
            let secrets = secrets(cx, &mut outcome)?;
            let workers = "spec.template.spec.containers";
            outcome.child_json(children::deployment(cx, &deployment, image, &secrets)).exclusive(workers);
            outcome.child_json(children::service(cx, &service));
            outcome.child_json(children::ingress(cx, &ingress, &service, &cx.config()?));
        }
    }
    let deployments = cx.children::<Deployment>().status::<DeploymentStatus>()?;
    outcome.status(&WorkerBundleStatus {
        workers: i32::try_from(spec.workers.len()).unwrap_or(i32::MAX),
        ready_replicas: deployments.iter().filter_map(|deployment| deployment.ready_replicas).sum(),
    });
    Ok(outcome)
}

/// A digest over the contents of all Secrets of the workers: when it changes, the Pods are rolled. A Secret that is
/// missing is told; its Pods wait for it.
fn secrets(cx: &Context<WorkerBundle>, outcome: &mut Outcome) -> Result<String, Failure> {
    let named = cx.object().spec.workers.iter().filter_map(children::secret_of);
    let mut contents = String::new();
    let mut missing = Vec::new();
    for name in named.collect::<BTreeSet<_>>() {
        match cx.get::<Secret>(name).digest()? {
            Some(digest) => contents.push_str(&format!("{name}={}\n", *digest)),
            None => missing.push(name),
        }
    }
    match missing.as_slice() {
        [] => outcome.condition("SecretsFound", true, "SecretsFound", ""),
        missing => {
            let message = format!("not there: {}; Pods that need it do not start", missing.join(", "));
            outcome.condition("SecretsFound", false, "SecretMissing", message)
        }
    };
    Ok(names::digest(&contents))
}
