//! How long it takes to go back: from the write of the Reconciler to the first call of the module that decided before.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use innkeeper_core::object::digest;
use jiff::Timestamp;

use super::Back;
use super::host::Host;
use super::variants::Variants;
use crate::cleanup;
use crate::contender::Contender;
use crate::objects;
use crate::options::Options;
use crate::stage::Stage;
use crate::statistics::Spread;

/// Who goes back.
const USER: &str = "bench-back";
/// The Reconciler that the host makes of the file in its folder.
const RECONCILER: &str = "fleet";
/// How often that is done right after the module was left, and how often a while later.
const AT_ONCE: usize = 20;
const LATER: usize = 10;
/// A while in which the host puts the code of a module away that nobody calls.
const WHILE: Duration = Duration::from_secs(8);
/// Until the cluster keeps what came from the folder.
const KEPT: Duration = Duration::from_secs(2);

pub(super) async fn measure(
    stage: &Stage,
    options: &Options,
    contender: &Contender,
    variants: &Variants,
) -> Result<Back> {
    eprintln!("bench: {AT_ONCE} rollbacks right after a swap, {LATER} a while later");
    objects::create(&stage.client, 1, "first").await?;
    let mut host = Host::start(contender)?;
    let back = times(stage, options, &mut host, variants).await;
    host.stop()?;
    // It names a digest now, not the file in the folder.
    stage.kubectl(&["delete", "reconciler", RECONCILER])?;
    cleanup::remove_everything(&stage.client).await?;
    back
}

async fn times(stage: &Stage, options: &Options, host: &mut Host, variants: &Variants) -> Result<Back> {
    for turn in [1, 0] {
        host.swap(variants.module(turn)).await?;
        tokio::time::sleep(KEPT).await;
    }
    let kubeconfig = stage.user(USER)?;
    let (mut at_once, mut later) = (Vec::new(), Vec::new());
    for turn in 1..=AT_ONCE + LATER {
        let (times, pause) = if turn <= AT_ONCE { (&mut at_once, Duration::ZERO) } else { (&mut later, WHILE) };
        tokio::time::sleep(pause).await;
        let module = digest(variants.module(turn));
        let written = go_back(stage, options, &kubeconfig, &module)?;
        times.push(host.first_call(&module, written).await?);
    }
    let spread = |all| Spread::of(all).context("nothing was measured");
    Ok(Back { at_once: spread(at_once)?, later: spread(later)? })
}

/// Goes back to that module as a person does. When the API server got the write of the Reconciler.
fn go_back(stage: &Stage, options: &Options, kubeconfig: &Path, module: &str) -> Result<Timestamp> {
    let mark = stage.audit.mark()?;
    let mut command = Command::new(options.host()?);
    command.args(["rollback", RECONCILER, "--to", module]).arg("--kubeconfig").arg(kubeconfig);
    let said = command.env_remove("KUBECONFIG").output().context("innkeeper rollback cannot be run")?;
    ensure!(said.status.success(), "innkeeper rollback: {}", String::from_utf8_lossy(&said.stderr));
    let writes = stage.audit.since(&mark)?.by(USER).of("reconcilers").writes();
    writes.iter().filter(|write| write.code < 300).map(|write| write.received).max().context("nothing was written")
}
