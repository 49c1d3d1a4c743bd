//! The four children of an object.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, Container, ContainerPort, PodSpec, PodTemplateSpec, Service, ServiceAccount, ServicePort, ServiceSpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::core::ObjectMeta;

use crate::FleetSpec;

/// The value of the label `app.kubernetes.io/name` on every child.
pub const APP: &str = "fleet";

/// What an object asks for, without owner.
#[derive(Clone, Debug)]
pub struct Children {
    /// A Deployment without replicas, so that no Pod is made.
    pub deployment: Deployment,
    /// A headless Service.
    pub service: Service,
    /// The data of the spec, and its text.
    pub config_map: ConfigMap,
    /// As whom the Pods would run.
    pub service_account: ServiceAccount,
}

impl Children {
    /// The children of the object of that name.
    pub fn of(name: &str, spec: &FleetSpec) -> Self {
        let labels = BTreeMap::from([
            ("app.kubernetes.io/name".to_owned(), APP.to_owned()),
            ("app.kubernetes.io/instance".to_owned(), name.to_owned()),
        ]);
        let metadata =
            ObjectMeta { name: Some(name.to_owned()), labels: Some(labels.clone()), ..ObjectMeta::default() };
        let mut data = spec.data.clone();
        data.insert("text".to_owned(), spec.text.clone());
        Self {
            deployment: deployment(name, spec.port, &metadata, &labels),
            service: service(spec.port, &metadata, &labels),
            config_map: ConfigMap { metadata: metadata.clone(), data: Some(data), ..ConfigMap::default() },
            service_account: ServiceAccount { metadata, ..ServiceAccount::default() },
        }
    }
}

fn deployment(name: &str, port: i32, metadata: &ObjectMeta, labels: &BTreeMap<String, String>) -> Deployment {
    let ports = vec![ContainerPort {
        name: Some("http".to_owned()),
        container_port: port,
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    }];
    let container = Container {
        name: "server".to_owned(),
        image: Some("registry.example.com/fleet:1".to_owned()),
        ports: Some(ports),
        ..Container::default()
    };
    let pod =
        PodSpec { containers: vec![container], service_account_name: Some(name.to_owned()), ..PodSpec::default() };
    let template_metadata = ObjectMeta { labels: Some(labels.clone()), ..ObjectMeta::default() };
    let spec = DeploymentSpec {
        replicas: Some(0),
        selector: LabelSelector { match_labels: Some(labels.clone()), ..LabelSelector::default() },
        template: PodTemplateSpec { metadata: Some(template_metadata), spec: Some(pod) },
        ..DeploymentSpec::default()
    };
    Deployment { metadata: metadata.clone(), spec: Some(spec), ..Deployment::default() }
}

fn service(port: i32, metadata: &ObjectMeta, labels: &BTreeMap<String, String>) -> Service {
    let port = ServicePort {
        name: Some("http".to_owned()),
        port,
        target_port: Some(IntOrString::String("http".to_owned())),
        protocol: Some("TCP".to_owned()),
        ..ServicePort::default()
    };
    let spec = ServiceSpec {
        cluster_ip: Some("None".to_owned()),
        selector: Some(labels.clone()),
        ports: Some(vec![port]),
        ..ServiceSpec::default()
    };
    Service { metadata: metadata.clone(), spec: Some(spec), ..Service::default() }
}
