//! The guest that keeps `TmSource`: one Pod, unless its Site is switched off.
#![forbid(unsafe_code)]

mod config;

#[cfg(test)]
mod tests;

use std::time::Duration;

use config::Config;
use innkeeper_sdk::{Context, Failure, Instant, Manifest, Outcome, Policy, Seen, pods};
use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec, PodStatus};
use rocketlab_kinds::{Site, TmSource, TmSourceStatus};

const APP: &str = "rocket-source";
/// A Pod that ended is made anew when it is this old, so that one that always fails is no loop.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<TmSource>().applies::<Pod>().reads::<Site>(),
    crd: "../crd.json"
);

/// One Pod while the Site is enabled, or not there.
pub fn reconcile(cx: &Context<TmSource>) -> Result<Outcome, Failure> {
    let spec = &cx.object().spec;
    let mut outcome = Outcome::new();
    outcome.label("site", &spec.site);
    let site = cx.get::<Site>(&spec.site).spec()?;
    let children = cx.children::<Pod>().status::<PodStatus>()?;
    let (enabled, reason, message) = match site {
        Some(site) if site.spec.enabled => (true, "SiteEnabled", format!("the Site {} is enabled", spec.site)),
        Some(_) => (false, "SiteDisabled", format!("the Site {} is disabled", spec.site)),
        None => (true, "NoSuchSite", format!("there is no Site {}, which could be disabled", spec.site)),
    };
    outcome.condition("Enabled", enabled, reason, message);
    if enabled {
        outcome.child(pod(cx, cx.config()?)).policy(Policy::Recreate);
        for ended in children.iter().filter(|pod| has_ended(pod)) {
            if cx.reached(birth(cx, ended)? + AGAIN_AFTER) {
                outcome.replace(ended);
            }
        }
    }
    let there = children.iter().find(|pod| pod.name() == pod_name(cx));
    outcome.status(&TmSourceStatus {
        pod: there.map(|pod| pod.name().to_owned()),
        phase: there.and_then(|pod| pod.phase.clone()),
    });
    Ok(outcome)
}

fn pod_name(cx: &Context<TmSource>) -> String {
    format!("rocket-source-pod-{}", cx.name())
}

/// Nothing starts such a Pod again: it failed, or was evicted, or its container left for good.
fn has_ended(pod: &PodStatus) -> bool {
    matches!(pod.phase.as_deref(), Some("Failed" | "Succeeded"))
}

/// When a Pod was made.
fn birth(cx: &Context<TmSource>, pod: &Seen<Pod, PodStatus>) -> Result<Instant, Failure> {
    let all = cx.children::<Pod>().metadata()?;
    let this = all.iter().find(|other| other.name() == pod.name());
    let made = this.and_then(|pod| pod.creation_timestamp.as_ref());
    Ok(made.map_or(Instant::from_millis(0), Instant::from))
}

fn pod(cx: &Context<TmSource>, config: Config) -> Pod {
    let spec = &cx.object().spec;
    let env = |name: &str, value: &str| EnvVar {
        name: name.to_owned(),
        value: Some(pods::literal(value)),
        ..Default::default()
    };
    let source = Container {
        name: APP.to_owned(),
        image: Some(config.image),
        env: Some(vec![env("NATS_SERVICE_PORT", &config.nats_service_port), env("METRIC_NAME", &spec.metricname)]),
        ..Default::default()
    };
    let mut pod = Pod {
        metadata: cx.meta(pod_name(cx), APP),
        spec: Some(PodSpec { containers: vec![source], ..Default::default() }),
        ..Default::default()
    };
    let labels = pod.metadata.labels.get_or_insert_default();
    labels.insert("app".to_owned(), "rocket-source-pod".to_owned());
    labels.insert("site".to_owned(), spec.site.clone());
    pod
}
