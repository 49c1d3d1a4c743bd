//! The guest that keeps `Memcached`: one Deployment, and the names of its Pods in the status.
#![forbid(unsafe_code)]

pub mod types;

#[cfg(test)]
mod tests;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome, pods};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{Container, ContainerPort, Pod, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::ObjectMeta;
use types::{Config, Memcached, MemcachedStatus, USUAL_PORT};

const APP: &str = "memcached";
/// The user that memcached's own images make for it.
const USER: i64 = 11211;

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<Memcached>().applies::<Deployment>().reads::<Pod>(),
    crd: "../crd.json"
);

/// One child, and which Pods it has.
pub fn reconcile(cx: &Context<Memcached>) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::new();
    let child = outcome.child(deployment(cx, cx.config()?));
    child.exclusive("spec.template.spec.containers").exclusive("spec.template.spec.initContainers");

    let ours = cx.selector(APP).into_iter().fold(cx.list::<Pod>(), |pods, (key, value)| pods.label(&key, &value));
    let nodes = ours.names()?.iter().map(|pod| pod.name().to_owned()).collect();
    outcome.status(&MemcachedStatus { nodes });
    Ok(outcome)
}

fn deployment(cx: &Context<Memcached>, config: Config) -> Deployment {
    let labels = ObjectMeta { labels: Some(cx.labels(APP)), ..Default::default() };
    let pod = PodSpec { containers: vec![server(cx.object().spec.container_port, config)], ..Default::default() };
    Deployment {
        metadata: cx.meta(cx.name(), APP),
        spec: Some(DeploymentSpec {
            replicas: Some(cx.object().spec.size),
            selector: LabelSelector { match_labels: Some(cx.selector(APP)), ..Default::default() },
            template: PodTemplateSpec { metadata: Some(labels), spec: Some(pod) },
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn server(port: i32, config: Config) -> Container {
    let command = ["memcached", "-m=64", "-o", "modern", "-v"];
    Container {
        name: APP.to_owned(),
        image: Some(config.image),
        command: Some(command.map(str::to_owned).to_vec()),
        args: (port != USUAL_PORT).then(|| vec!["-p".to_owned(), port.to_string()]),
        ports: Some(vec![ContainerPort {
            name: Some(APP.to_owned()),
            container_port: port,
            protocol: Some("TCP".to_owned()),
            ..Default::default()
        }]),
        security_context: Some(pods::restricted(USER)),
        ..Default::default()
    }
}
