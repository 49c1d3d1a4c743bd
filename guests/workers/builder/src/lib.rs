//! The guest that keeps JobBuilder: one Job for each content, and how it ended.
#![forbid(unsafe_code)]

mod config;
mod job;
#[cfg(test)]
mod tests;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome, Policy, names};
use k8s_openapi::api::batch::v1::{Job, JobStatus};
use workers::{JobBuilder, JobBuilderStatus, Phase};

const APP: &str = "job-builder";

innkeeper_sdk::guest!(reconcile, Manifest::of::<JobBuilder>().applies::<Job>(), crd: "../crd.json");

/// The Job of what is to be built. How it ended is remembered, for a Job that is done goes after a while.
pub fn reconcile(cx: &Context<JobBuilder>) -> Result<Outcome, Failure> {
    let spec = &cx.object().spec;
    let digest = names::digest(&serde_json::to_string(spec)?);
    // Ten digits of the digest, and room for the five that a Pod's name has more.
    let name = format!("{}-{}", names::cut(cx.name(), 46), &digest[..10]);
    let jobs = cx.children::<Job>().status::<JobStatus>()?;
    let live = jobs.iter().find(|job| job.name() == name).and_then(|job| ended(job));
    let before = cx.object().status.as_ref().filter(|status| status.job == name && status.phase != Phase::Building);
    let before = before.map(|status| (status.phase, status.message.clone()));
    let (phase, message) = live.or(before).unwrap_or_default();

    let mut outcome = Outcome::new();
    match phase {
        Phase::Building => {
            outcome.child_json(job::manifest(cx, &name, &cx.config()?)).policy(Policy::CreateOnly);
            outcome.hold("Building", format!("the Job {name} builds {}", spec.target_image));
            outcome.condition("Built", None, "Building", "");
        }
        Phase::Succeeded => {
            outcome.keep::<Job>(&name);
            outcome.condition("Built", true, "Built", format!("{} is in the registry", spec.target_image));
        }
        Phase::Failed => {
            outcome.keep::<Job>(&name);
            let message = format!(
                "the Job {name} failed for good: {message}. Another content, or another JobBuilder, is built anew"
            );
            outcome.hold("BuildFailed", &message);
            outcome.condition("Built", false, "BuildFailed", message);
        }
    }
    outcome.status(&JobBuilderStatus {
        image: spec.target_image.clone(),
        job: name,
        phase,
        message,
        ..Default::default()
    });
    Ok(outcome)
}

/// How a Job ended, in its own words; none while it has not. That one of its Pods failed is no end.
fn ended(status: &JobStatus) -> Option<(Phase, String)> {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    conditions.iter().filter(|condition| condition.status == "True").find_map(|condition| {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        match condition.type_.as_str() {
            "Complete" => Some((Phase::Succeeded, String::new())),
            "Failed" => Some((Phase::Failed, format!("{}, {}", text(&condition.reason), text(&condition.message)))),
            _ => None,
        }
    })
}
