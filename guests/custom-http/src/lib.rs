//! The guest that keeps KindCustomHttp: a peering HTTP server.
#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;
pub mod types;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStatus};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, PodSpec, PodTemplateSpec, Service, ServicePort,
    ServiceSpec, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::core::ObjectMeta;
use types::{Config, KindCustomHttp, KindCustomHttpStatus};

const APP: &str = "custom-http";

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<KindCustomHttp>().applies::<Deployment>().applies::<Service>().applies::<ConfigMap>(),
    crd: "../crd.json"
);

/// Three children, and how many servers are ready.
pub fn reconcile(cx: &Context<KindCustomHttp>) -> Result<Outcome, Failure> {
    let spec = &cx.object().spec;
    let mut outcome = Outcome::new();
    outcome.child(ConfigMap {
        metadata: cx.meta(config_map(cx), APP),
        data: Some(spec.config_map_data.clone()),
        ..Default::default()
    });
    outcome.child(deployment(cx, cx.config()?)).exclusive("spec.template.spec.containers");
    outcome.child(service(cx));

    let deployments = cx.children::<Deployment>().status::<DeploymentStatus>()?;
    outcome.status(&KindCustomHttpStatus {
        replicas: spec.replica_count,
        ready_replicas: deployments.iter().filter_map(|d| d.ready_replicas).sum(),
        dns_name: format!("{}.{}.svc.cluster.local", cx.name(), cx.namespace()),
    });
    Ok(outcome)
}

fn config_map(cx: &Context<KindCustomHttp>) -> String {
    format!("{}-configmap", cx.name())
}

fn deployment(cx: &Context<KindCustomHttp>, config: Config) -> Deployment {
    let server = Container {
        name: APP.to_owned(),
        image: Some(config.image),
        ports: Some(vec![ContainerPort {
            name: Some("http".to_owned()),
            container_port: 8080,
            protocol: Some("TCP".to_owned()),
            ..Default::default()
        }]),
        volume_mounts: Some(vec![VolumeMount {
            name: "config".to_owned(),
            mount_path: "/config".to_owned(),
            ..Default::default()
        }]),
        ..Default::default()
    };
    let config = Volume {
        name: "config".to_owned(),
        config_map: Some(ConfigMapVolumeSource { name: config_map(cx), ..Default::default() }),
        ..Default::default()
    };
    let labels = ObjectMeta { labels: Some(cx.labels(APP)), ..Default::default() };
    let pod = PodSpec { containers: vec![server], volumes: Some(vec![config]), ..Default::default() };
    Deployment {
        metadata: cx.meta(cx.name(), APP),
        spec: Some(DeploymentSpec {
            replicas: Some(cx.object().spec.replica_count),
            selector: LabelSelector { match_labels: Some(cx.selector(APP)), ..Default::default() },
            template: PodTemplateSpec { metadata: Some(labels), spec: Some(pod) },
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn service(cx: &Context<KindCustomHttp>) -> Service {
    let port = ServicePort {
        name: Some("http".to_owned()),
        port: cx.object().spec.port,
        target_port: Some(IntOrString::String("http".to_owned())),
        protocol: Some("TCP".to_owned()),
        ..Default::default()
    };
    Service {
        metadata: cx.meta(cx.name(), APP),
        spec: Some(ServiceSpec {
            cluster_ip: Some("None".to_owned()),
            selector: Some(cx.selector(APP)),
            ports: Some(vec![port]),
            ..Default::default()
        }),
        ..Default::default()
    }
}
