//! How long it takes from a module's closed file to its first call.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::Quick;
use super::host::Host;
use super::variants::Variants;
use crate::cleanup;
use crate::contender::Contender;
use crate::objects;
use crate::options::Options;
use crate::stage::Stage;
use crate::statistics::Spread;

/// How many swaps are measured of modules that are loaded already, of such that were compiled before, and of others.
const LOADED: usize = 40;
const COMPILED: usize = 20;
const COLD: usize = 10;
/// How far apart swaps are of modules that the cluster does not have yet.
const APART: Duration = Duration::from_millis(500);

pub(super) async fn measure(
    stage: &Stage,
    options: &Options,
    contender: &Contender,
    variants: &Variants,
) -> Result<Quick> {
    eprintln!("bench: {LOADED} swaps, {COMPILED} of modules that were compiled, {COLD} of such that nobody has seen");
    let compiled: Vec<_> = (COLD..COLD + COMPILED).map(|number| variants.unseen(number)).collect();
    for module in &compiled {
        compile(stage, options, module)?;
    }
    objects::create(&stage.client, 1, "first").await?;
    let mut host = Host::start(contender)?;
    let quick = times(&mut host, variants, &compiled).await;
    host.stop()?;
    cleanup::remove_everything(&stage.client).await?;
    quick
}

/// Another process of the same program compiles a module, and keeps that where the host will look.
fn compile(stage: &Stage, options: &Options, module: &[u8]) -> Result<()> {
    let file = stage.folder.path().join("compiled.wasm");
    std::fs::write(&file, module)?;
    let mut command = Command::new(options.host()?);
    let said = command.arg("inspect").arg(&file).arg("--cache").arg(stage.compiled()).output()?;
    ensure!(said.status.success(), "innkeeper inspect: {}", String::from_utf8_lossy(&said.stderr));
    Ok(())
}

async fn times(host: &mut Host, variants: &Variants, kept: &[Vec<u8>]) -> Result<Quick> {
    for turn in [1, 0] {
        host.swap(variants.module(turn)).await?;
    }
    let (mut loaded, mut compiled, mut cold) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 1..=LOADED {
        loaded.push(host.swap(variants.module(turn)).await?);
    }
    for module in kept {
        // The cluster takes in what came before.
        tokio::time::sleep(APART).await;
        compiled.push(host.swap(module).await?);
    }
    for number in 0..COLD {
        tokio::time::sleep(APART).await;
        cold.push(host.swap(&variants.unseen(number)).await?);
    }
    let spread = |all| Spread::of(all).context("nothing was measured");
    Ok(Quick { loaded: spread(loaded)?, compiled: spread(compiled)?, cold: spread(cold)? })
}
