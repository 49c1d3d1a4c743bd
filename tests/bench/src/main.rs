//! `make bench`: what the host costs, measured beside a raw writer and a kube-rs controller that keep the same
//! children on the same real API server. See docs/performance.md.
#![forbid(unsafe_code)]

mod cleanup;
mod contender;
mod figures;
mod inside;
mod kube_rs;
mod ledger;
mod machine;
mod objects;
mod options;
mod page;
mod process;
mod raw;
mod round;
mod rounds;
mod scale;
mod shares;
mod stage;
mod statistics;
mod swaps;
mod sweep;
mod systems;
mod table;
mod wasm;
mod within;

use std::process::ExitCode;

use clap::Parser as _;

use options::{Command, Line};

fn main() -> ExitCode {
    let line = Line::parse();
    let result = match line.command {
        Some(Command::Raw(options)) => blocking(raw::run(options)),
        Some(Command::KubeRs(options)) => blocking(kube_rs::run(options)),
        None if line.options.swaps => blocking(swaps::measure(&line.options)),
        Some(Command::Systems(options)) => blocking(systems::bench(options)),
        None => blocking(rounds::bench(line.options)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn blocking(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
