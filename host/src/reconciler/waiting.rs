//! Waiting for what a host makes of a change.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use innkeeper_cluster::Cluster;
use innkeeper_core::object::short;
use innkeeper_core::reconciler::Rolling;

use super::{Standing, find};

const POLL: Duration = Duration::from_millis(200);

/// Reasons of the condition Loaded for which a module will not decide before somebody does something.
pub(crate) const STOPS: [&str; 3] = ["ModuleRejected", "ApprovalNeeded", LEFT];

/// The reason of the condition Loaded where a module was left for another one.
pub(super) const LEFT: &str = "RolledBack";

/// Waits until that module decides, or takes over in steps, or cannot for one of these reasons.
pub(crate) async fn wait(
    cluster: &Cluster,
    named: &Standing,
    digest: &str,
    patience: Duration,
    stops: &[&str],
) -> anyhow::Result<()> {
    wait_for(cluster, named, digest, patience, (stops, true)).await
}

/// Waits until that module decides for every object.
pub(crate) async fn wait_until_it_decides(
    cluster: &Cluster,
    named: &Standing,
    digest: &str,
    patience: Duration,
) -> anyhow::Result<()> {
    wait_for(cluster, named, digest, patience, (&["ModuleRejected"], false)).await
}

async fn wait_for(
    cluster: &Cluster,
    named: &Standing,
    digest: &str,
    patience: Duration,
    (stops, in_steps): (&[&str], bool),
) -> anyhow::Result<()> {
    let (name, module) = (&named.at.name, short(digest));
    if patience.is_zero() {
        println!("Reconciler {name}: names {module}");
        return Ok(());
    }
    let began = Instant::now();
    loop {
        let now = find(cluster, name).await?.with_context(|| format!("Reconciler {name} was deleted meanwhile"))?;
        if let Some(other) = now.source.pushed().filter(|wanted| *wanted != digest) {
            bail!("Reconciler {name} names {other} by now");
        }
        if now.is_observed() && now.status.digest.as_deref() == Some(digest) {
            return taken(name, module, named, &now);
        }
        if let Some(rolling) =
            now.status.rollout.as_ref().filter(|on| now.is_observed() && in_steps && on.digest == digest)
        {
            let Rolling { step, steps, taken, .. } = rolling;
            let reached = taken.last().map_or("none", String::as_str);
            println!(
                "Reconciler {name}: {module} takes over: step {step} of {steps} ({reached}); innkeeper rollout status {name}"
            );
            return Ok(());
        }
        let loaded = now.condition("Loaded").filter(|c| now.is_observed() && c.status == "False");
        if let Some(stopped) = loaded.filter(|c| stops.contains(&&*c.reason)) {
            bail!("Reconciler {name}: {module} does not decide: {}", stopped.message);
        }
        if began.elapsed() > patience {
            let why = loaded.map_or("no host has taken it up; is one running?", |c| c.message.as_str());
            bail!("Reconciler {name}: {module} does not decide after {patience:?}: {why}");
        }
        tokio::time::sleep(POLL).await;
    }
}

fn taken(name: &str, module: &str, before: &Standing, now: &Standing) -> anyhow::Result<()> {
    let last = before.status.digest.as_deref().map(short).filter(|last| *last != module);
    let last = last.map(|last| format!(", before it {last} did")).unwrap_or_default();
    println!("Reconciler {name}: {module} decides{last}");
    match now.condition("Stalled").filter(|c| c.status == "True") {
        Some(stalled) => bail!("Reconciler {name} does not serve: {}", stalled.message),
        None => Ok(()),
    }
}
