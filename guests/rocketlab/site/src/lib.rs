//! The guest that keeps `Site`: it counts the sources that name it, and takes them along when it goes.
//!
//! It has no child. Whether a source has a Pod, the source's own guest decides, which looks at its Site.
#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use rocketlab_kinds::{Site, SiteStatus, TmSource, TmSourceStatus};

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<Site>().reads::<TmSource>().deletes::<TmSource>().finalizes(),
    crd: "../crd.json"
);

/// How many sources there are; when it goes, they go first.
pub fn reconcile(cx: &Context<Site>) -> Result<Outcome, Failure> {
    let sources = cx.list::<TmSource>().field("spec.site", cx.name()).status::<TmSourceStatus>()?;
    if cx.finalizing() && sources.is_empty() {
        return Ok(Outcome::finished());
    }
    let running = sources.iter().filter(|source| source.phase.as_deref() == Some("Running"));
    let mut outcome = Outcome::new();
    outcome.status(&SiteStatus {
        enabled: cx.object().spec.enabled,
        sources: i32::try_from(sources.len()).unwrap_or(i32::MAX),
        running: i32::try_from(running.count()).unwrap_or(i32::MAX),
    });
    if cx.finalizing() {
        for source in &sources {
            outcome.remove(source);
        }
    }
    Ok(outcome)
}
