//! `innkeeper approve`: lets a module take over that waits for it.

use anyhow::{Context as _, bail};
use innkeeper_core::object::short;

use super::{Access, Patience, reconciler};

/// What `innkeeper approve` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The Reconciler.
    #[arg(value_name = "NAME")]
    reconciler: String,
    /// The digest of the module that is meant, or how it begins. It must be the one that was planned.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    access: Access,
}

/// Approves exactly the module that was planned last.
pub(super) async fn approve(options: Options) -> anyhow::Result<()> {
    let cluster = options.access.connect().await?;
    let name = &options.reconciler;
    let found = reconciler::existing(&cluster, name).await?;
    let plan = found.status.plan.clone().with_context(|| format!("Reconciler {name}: no module was planned"))?;
    let short = short(&plan.digest).to_owned();
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
        && !reconciler::means(meant, &plan.digest)
    {
        bail!("Reconciler {name}: {short} was planned, not {meant}");
    }
    eprintln!("{short}: {}", plan.counts.sentence());
    let approved = reconciler::approve(&cluster, &found, &plan.digest).await?;
    // Its status speaks of the time before for a moment.
    reconciler::wait(&cluster, &approved, &plan.digest, options.patience.timeout, &["ModuleRejected"]).await
}
