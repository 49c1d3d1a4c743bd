//! `innkeeper bench`: what a call of a guest takes.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use innkeeper_guest::Answer;
use innkeeper_harness::{Broken, Guest, Lab};

use super::given::Given;
use super::table;
use crate::wasm;

/// What `innkeeper bench` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    given: Given,
    /// How often it is called.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    calls: u32,
    #[command(flatten)]
    wasm: wasm::Compiling,
}

/// Calls it with the question that the host asked last, and tells.
pub(super) fn bench(options: &Options) -> anyhow::Result<()> {
    let engine = options.wasm.engine()?;
    let module = options.given.module(&engine)?;
    let others = options.given.others()?;
    let broken = |Broken(why)| anyhow!(why);
    let guest = Guest::module(&engine, &module);
    let mut lab = Lab::with([guest], |lab| others.iter().try_for_each(|other| lab.given(other)));
    let lab = lab.as_mut().map_err(|error| anyhow!("{error}"))?;
    for object in options.given.objects()? {
        if let Err(refused) = lab.apply(&object).map_err(broken)? {
            bail!("{}: the API server would refuse it: {refused}", options.given.object.display());
        }
    }
    let Some((request, world, limits)) = lab.last_question() else {
        bail!("no guest was called for what is in {}", options.given.object.display());
    };
    let mut taken: Vec<(Duration, Answer)> = Vec::new();
    for _ in 0..options.calls {
        let (request, world, began) = (request.clone(), world.clone(), Instant::now());
        let answer = engine.call(&module, request, world, limits);
        taken.push((began.elapsed(), answer));
    }
    if let Some(failure) = taken.iter().find_map(|(_, answer)| answer.result.as_ref().err()) {
        bail!("a call failed: {failure}");
    }
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let lines = [
        line("time, \u{b5}s", taken.iter().map(|(time, _)| micros(*time)).collect()),
        line("CPU, \u{b5}s", taken.iter().map(|(_, answer)| micros(answer.cpu)).collect()),
        line("memory, KiB", taken.iter().map(|(_, answer)| answer.memory_peak / 1024).collect()),
        line("given, bytes", taken.iter().map(|(_, answer)| answer.given).collect()),
        line("said, bytes", taken.iter().map(|(_, answer)| answer.said).collect()),
    ];
    let text = table::of(["", "LEAST", "MEDIAN", "P95", "P99", "MOST"], lines);
    let module = format!("{} {}", module.manifest().name, module.short_digest());
    std::io::stdout().write_all(format!("{module}, {} calls\n{text}", taken.len()).as_bytes())?;
    Ok(())
}

fn line(what: &str, mut all: Vec<u64>) -> [String; 6] {
    all.sort_unstable();
    let at = |percent: usize| {
        all.get((all.len() * percent).div_ceil(100).max(1) - 1).copied().unwrap_or_default().to_string()
    };
    [what.to_owned(), at(0), at(50), at(95), at(99), at(100)]
}
