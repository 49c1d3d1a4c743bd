//! `innkeeper approve`: lets a module take over that waits for it.

use std::time::Duration;

use anyhow::{Context as _, bail};

use super::Access;
use super::reconciler;

/// What `innkeeper approve` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The Reconciler.
    #[arg(value_name = "NAME")]
    reconciler: String,
    /// The digest of the module that is meant, or how it begins. It must be the one that was planned.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// How long to wait until it decides, such as 30s. 0s: not at all.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = reconciler::patience)]
    timeout: Duration,
    #[command(flatten)]
    access: Access,
}

/// Approves exactly the module that was planned last.
pub(super) async fn approve(options: Options) -> anyhow::Result<()> {
    let cluster = options.access.connect().await?;
    let name = &options.reconciler;
    let found = reconciler::find(&cluster, name).await?;
    let found = found.with_context(|| format!("there is no Reconciler {name}; innkeeper get lists them"))?;
    let plan = found.status.plan.clone().with_context(|| format!("Reconciler {name}: no module was planned"))?;
    let short = plan.digest.get(7..19).unwrap_or(&plan.digest).to_owned();
    if found.status.digest.as_ref() == Some(&plan.digest) {
        println!("Reconciler {name}: {short} decides already");
        return Ok(());
    }
    if !found.waits_for(&plan.digest) {
        bail!(
            "Reconciler {name}: {short} was planned last, and does not wait for approval now; see its condition Loaded"
        );
    }
    if let Some(meant) = options.digest.as_deref()
        && !plan.digest.starts_with(meant)
        && !plan.digest.get(7..).is_some_and(|hex| hex.starts_with(meant))
    {
        bail!("Reconciler {name}: {short} was planned, not {meant}");
    }
    eprintln!("{short}: {}", plan.counts.sentence());
    let approved = reconciler::approve(&cluster, &found, &plan.digest).await?;
    // Its status speaks of the time before for a moment.
    reconciler::wait(&cluster, &approved, &plan.digest, options.timeout, &["ModuleRejected"]).await
}
