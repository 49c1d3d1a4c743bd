//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Outcome};
use k8s_openapi::ByteString;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Container, Secret, Service};
use k8s_openapi::api::networking::v1::Ingress;
use serde_json::json;
use workers::{BundlePod, Worker, WorkerBundle, WorkerBundleSpec};

use crate::reconcile;

fn worker(name: &str, port: i32, secret: Option<&str>) -> Worker {
    let (worker_name, env_prefix) = (name.to_owned(), "WASM_WORKER_".to_owned());
    Worker { worker_name, worker_number: port, env_prefix, secret_ref: secret.map(str::to_owned) }
}

fn bundle(workers: Vec<Worker>, image: Option<&str>) -> TestContext<WorkerBundle> {
    let (image, image_pull_secret) = (image.map(str::to_owned), Some("key".to_owned()));
    let pod_template = BundlePod { image, image_pull_secret };
    let spec = WorkerBundleSpec { deployment_name: "shop".to_owned(), workers, pod_template };
    Context::for_test(WorkerBundle::new("acme", spec))
}

fn two() -> TestContext<WorkerBundle> {
    bundle(vec![worker("hello", 8080, Some("vars")), worker("bye", 8081, Some("vars"))], Some("reg/acme:1"))
}

fn container(outcome: &Outcome) -> Container {
    let deployment: Deployment = outcome.wants("shop-depl").unwrap();
    deployment.spec.unwrap().template.spec.unwrap().containers.remove(0)
}

fn rolled_by(cx: &TestContext<WorkerBundle>) -> Option<String> {
    let deployment: Deployment = reconcile(cx).unwrap().wants("shop-depl").unwrap();
    deployment.spec.unwrap().template.metadata.unwrap().annotations.unwrap().remove("api.worker-bundle/secrets")
}

fn secret(value: &str) -> Secret {
    let mut secret = Secret { data: Some([("A".to_owned(), ByteString(value.into()))].into()), ..Default::default() };
    secret.metadata.name = Some("vars".to_owned());
    secret
}

#[test]
fn without_workers_there_are_no_children() {
    assert!(reconcile(&bundle(Vec::new(), Some("reg/acme:1"))).unwrap().wanted_children().is_empty());
}

#[test]
fn every_worker_has_a_port_a_path_and_its_variables() {
    let outcome = reconcile(&two()).unwrap();
    assert_eq!(outcome.wanted_children(), ["Deployment/shop-depl", "Service/shop-svc", "Ingress/shop-ingress"]);
    let container = container(&outcome);
    let ports: Vec<i32> = container.ports.unwrap().iter().map(|port| port.container_port).collect();
    assert_eq!(ports, [8080, 8081]);
    let variables = container.env_from.unwrap();
    assert_eq!(variables.len(), 1, "the Secret and the prefix are the same");
    assert_eq!(variables[0].prefix.as_deref(), Some("WASM_WORKER_"));
    let service = outcome.wants::<Service>("shop-svc").unwrap().spec.unwrap();
    assert_eq!((service.cluster_ip.as_deref(), service.ports.unwrap().len()), (Some("None"), 2));
    let rules = outcome.wants::<Ingress>("shop-ingress").unwrap().spec.unwrap().rules.unwrap();
    let paths = rules[0].http.as_ref().unwrap().paths.iter();
    let paths: Vec<_> = paths
        .map(|path| {
            let service = path.backend.service.as_ref().unwrap();
            (path.path.clone().unwrap(), service.port.as_ref().unwrap().number.unwrap())
        })
        .collect();
    assert_eq!(paths, [("/hello".to_owned(), 8080), ("/bye".to_owned(), 8081)]);
}

#[test]
fn the_contents_of_a_secret_roll_the_pods_and_a_missing_one_is_told() {
    let (none, one, other) =
        (rolled_by(&two()), rolled_by(&two().with(secret("1"))), rolled_by(&two().with(secret("2"))));
    assert!(none != one && one != other && none != other);
    let told = |cx: TestContext<WorkerBundle>| reconcile(&cx).unwrap().wanted_condition("SecretsFound").unwrap();
    assert!(told(two()).message.contains("vars"));
    assert_eq!(told(two().with(secret("1"))).status, Some(true));
}

#[test]
fn workers_without_an_image_wait_and_what_runs_stays() {
    let outcome = reconcile(&bundle(vec![worker("hello", 8080, None)], None)).unwrap().crossing().unwrap();
    assert_eq!(outcome.hold.unwrap().reason, "NoImage");
    assert!(outcome.children.iter().all(|child| child.policy == innkeeper_sdk::Policy::Keep));
    assert_eq!(outcome.children.len(), 3);
}

#[test]
fn host_and_class_of_the_ingress_are_configuration() {
    let outcome = reconcile(&two().with_config(&json!({"host": "w.example", "ingressClass": "inner"}))).unwrap();
    let spec = outcome.wants::<Ingress>("shop-ingress").unwrap().spec.unwrap();
    assert_eq!(spec.ingress_class_name.as_deref(), Some("inner"));
    assert_eq!(spec.rules.unwrap()[0].host.as_deref(), Some("w.example"));
}
