//! Looking at the cluster, as a guest's author does it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::time::Duration;

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Addressed, Context, Failure, Instant, ReadError};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStatus};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, PodStatus};
use kube::core::ObjectMeta;
use serde_json::json;

fn meta(name: &str, namespace: &str, labels: &[(&str, &str)]) -> ObjectMeta {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_owned()),
        uid: Some(format!("uid-of-{name}")),
        labels: Some(labels),
        resource_version: Some("7".to_owned()),
        ..Default::default()
    }
}

fn pod(name: &str, namespace: &str, app: &str, phase: &str) -> Pod {
    let status = PodStatus { phase: Some(phase.to_owned()), ..Default::default() };
    Pod { metadata: meta(name, namespace, &[("app", app)]), status: Some(status), ..Default::default() }
}

/// A ConfigMap `here` in namespace `shop` looks at Pods.
fn shop() -> TestContext<ConfigMap> {
    Context::for_test(ConfigMap { metadata: meta("here", "shop", &[]), ..Default::default() })
        .with(pod("b", "shop", "web", "Running"))
        .with(pod("a", "shop", "db", "Pending"))
        .with(pod("c", "lab", "web", "Running"))
}

#[test]
fn an_object_is_found_by_name_in_its_own_namespace() {
    let cx = shop();
    assert!(cx.get::<Pod>("a").names().unwrap().is_some());
    assert!(cx.get::<Pod>("c").names().unwrap().is_none());
    assert!(cx.get::<Pod>("c").in_namespace("lab").names().unwrap().is_some());
    assert!(cx.get::<Deployment>("a").names().unwrap().is_none(), "another kind");
}

#[test]
fn a_list_is_sorted_and_selected() {
    let cx = shop();
    let names = |pods: Vec<innkeeper_sdk::Seen<Pod, ()>>| pods.iter().map(|p| p.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(cx.list::<Pod>().names().unwrap()), ["a", "b"]);
    assert_eq!(names(cx.list::<Pod>().everywhere().label("app", "web").names().unwrap()), ["c", "b"]);
    assert_eq!(names(cx.list::<Pod>().labels("app in (db,web)").labels("app!=db").names().unwrap()), ["b"]);
    assert_eq!(names(cx.list::<Pod>().field("status.phase", "Pending").names().unwrap()), ["a"]);
    assert_eq!(names(cx.list::<Pod>().in_namespace("lab").names().unwrap()), ["c"]);
}

#[test]
fn a_view_shows_its_part_and_the_address() {
    let cx = shop();
    let pod = cx.get::<Pod>("a").status::<PodStatus>().unwrap().unwrap();
    assert_eq!((pod.name(), pod.namespace(), pod.uid()), ("a", Some("shop"), "uid-of-a"));
    assert_eq!(pod.phase.as_deref(), Some("Pending"));
    let metadata = cx.get::<Pod>("a").metadata().unwrap().unwrap();
    assert_eq!(metadata.labels.as_ref().unwrap()["app"], "db");
    assert!(metadata.resource_version.is_none(), "no view shows it");
    let spec = cx.get::<Pod>("a").spec().unwrap().unwrap();
    assert!(spec.metadata.labels.is_none() && spec.status.is_none());
}

#[test]
fn a_status_that_is_not_there_is_the_default_one() {
    let cx = shop().with_child(Deployment { metadata: meta("web", "shop", &[]), ..Default::default() });
    let seen = cx.children::<Deployment>().status::<DeploymentStatus>().unwrap();
    assert_eq!(seen[0].ready_replicas, None);
}

#[test]
fn a_digest_follows_the_spec_and_nothing_else() {
    let digest = |replicas: i32, label: &str| {
        let spec = DeploymentSpec { replicas: Some(replicas), ..Default::default() };
        let metadata = meta("web", "shop", &[("app", label)]);
        let cx = shop().with(Deployment { metadata, spec: Some(spec), ..Default::default() });
        cx.get::<Deployment>("web").digest().unwrap().unwrap().to_string()
    };
    assert!(digest(1, "a").starts_with("sha256:"));
    assert_eq!(digest(1, "a"), digest(1, "b"));
    assert_ne!(digest(1, "a"), digest(2, "a"));
}

#[test]
fn children_are_those_of_the_kind() {
    let child = |name: &str| ConfigMap { metadata: meta(name, "shop", &[]), ..Default::default() };
    let cx = shop().with_child(child("one")).with_child(pod("two", "shop", "web", "Running")).with(child("other"));
    let names: Vec<_> = cx.children::<ConfigMap>().full().unwrap().into_iter().map(|c| c.key().name).collect();
    assert_eq!(names, ["one"]);
}

#[test]
fn a_denied_read_is_tried_again_later_unless_the_guest_knows_better() {
    let cx = shop().denying::<Namespace>();
    let error = cx.get::<Namespace>("shop").names().unwrap_err();
    assert!(matches!(error, ReadError::Denied(_)), "{error}");
    assert!(matches!(Failure::from(error), Failure::Retry { .. }));
}

#[test]
fn an_instant_passes() {
    let cx = shop().at("2026-01-31T12:00:00Z".parse::<Instant>().unwrap());
    let noon: Instant = "2026-01-31T12:00:00Z".parse().unwrap();
    assert!(cx.reached(noon));
    assert!(!cx.reached(noon + Duration::from_secs(1)));
}

#[test]
fn the_configuration_is_a_type() {
    #[derive(serde::Deserialize)]
    struct Config {
        #[serde(default)]
        color: Option<String>,
    }
    assert_eq!(shop().config::<Config>().unwrap().color, None);
    assert_eq!(shop().with_config(&json!({"color": "red"})).config::<Config>().unwrap().color.as_deref(), Some("red"));
    assert!(shop().with_config(&json!({"color": 1})).config::<Config>().is_err());
}

#[test]
fn what_is_logged_can_be_read() {
    let cx = shop();
    cx.log().warn(format_args!("{} looks odd", cx.name()));
    assert_eq!(cx.logged(), ["warn: here looks odd"]);
}
