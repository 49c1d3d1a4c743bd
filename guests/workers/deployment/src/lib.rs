//! The guest that keeps WorkerDeployment: a release for each version of its template, and so many of them.
#![forbid(unsafe_code)]

mod history;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use innkeeper_sdk::{Context, Failure, Instant, Manifest, Outcome, names};
use kube::core::ObjectMeta;
use workers::{ORDER, SENT_AT, WorkerDeployment, WorkerDeploymentStatus, WorkerRelease, WorkerReleaseSpec, labels};

use history::{Release, Releases};

const APP: &str = "worker-deployment";

innkeeper_sdk::guest!(reconcile, Manifest::of::<WorkerDeployment>().applies::<WorkerRelease>(), crd: "../crd.json");

/// The release of the template, those before as history, and which of them counts.
pub fn reconcile(cx: &Context<WorkerDeployment>) -> Result<Outcome, Failure> {
    let deployment = cx.object();
    let sent_at = deployment.metadata.annotations.as_ref().and_then(|all| all.get(SENT_AT));
    let sent = sent_at.map(|text| text.parse::<Instant>()).transpose();
    let sent =
        sent.map_err(|error| Failure::invalid(format!("metadata.annotations.\"{SENT_AT}\""), error.to_string()))?;
    let template = &deployment.spec.template;
    let name = name_of(cx.name(), &names::digest(&serde_json::to_string(template)?));
    let heads = cx.children::<WorkerRelease>().metadata()?;
    let there = heads.iter().filter(|release| release.deletion_timestamp.is_none()).map(|release| Release::of(release));
    let generation = deployment.metadata.generation.unwrap_or_default();
    let limit = usize::try_from(deployment.spec.release_history_limit).unwrap_or_default();
    let Releases { current, active, kept } = history::decide(there.collect(), &name, sent, generation, limit);

    let mut outcome = Outcome::new();
    if let Some(order) = current {
        let sent_at = sent_at.map(|text| (SENT_AT.to_owned(), text.clone()));
        let marks = sent_at.into_iter().chain([(ORDER.to_owned(), order.to_string())]).collect();
        outcome.child(release(cx, &name, template.clone(), marks));
    }
    // History keeps its content and its marks; its labels follow, so that no account sees what went to another.
    let contents = cx.children::<WorkerRelease>().spec()?;
    for old in contents.into_iter().filter(|old| old.metadata.name.as_ref().is_some_and(|name| kept.contains(name))) {
        let name = old.metadata.name.unwrap_or_default();
        let marks = heads.iter().find(|head| head.name() == name).and_then(|head| head.annotations.clone());
        let marks = marks.into_iter().flatten().filter(|(key, _)| key == ORDER || key == SENT_AT).collect();
        outcome.child(release(cx, &name, old.spec, marks));
    }
    let releases = i32::try_from(kept.len() + usize::from(current.is_some())).unwrap_or(i32::MAX);
    outcome.status(&WorkerDeploymentStatus { active_release: active, releases });
    Ok(outcome)
}

fn release(
    cx: &Context<WorkerDeployment>,
    name: &str,
    spec: WorkerReleaseSpec,
    marks: BTreeMap<String, String>,
) -> WorkerRelease {
    let mut release = WorkerRelease::new(name, spec);
    release.metadata = ObjectMeta {
        name: Some(name.to_owned()),
        labels: Some(labels(cx, APP)),
        annotations: Some(marks),
        ..Default::default()
    };
    release
}

/// The name of a release: what is released decides it, so the same content is the same release.
fn name_of(deployment: &str, digest: &str) -> String {
    format!("{}-{}", names::cut(deployment, 240), &digest[..10])
}
