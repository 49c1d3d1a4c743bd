//! The guest that keeps `Goop`: work that runs so many times, or once on every node.
#![forbid(unsafe_code)]

mod indexes;
mod jobs;
mod nodes;
mod progress;
#[cfg(test)]
mod tests;
mod there;
pub mod types;
mod worker;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::batch::v1::Job;
use types::Goop;

const APP: &str = "goop";

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<Goop>().applies::<Job>().applies::<DaemonSet>(),
    crd: "../crd.json"
);

/// Workers in the one way or the other, and how far they are.
pub fn reconcile(cx: &Context<Goop>) -> Result<Outcome, Failure> {
    let config = cx.config()?;
    let mut outcome = Outcome::new();
    let progress = match cx.object().spec.distributed {
        true => nodes::ask(cx, &config, &mut outcome)?,
        false => jobs::ask(cx, &config, &mut outcome)?,
    };
    progress.tell(&mut outcome);
    Ok(outcome)
}
