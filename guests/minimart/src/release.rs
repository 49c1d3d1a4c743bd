//! How the release stands: the conditions that people know from helm.

use innkeeper_sdk::{Context, Failure, Outcome, Seen, State, Verdict};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::Ingress;
use kube::core::ObjectMeta;
use serde_json::Value;

use crate::chart::{CHART, RENDERED};
use crate::types::{Minimart, Release};

/// Sets Initialized, Deployed and ReleaseFailed. Returns what is deployed: these children, once each is there as
/// it is wanted, and what was before until then.
///
/// A verdict may speak of an earlier wish, and after a restart of the host of none that was refused. So a child is
/// taken for what is wanted by its own annotation, and where nothing is decided, conditions stay as they were.
pub(crate) fn report(cx: &Context<Minimart>, wanted: &[Value], out: &mut Outcome) -> Result<Option<Release>, Failure> {
    out.condition("Initialized", true, "Initialized", "the chart's values are known");
    let before = cx.object().status.as_ref().and_then(|status| status.deployed_release.clone());
    let trouble = cx.verdicts().iter().find(|v| matches!(v.state, State::Failed | State::Conflict));
    let all_there = wanted.len() == there(cx, wanted)?;
    match trouble {
        Some(trouble) => {
            let reason = if trouble.state == State::Conflict { "NameTaken" } else { "ApplyFailed" };
            out.condition("ReleaseFailed", true, reason, words(trouble));
        }
        None if all_there => drop(out.condition("ReleaseFailed", false, "NoFailure", "")),
        None => as_it_was(cx, "ReleaseFailed", out),
    }
    if trouble.is_some() || !all_there {
        as_it_was(cx, "Deployed", out);
        return Ok(before);
    }
    let reason = if before.is_none() { "InstallSuccessful" } else { "UpgradeSuccessful" };
    // The first word on this release stays: a call that changes nothing is no upgrade.
    match cx.condition("Deployed").filter(|deployed| deployed.status == "True") {
        Some(_) => as_it_was(cx, "Deployed", out),
        None => drop(out.condition("Deployed", true, reason, "every object of the chart is there as it should be")),
    }
    let (chart, version) = (CHART.0.to_owned(), CHART.1.to_owned());
    Ok(Some(Release { name: cx.name().to_owned(), chart, version }))
}

/// A condition as an earlier outcome set it; at first, that it does not hold.
fn as_it_was(cx: &Context<Minimart>, kind: &str, out: &mut Outcome) {
    match cx.condition(kind) {
        Some(before) => out.condition(kind, before.status == "True", &before.reason, before.message),
        None => out.condition(kind, false, "Installing", "the first release is being installed"),
    };
}

fn words(verdict: &Verdict) -> String {
    format!("{} {}: {}", verdict.key.kind.kind, verdict.key.name, verdict.message)
}

/// How many of these are there as they are wanted.
fn there(cx: &Context<Minimart>, wanted: &[Value]) -> Result<usize, Failure> {
    fn same<K>(kind: &str, live: &[Seen<K, ObjectMeta>], wanted: &[Value]) -> usize {
        let digest = |live: &Seen<K, ObjectMeta>| live.annotations.as_ref()?.get(RENDERED).cloned();
        let is_there = |manifest: &&Value| {
            let metadata = &manifest["metadata"];
            let named = live.iter().find(|live| metadata["name"] == live.name());
            manifest["kind"] == kind
                && named.is_some_and(|live| {
                    live.deletion_timestamp.is_none()
                        && Some(&metadata["annotations"][RENDERED]) == digest(live).map(Value::from).as_ref()
                })
        };
        wanted.iter().filter(is_there).count()
    }
    Ok(same("ConfigMap", &cx.children::<ConfigMap>().metadata()?, wanted)
        + same("Service", &cx.children::<Service>().metadata()?, wanted)
        + same("Deployment", &cx.children::<Deployment>().metadata()?, wanted)
        + same("ServiceAccount", &cx.children::<ServiceAccount>().metadata()?, wanted)
        + same("HorizontalPodAutoscaler", &cx.children::<HorizontalPodAutoscaler>().metadata()?, wanted)
        + same("Ingress", &cx.children::<Ingress>().metadata()?, wanted))
}
