//! A guest's function in the laboratory, natively.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

use std::sync::atomic::{AtomicU32, Ordering};

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use innkeeper_story::{Function, native, of};
use k8s_openapi::api::core::v1::Secret;
use rocketlab_kinds::Site;
use serde_json::json;

const WEB: &str = include_str!("../../custom-http/scenarios/objects/web.yaml");

#[test]
fn h01_a_function_is_kept_by_the_same_core_as_its_module() {
    of(custom_http::guest())
        .when_applied(WEB)
        .then_children("KindCustomHttp/web", &["ConfigMap/web-configmap", "Deployment/web", "Service/web"])
        // As h01 of the laboratory has it of the module.
        .then_written(&[
            "apply ConfigMap/web-configmap",
            "apply Deployment/web",
            "apply Service/web",
            "status KindCustomHttp/web",
            "status KindCustomHttp/web",
        ])
        .then_condition("KindCustomHttp/web", "Ready", "True")
        .then("KindCustomHttp/web", json!({"status": {"replicas": 2, "readyReplicas": 2}}))
        .when_the_host_restarts()
        .then_written(&[])
        .when_patched("Deployment/web", json!({"spec": {"replicas": 9}}))
        .then("Deployment/web", json!({"spec": {"replicas": 2}}))
        .when_another_takes_over(native(custom_http::guest()))
        .then_written(&[])
        .when_deleted("KindCustomHttp/web")
        .then_absent("Deployment/web");
}

const SITE: &str = include_str!("../../../crds/sites.tm.rocketlab.global.yaml");

#[test]
fn what_a_function_reads_leads_to_a_call_when_it_changes() {
    let site = |enabled: bool| {
        format!(
            "{{apiVersion: tm.rocketlab.global/v1, kind: Site, metadata: {{name: mahia}}, spec: {{enabled: {enabled}}}}}"
        )
    };
    of(rocketlab_tmsource::guest())
        .when_applied(SITE)
        .when_applied(&site(true))
        .when_applied("{apiVersion: tm.rocketlab.global/v1, kind: TmSource, metadata: {name: thrust}, spec: {site: mahia, metricname: thrust}}")
        .then_children("TmSource/thrust", &["Pod/rocket-source-pod-thrust"])
        .when_applied(&site(false))
        .then_absent("Pod/rocket-source-pod-thrust");
}

/// A guest for Sites that does as its function says.
fn guest(decide: fn(&Context<Site>) -> Result<Outcome, Failure>) -> Function {
    let manifest = Manifest::of::<Site>().reads::<Secret>();
    Function::of(innkeeper_sdk::Described::made(manifest, decide, "tried", "1.0.0"), decide)
}

const MAHIA: &str = "{apiVersion: tm.rocketlab.global/v1, kind: Site, metadata: {name: mahia}, spec: {enabled: true}}";

/// What the host's Event says of it.
fn told(decide: fn(&Context<Site>) -> Result<Outcome, Failure>, reason: &str, words: &str) {
    of(guest(decide)).when_applied(MAHIA).then_event("Site/mahia", "Warning", reason, words);
}

#[test]
fn a_function_that_panics_is_told_as_a_module_that_traps() {
    told(|_| panic!("there is no such thing"), "GuestTrapped", "the guest trapped: there is no such thing");
}

#[test]
fn a_function_that_remembers_is_told() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    told(
        |_| Err(Failure::wrong(format!("{} times", ASKED.fetch_add(1, Ordering::Relaxed)))),
        "GuestTrapped",
        "asked the same twice, it answered otherwise",
    );
}

#[test]
fn a_function_that_reads_without_end_is_ended() {
    told(
        |cx| loop {
            cx.get::<Secret>("s").names()?;
        },
        "GuestLimitExceeded",
        "limit of reads: one call may read 1000 times",
    );
}

#[test]
#[should_panic(expected = "spec.replicas")]
fn a_story_of_a_function_that_is_otherwise_fails_where_it_is() {
    let _ = of(custom_http::guest()).when_applied(WEB).then("Deployment/web", json!({"spec": {"replicas": 3}}));
}
