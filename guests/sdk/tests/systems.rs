//! Parts of other systems' guests, to see that they can be said: telemetry sources and their Site.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Failure, Outcome, Policy};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::{CustomResource, Resource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "tm.rocketlab.global", version = "v1", kind = "Site", namespaced)]
pub struct SiteSpec {
    enabled: bool,
}

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "tm.rocketlab.global", version = "v1", kind = "TmSource", namespaced)]
pub struct TmSourceSpec {
    site: String,
    metricname: String,
}

/// A source has a Pod unless its Site is switched off; one that failed is made anew.
fn source(cx: &Context<TmSource>) -> Result<Outcome, Failure> {
    let site = &cx.object().spec.site;
    let mut outcome = Outcome::new();
    outcome.label("site", site);
    if cx.get::<Site>(site).spec()?.is_some_and(|site| !site.spec.enabled) {
        return Ok(outcome);
    }
    let mut pod = Pod { metadata: cx.meta(format!("rocket-source-pod-{}", cx.name()), "source"), ..Default::default() };
    pod.metadata.labels.get_or_insert_default().insert("site".to_owned(), site.clone());
    outcome.child(pod).policy(Policy::Recreate);
    for pod in cx.children::<Pod>().status::<PodStatus>()? {
        if pod.phase.as_deref() == Some("Failed") {
            outcome.replace(&pod);
        }
    }
    Ok(outcome)
}

/// A Site that goes takes its sources with it.
fn site(cx: &Context<Site>) -> Result<Outcome, Failure> {
    let sources = cx.list::<TmSource>().field("spec.site", cx.name()).names()?;
    if cx.finalizing() && sources.is_empty() {
        return Ok(Outcome::finished());
    }
    let mut outcome = Outcome::new();
    if cx.finalizing() {
        for source in &sources {
            outcome.remove(source);
        }
    } else {
        outcome.status(&json!({"sources": sources.len()}));
    }
    Ok(outcome)
}

fn a_source(name: &str, site: &str) -> TmSource {
    let spec = TmSourceSpec { site: site.to_owned(), metricname: "speed".to_owned() };
    let mut source = TmSource::new(name, spec);
    source.meta_mut().uid = Some(format!("uid-of-{name}"));
    source
}

fn a_site(enabled: bool) -> Site {
    Site::new("moon", SiteSpec { enabled })
}

#[test]
fn a_source_of_an_enabled_or_missing_site_has_a_pod() {
    let pods = |cx: TestContext<TmSource>| source(&cx).unwrap().wanted_children();
    assert_eq!(pods(Context::for_test(a_source("a", "moon"))), ["Pod/rocket-source-pod-a"]);
    assert_eq!(pods(Context::for_test(a_source("a", "moon")).with(a_site(true))), ["Pod/rocket-source-pod-a"]);
    assert!(pods(Context::for_test(a_source("a", "moon")).with(a_site(false))).is_empty());
}

#[test]
fn a_failed_pod_is_made_anew_once() {
    let mut pod =
        source(&Context::for_test(a_source("a", "moon"))).unwrap().wants::<Pod>("rocket-source-pod-a").unwrap();
    pod.metadata.uid = Some("uid-of-the-failed-one".to_owned());
    pod.status = Some(PodStatus { phase: Some("Failed".to_owned()), ..Default::default() });
    let cx = Context::for_test(a_source("a", "moon")).with_child(pod);
    let wanted = source(&cx).unwrap().crossing().unwrap();
    assert_eq!(wanted.replace.iter().map(|r| r.uid.as_str()).collect::<Vec<_>>(), ["uid-of-the-failed-one"]);
    assert_eq!(wanted.children.len(), 1, "it is asked for too");
}

#[test]
fn a_site_that_goes_removes_its_own_sources_and_waits_for_them() {
    let cx = Context::for_test(a_site(true)).with(a_source("a", "moon")).with(a_source("b", "mars")).finalize();
    let wanted = site(&cx).unwrap().crossing().unwrap();
    assert_eq!(wanted.remove.iter().map(|r| r.key.name.as_str()).collect::<Vec<_>>(), ["a"]);
    assert!(!wanted.finished);
    let cx = Context::for_test(a_site(true)).with(a_source("b", "mars")).finalize();
    assert!(site(&cx).unwrap().crossing().unwrap().finished);
}
