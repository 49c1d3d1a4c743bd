//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Failure, Outcome};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{Container, Pod};
use kube::core::ObjectMeta;
use serde_json::json;

use crate::reconcile;
use crate::types::{Memcached, MemcachedSpec, MemcachedStatus};

fn cache(name: &str, spec: serde_json::Value) -> TestContext<Memcached> {
    let spec: MemcachedSpec = serde_json::from_value(spec).unwrap();
    Context::for_test(Memcached::new(name, spec))
}

fn deployment(outcome: &Outcome) -> DeploymentSpec {
    outcome.wants::<Deployment>("hot").unwrap().spec.unwrap()
}

fn container(outcome: &Outcome) -> Container {
    deployment(outcome).template.spec.unwrap().containers.remove(0)
}

fn pod(name: &str, labels: &[(&str, &str)]) -> Pod {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Pod {
        metadata: ObjectMeta { name: Some(name.into()), labels: Some(labels), ..Default::default() },
        ..Default::default()
    }
}

#[test]
fn it_has_one_deployment_of_three_unless_said_otherwise() {
    let outcome = reconcile(&cache("hot", json!({}))).unwrap();
    assert_eq!(outcome.wanted_children(), ["Deployment/hot"]);
    assert_eq!(deployment(&outcome).replicas, Some(3));
    assert_eq!(deployment(&reconcile(&cache("hot", json!({"size": 5}))).unwrap()).replicas, Some(5));
}

#[test]
fn the_server_listens_on_the_port_that_it_says() {
    let usual = container(&reconcile(&cache("hot", json!({}))).unwrap());
    assert_eq!(usual.command.unwrap(), ["memcached", "-m=64", "-o", "modern", "-v"]);
    assert_eq!((usual.args, usual.ports.unwrap()[0].container_port), (None, 11211));
    let other = container(&reconcile(&cache("hot", json!({"containerPort": 8080}))).unwrap());
    assert_eq!((other.args.unwrap(), other.ports.unwrap()[0].container_port), (vec!["-p".into(), "8080".into()], 8080));
}

#[test]
fn the_server_has_no_rights() {
    let context = container(&reconcile(&cache("hot", json!({}))).unwrap()).security_context.unwrap();
    assert_eq!((context.run_as_non_root, context.allow_privilege_escalation), (Some(true), Some(false)));
    assert_eq!(context.capabilities.unwrap().drop.unwrap(), ["ALL"]);
}

#[test]
fn two_objects_select_different_pods() {
    let selector = |name: &str| {
        let outcome = reconcile(&cache(name, json!({}))).unwrap();
        outcome.wants::<Deployment>(name).unwrap().spec.unwrap().selector.match_labels
    };
    assert_ne!(selector("a"), selector("b"));
}

#[test]
fn the_nodes_are_the_pods_with_its_labels() {
    let none = reconcile(&cache("hot", json!({}))).unwrap().wanted_status();
    assert_eq!(none, Some(MemcachedStatus { nodes: vec![] }), "an empty list is a value");
    let ours = [("app.kubernetes.io/name", "memcached"), ("app.kubernetes.io/instance", "hot")];
    let others = [("app.kubernetes.io/name", "memcached"), ("app.kubernetes.io/instance", "cold")];
    let cx = cache("hot", json!({})).with(pod("hot-b", &ours)).with(pod("hot-a", &ours)).with(pod("cold-a", &others));
    let status: MemcachedStatus = reconcile(&cx).unwrap().wanted_status().unwrap();
    assert_eq!(status.nodes, ["hot-a", "hot-b"]);
}

#[test]
fn the_image_is_configurable_and_a_wrong_configuration_is_named() {
    assert_eq!(container(&reconcile(&cache("hot", json!({}))).unwrap()).image.unwrap(), "memcached:1.6-alpine");
    let cx = cache("hot", json!({})).with_config(&json!({"image": "registry.example.com/memcached:2"}));
    assert_eq!(container(&reconcile(&cx).unwrap()).image.unwrap(), "registry.example.com/memcached:2");
    let Err(Failure::Invalid { message, .. }) = reconcile(&cache("hot", json!({})).with_config(&json!({"imgae": "x"})))
    else {
        panic!("a misspelt field of the configuration was taken")
    };
    assert!(message.contains("spec.config") && message.contains("imgae"), "{message}");
}
