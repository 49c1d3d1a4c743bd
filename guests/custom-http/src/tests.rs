//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Failure, Outcome};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus};
use k8s_openapi::api::core::v1::{ConfigMap, Container, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;

use crate::reconcile;
use crate::types::{KindCustomHttp, KindCustomHttpSpec, KindCustomHttpStatus};

fn object(name: &str, replica_count: i32, data: &[(&str, &str)]) -> TestContext<KindCustomHttp> {
    let config_map_data = data.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut object = KindCustomHttp::new(name, KindCustomHttpSpec { replica_count, port: 8090, config_map_data });
    object.metadata.namespace = Some("shop".to_owned());
    Context::for_test(object)
}

fn web() -> TestContext<KindCustomHttp> {
    object("web", 2, &[("hostports", "other,8090")])
}

fn outcome(cx: &TestContext<KindCustomHttp>) -> Outcome {
    reconcile(cx).unwrap()
}

fn container(outcome: &Outcome) -> Container {
    let deployment: Deployment = outcome.wants("web").unwrap();
    deployment.spec.unwrap().template.spec.unwrap().containers.remove(0)
}

#[test]
fn it_has_three_children() {
    assert_eq!(outcome(&web()).wanted_children(), ["ConfigMap/web-configmap", "Deployment/web", "Service/web"]);
}

#[test]
fn the_service_is_headless_and_leads_to_the_containers_port() {
    let outcome = outcome(&web());
    let service = outcome.wants::<Service>("web").unwrap().spec.unwrap();
    assert_eq!(service.cluster_ip.as_deref(), Some("None"));
    let port = &service.ports.unwrap()[0];
    assert_eq!((port.port, &port.target_port), (8090, &Some(IntOrString::String("http".to_owned()))));
    let ports = container(&outcome).ports.unwrap();
    assert_eq!((ports[0].container_port, ports[0].name.as_deref()), (8080, Some("http")));
}

#[test]
fn no_replicas_are_no_replicas() {
    let deployment: Deployment = outcome(&object("web", 0, &[])).wants("web").unwrap();
    assert_eq!(deployment.spec.unwrap().replicas, Some(0));
}

#[test]
fn the_config_map_holds_the_data_and_the_pods_do_not_depend_on_it() {
    let (with, without) = (outcome(&web()), outcome(&object("web", 2, &[])));
    let data = |outcome: &Outcome| outcome.wants::<ConfigMap>("web-configmap").unwrap().data.unwrap_or_default();
    assert_eq!(data(&with)["hostports"], "other,8090");
    assert!(data(&without).is_empty());
    assert_eq!(with.wants::<Deployment>("web"), without.wants::<Deployment>("web"), "so no Pod is rolled");
}

#[test]
fn two_objects_select_different_pods() {
    let selector = |name: &str| outcome(&object(name, 1, &[])).wants::<Service>(name).unwrap().spec.unwrap().selector;
    assert_ne!(selector("a"), selector("b"));
}

#[test]
fn the_image_is_configurable() {
    assert_eq!(container(&outcome(&web())).image.as_deref(), Some("measutosh/http-server"));
    let cx = web().with_config(&json!({"image": "registry.example.com/http:2"}));
    assert_eq!(container(&outcome(&cx)).image.as_deref(), Some("registry.example.com/http:2"));
}

#[test]
fn a_wrong_configuration_is_named() {
    let Err(Failure::Invalid { message, .. }) = reconcile(&web().with_config(&json!({"imgae": "x"}))) else {
        panic!("a misspelt field of the configuration was taken")
    };
    assert!(message.contains("spec.config") && message.contains("imgae"), "{message}");
}

#[test]
fn the_status_shows_what_is_wanted_what_is_ready_and_the_name() {
    let mut deployment: Deployment = outcome(&web()).wants("web").unwrap();
    deployment.status = Some(DeploymentStatus { ready_replicas: Some(1), ..Default::default() });
    let expected = |ready_replicas| {
        let dns_name = "web.shop.svc.cluster.local".to_owned();
        Some(KindCustomHttpStatus { replicas: 2, ready_replicas, dns_name })
    };
    assert_eq!(outcome(&web()).wanted_status(), expected(0), "before the Deployment is there");
    assert_eq!(outcome(&web().with_child(deployment)).wanted_status(), expected(1));
}

#[test]
fn only_the_guest_says_which_containers_ports_and_keys_there_are() {
    let wanted = outcome(&web()).crossing().unwrap();
    let exclusive: Vec<_> = wanted.children.iter().map(|child| child.exclusive.join(" ")).collect();
    let containers = "spec.template.spec.initContainers[*].ports spec.template.spec.containers";
    assert_eq!(exclusive, ["data binaryData", containers, "spec.ports"]);
}
