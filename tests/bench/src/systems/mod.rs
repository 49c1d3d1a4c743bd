//! What the guests of whole systems cost: the size of each and one call of it, what a switched Site calls, and a
//! hundred kinds in one host beside as many operators.

mod calls;
mod crowd;
mod ground;
mod reworded;
mod sites;
mod text;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::machine::Machine;
use crate::{options, page, rounds};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The size of each guest, and one call of it with an object of its examples.
    Calls,
    /// What is called when one Site of many is switched off.
    Sites,
    /// Many kinds in one host, beside as many kube-rs operators.
    Kinds,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// What is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "calls,sites,kinds")]
    parts: Vec<Part>,
    /// How often each guest is called.
    #[arg(long, default_value_t = 2000, value_name = "N")]
    calls: usize,
    /// How many Sites there are, each with ten sources; several sizes are measured one after the other.
    #[arg(long, value_delimiter = ',', default_value = "50,500", value_name = "N,…")]
    sites: Vec<usize>,
    /// How many kinds there are.
    #[arg(long, default_value_t = 100, value_name = "N")]
    kinds: usize,
    /// The host's program. Default: the one beside this program.
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
    /// Where the figures go. Default: bench/systems.json in the target folder.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the tables into docs/performance.md.
    #[arg(long)]
    keep: bool,
}

/// Everything of one run.
#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    command: String,
    build: &'static str,
    calls: Vec<calls::Guest>,
    sites: Vec<sites::Switched>,
    kinds: Option<crowd::Crowd>,
}

/// Measures, and says what came of it.
pub(crate) async fn bench(options: Options) -> Result<()> {
    let machine = Machine::this();
    let out = match &options.out {
        Some(path) => path.clone(),
        None => options::target_folder()?.join("bench/systems.json"),
    };
    let host = options::host_or(options.host.as_ref())?;
    let wanted = |part| options.parts.contains(&part);
    let calls = if wanted(Part::Calls) { calls::measure(options.calls)? } else { Vec::new() };
    let mut sites = Vec::new();
    for count in options.sites.iter().filter(|_| wanted(Part::Sites)) {
        sites.push(sites::measure(&host, *count).await?);
    }
    let kinds = if wanted(Part::Kinds) { Some(crowd::measure(&host, options.kinds).await?) } else { None };
    let build = options::build();
    let report = Report { machine, command: rounds::command(), build, calls, sites, kinds };
    fs::create_dir_all(out.parent().unwrap_or(&out))?;
    fs::write(&out, serde_json::to_string_pretty(&report)? + "\n")
        .with_context(|| format!("cannot write {}", out.display()))?;
    let text = text::of(&report);
    println!("{text}");
    eprintln!("bench: all figures are in {}", out.display());
    if options.keep { page::keep(page::Place::Systems, &text) } else { Ok(()) }
}
