//! How long it takes from a module's closed file to its first call.

use anyhow::{Context as _, Result};

use super::Quick;
use super::host::Host;
use super::variants::Variants;
use crate::cleanup;
use crate::contender::Contender;
use crate::objects;
use crate::stage::Stage;
use crate::statistics::Spread;

/// How many swaps are measured of modules that were seen before, and of others.
const CACHED: usize = 40;
const COLD: usize = 10;

pub(super) async fn measure(stage: &Stage, contender: &Contender, variants: &Variants) -> Result<Quick> {
    eprintln!("bench: {CACHED} swaps, then {COLD} of modules that nobody has seen");
    objects::create(&stage.client, 1, "first").await?;
    let mut host = Host::start(contender)?;
    let quick = times(&mut host, variants).await;
    host.stop()?;
    cleanup::remove_everything(&stage.client).await?;
    quick
}

async fn times(host: &mut Host, variants: &Variants) -> Result<Quick> {
    // Both are compiled, and what was compiled is kept.
    for turn in [1, 0] {
        host.swap(variants.module(turn)).await?;
    }
    let (mut cached, mut cold) = (Vec::new(), Vec::new());
    for turn in 1..=CACHED {
        cached.push(host.swap(variants.module(turn)).await?);
    }
    for number in 0..COLD {
        cold.push(host.swap(&variants.unseen(number)).await?);
    }
    let spread = |all| Spread::of(all).context("nothing was measured");
    Ok(Quick { cached: spread(cached)?, cold: spread(cold)? })
}
