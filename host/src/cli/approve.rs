//! `innkeeper approve`: lets a module take over that waits for it.

use anyhow::{Context as _, bail};
use innkeeper_core::object::short;

use super::{Access, Patience};
use crate::reconciler::{self, Standing};

/// What `innkeeper approve` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The Reconciler.
    #[arg(value_name = "NAME")]
    reconciler: String,
    /// The digest of the module that is meant, or how it begins. It must be the one that waits.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    access: Access,
}

/// Approves exactly the module that was planned last, or that was left and is named again.
pub(super) async fn approve(options: Options) -> anyhow::Result<()> {
    let cluster = options.access.connect().await?;
    let name = &options.reconciler;
    let found = reconciler::existing(&cluster, name).await?;
    let (digest, about) =
        waiting(&found).with_context(|| format!("Reconciler {name}: no module waits for approval"))?;
    let module = short(&digest);
    if found.status.digest.as_ref() == Some(&digest) {
        println!("Reconciler {name}: {module} decides already");
        return Ok(());
    }
    if !found.waits_for(&digest) {
        bail!(
            "Reconciler {name}: {module} was planned last, and does not wait for approval now; see its condition Loaded"
        );
    }
    if let Some(meant) = options.digest.as_deref().filter(|meant| !reconciler::means(meant, &digest)) {
        bail!("Reconciler {name}: {module} waits for approval, not {meant}");
    }
    eprintln!("{module}: {about}");
    let approved = reconciler::approve(&cluster, &found, &digest).await?;
    // Its status speaks of the time before for a moment.
    reconciler::wait(&cluster, &approved, &digest, options.patience.timeout, &reconciler::STOPS[..1]).await
}

/// The digest of the module that could be approved, and what there is to know before.
fn waiting(found: &Standing) -> Option<(String, String)> {
    let left = found.left().and_then(|digest| found.status.rejected(digest));
    let left = left.map(|left| (left.digest.clone(), format!("left at {}: {}", left.at, left.why)));
    left.or_else(|| found.status.plan.as_ref().map(|plan| (plan.digest.clone(), plan.counts.sentence())))
}
