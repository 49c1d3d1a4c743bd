//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Failure, Instant, Outcome, Policy};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use rocketlab_kinds::{Site, SiteSpec, TmSource, TmSourceSpec, TmSourceStatus};
use serde_json::json;

use crate::reconcile;

const POD: &str = "rocket-source-pod-thrust";

fn source(metricname: &str) -> TestContext<TmSource> {
    let spec = TmSourceSpec { site: "moon".to_owned(), metricname: metricname.to_owned() };
    Context::for_test(TmSource::new("thrust", spec))
}

fn site(enabled: bool) -> Site {
    Site::new("moon", SiteSpec { enabled })
}

fn outcome(cx: &TestContext<TmSource>) -> Outcome {
    reconcile(cx).unwrap()
}

/// Its Pod in this phase, made at that second.
fn pod(phase: &str, made: &str) -> Pod {
    let mut pod: Pod = outcome(&source("speed")).wants(POD).unwrap();
    pod.metadata.uid = Some("uid-of-the-pod".to_owned());
    pod.metadata.creation_timestamp = Some(Time(made.parse().unwrap()));
    pod.status = Some(PodStatus { phase: Some(phase.to_owned()), ..Default::default() });
    pod
}

fn replaced(cx: &TestContext<TmSource>) -> Vec<String> {
    outcome(cx).crossing().unwrap().replace.into_iter().map(|removal| removal.uid).collect()
}

#[test]
fn it_has_one_pod_while_its_site_is_enabled_or_not_there() {
    let pods = |cx: TestContext<TmSource>| outcome(&cx).wanted_children();
    assert_eq!(pods(source("speed")), ["Pod/rocket-source-pod-thrust"]);
    assert_eq!(pods(source("speed").with(site(true))), ["Pod/rocket-source-pod-thrust"]);
    assert!(pods(source("speed").with(site(false))).is_empty());
}

#[test]
fn the_pod_knows_where_and_what_to_publish() {
    let pod: Pod = outcome(&source("speed $(NATS_SERVICE_PORT)")).wants(POD).unwrap();
    let container = pod.spec.unwrap().containers.remove(0);
    assert_eq!(
        (container.name.as_str(), container.image.as_deref()),
        ("rocket-source", Some("maxthom/rocket-source:latest"))
    );
    let env: Vec<_> = container.env.unwrap().into_iter().map(|env| (env.name, env.value.unwrap())).collect();
    let nats = "nats-server-service.default.svc.cluster.local:4222";
    assert_eq!(env[0], ("NATS_SERVICE_PORT".to_owned(), nats.to_owned()));
    assert_eq!(
        env[1],
        ("METRIC_NAME".to_owned(), "speed $$(NATS_SERVICE_PORT)".to_owned()),
        "Kubernetes reads no variable in it"
    );
    let labels = pod.metadata.labels.unwrap();
    assert_eq!((labels["app"].as_str(), labels["site"].as_str()), ("rocket-source-pod", "moon"));
}

#[test]
fn image_and_nats_are_configurable() {
    let cx = source("speed").with_config(&json!({"image": "mine:1", "natsServicePort": "nats:4222"}));
    let container = outcome(&cx).wants::<Pod>(POD).unwrap().spec.unwrap().containers.remove(0);
    assert_eq!(container.image.as_deref(), Some("mine:1"));
    assert_eq!(container.env.unwrap()[0].value.as_deref(), Some("nats:4222"));
    let Err(Failure::Invalid { message, .. }) = reconcile(&source("speed").with_config(&json!({"nats": "x"}))) else {
        panic!("a misspelt field of the configuration was taken")
    };
    assert!(message.contains("spec.config"), "{message}");
}

#[test]
fn the_source_carries_its_site_as_a_label_and_the_pod_may_be_made_anew() {
    let wanted = outcome(&source("speed")).crossing().unwrap();
    assert_eq!(wanted.labels, [("site".to_owned(), "moon".to_owned())]);
    assert_eq!(wanted.children[0].policy, Policy::Recreate);
}

#[test]
fn a_pod_that_failed_is_made_anew_when_it_is_ten_seconds_old() {
    let at = |now: &str| now.parse::<Instant>().unwrap();
    let failed = || source("speed").with_child(pod("Failed", "2026-01-01T12:00:00Z"));
    assert!(replaced(&failed().at(at("2026-01-01T12:00:09Z"))).is_empty());
    assert_eq!(replaced(&failed().at(at("2026-01-01T12:00:10Z"))), ["uid-of-the-pod"]);
    let running = source("speed").with_child(pod("Running", "2026-01-01T12:00:00Z"));
    assert!(replaced(&running.at(at("2026-01-01T13:00:00Z"))).is_empty());
    let switched_off = failed().with(site(false)).at(at("2026-01-01T13:00:00Z"));
    assert!(replaced(&switched_off).is_empty(), "nothing is made anew under a disabled site");
}

#[test]
fn the_status_shows_the_pod_and_its_phase() {
    let status = |cx: TestContext<TmSource>| outcome(&cx).wanted_status::<TmSourceStatus>().unwrap();
    assert_eq!(status(source("speed")), TmSourceStatus::default());
    let shown = status(source("speed").with_child(pod("Running", "2026-01-01T12:00:00Z")));
    assert_eq!((shown.pod.as_deref(), shown.phase.as_deref()), (Some(POD), Some("Running")));
    let enabled = |cx: TestContext<TmSource>| outcome(&cx).wanted_condition("Enabled").unwrap();
    assert_eq!(enabled(source("speed")).reason, "NoSuchSite");
    assert_eq!(enabled(source("speed").with(site(false))).status, Some(false));
}
