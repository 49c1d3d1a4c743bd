//! `innkeeper rollout`: how far a module has taken over, and what a person does to that.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use innkeeper_core::object::short;
use innkeeper_core::reconciler::Rolling;
use serde::Serialize;

use super::get::Form;
use super::{Access, Patience, Storage, rollback, table};
use crate::reconciler::{self, Standing};

/// What `innkeeper rollout` can be told.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Tell how far a module has taken over.
    Status(Status),
    /// Take no further step, until it is resumed. A module that fails is left all the same.
    Pause(Which),
    /// Take steps again.
    Resume(Which),
    /// Let the module take over at once, whatever steps are left.
    Promote(Promoting),
    /// Leave the module for the one before.
    Abort(Leaving),
}

/// One Reconciler.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The Reconciler.
    #[arg(value_name = "NAME")]
    reconciler: String,
    #[command(flatten)]
    access: Access,
}

/// One Reconciler, and in which form it is told of.
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    #[command(flatten)]
    which: Which,
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t = Form::Table)]
    output: Form,
}

/// One Reconciler and a module, and how long to wait.
#[derive(Debug, clap::Args)]
pub(super) struct Promoting {
    /// The digest of the module, or how it begins. Default: the one that takes over in steps, or that is named.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    #[command(flatten)]
    moving: Moving,
}

/// One Reconciler, and how long to wait.
#[derive(Debug, clap::Args)]
pub(super) struct Moving {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    patience: Patience,
}

/// The same, and where the cluster keeps modules.
#[derive(Debug, clap::Args)]
pub(super) struct Leaving {
    #[command(flatten)]
    moving: Moving,
    #[command(flatten)]
    storage: Storage,
}

/// Does it.
pub(super) async fn rollout(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Status(options) => status(options).await,
        Command::Pause(which) => pause(which, true).await,
        Command::Resume(which) => pause(which, false).await,
        Command::Promote(options) => promote(options).await,
        Command::Abort(Leaving { moving: Moving { which, patience }, storage }) => {
            let cluster = which.access.connect().await?;
            let found = reconciler::existing(&cluster, &which.reconciler).await?;
            underway(&found)?;
            let before =
                found.status.digest.clone().with_context(|| format!("{}: no module decides", found.title()))?;
            rollback::go(&cluster, &found, &before, &storage.namespace, patience.timeout).await
        }
    }
}

/// The rollout that is on its way.
fn underway(found: &Standing) -> anyhow::Result<&Rolling> {
    let rolling = found.status.rollout.as_ref();
    rolling.with_context(|| format!("{}: no module takes over in steps at present", found.title()))
}

#[derive(Serialize)]
struct Report<'a> {
    reconciler: &'a str,
    /// The module that decides for all other objects.
    serving: Option<&'a str>,
    #[serde(flatten)]
    rolling: &'a Rolling,
    paused: bool,
}

async fn status(options: Status) -> anyhow::Result<()> {
    let Status { which, output } = options;
    let cluster = which.access.connect().await?;
    let found = reconciler::existing(&cluster, &which.reconciler).await?;
    let rolling = underway(&found)?;
    let serving = found.status.digest.as_deref();
    let report = Report { reconciler: &which.reconciler, serving, rolling, paused: found.is_paused() };
    std::io::stdout().write_all(output.print(&report, text)?.as_bytes())?;
    Ok(())
}

fn text(report: &Report<'_>) -> String {
    let Report { serving, rolling, paused, .. } = report;
    let head = ["SERVES", "NEW", "VERSION", "STEP", "REACHED", "OBJECTS", "READY", "FAILING", "SINCE", "PAUSED"];
    let line = [
        serving.map_or("-", short).to_owned(),
        short(&rolling.digest).to_owned(),
        rolling.version.clone(),
        format!("{}/{}", rolling.step, rolling.steps),
        rolling.taken.last().cloned().unwrap_or_default(),
        rolling.objects.to_string(),
        rolling.ready.to_string(),
        rolling.failing.to_string(),
        rolling.since.clone(),
        if *paused { "yes" } else { "no" }.to_owned(),
    ];
    table::of(head, std::iter::once(line))
}

async fn pause(which: Which, paused: bool) -> anyhow::Result<()> {
    let cluster = which.access.connect().await?;
    let found = reconciler::existing(&cluster, &which.reconciler).await?;
    if !found.has_steps() {
        bail!("{}: spec.rollout.steps names none", found.title());
    }
    let word = if paused { "no further step is taken" } else { "steps are taken" };
    if found.is_paused() != paused {
        reconciler::pause(&cluster, &found, paused).await?;
    }
    println!("{}: {word}", found.title());
    Ok(())
}

async fn promote(Promoting { digest, moving }: Promoting) -> anyhow::Result<()> {
    let Moving { which, patience } = moving;
    let cluster = which.access.connect().await?;
    let found = reconciler::existing(&cluster, &which.reconciler).await?;
    let digest = meant(&found, digest)?;
    if found.status.digest.as_ref() == Some(&digest) {
        println!("{}: {} decides already", found.title(), short(&digest));
        return Ok(());
    }
    let promoted = reconciler::promote(&cluster, &found, &digest).await?;
    reconciler::wait_until_it_decides(&cluster, &promoted, &digest, patience.timeout).await
}

/// Which module is to take over: the one in steps, unless another one is named by now.
fn meant(found: &Standing, written: Option<String>) -> anyhow::Result<String> {
    let rolling = found.status.rollout.as_ref().map(|rolling| &rolling.digest);
    let named = found.source.digest.as_ref();
    let Some(written) = written else {
        return match (rolling, named) {
            (Some(rolling), Some(named)) if rolling != named => bail!(
                "{}: {} takes over in steps, and {} is named by now; say which with --digest",
                found.title(),
                short(rolling),
                short(named)
            ),
            (Some(digest), _) | (None, Some(digest)) => Ok(digest.clone()),
            (None, None) => bail!("{}: no module takes over in steps at present", found.title()),
        };
    };
    let known = rolling.into_iter().chain(named).find(|digest| reconciler::means(&written, digest));
    match known {
        Some(digest) => Ok(digest.clone()),
        None if written.len() == "sha256:".len() + 64 => Ok(written),
        None => {
            bail!("{}: no module that could take over begins with {written}; write its whole digest", found.title())
        }
    }
}
