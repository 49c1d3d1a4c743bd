//! `innkeeper test`: scenarios, played in this process.

mod cases;
mod print;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;

use crate::wasm;

/// What `innkeeper test` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Scenario files, or folders in which they are looked for. Default: this folder.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The module of scenarios that name none, instead of the one that their place says.
    #[arg(long, value_name = "FILE")]
    module: Vec<PathBuf>,
    /// Only scenarios whose file or sentence has this in it.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How many are played at once. Default: as many as there are cores.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t = Form::Table)]
    output: Form,
    #[command(flatten)]
    wasm: wasm::Compiling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people.
    Table,
    /// JSON.
    Json,
    /// JUnit XML, as CI systems read it.
    Junit,
}

/// Plays them, and tells what came of each.
pub(super) fn test(options: &Options) -> anyhow::Result<ExitCode> {
    let here = [PathBuf::from(".")];
    let paths = if options.paths.is_empty() { &here[..] } else { &options.paths };
    let mut files = Vec::new();
    for path in paths {
        match innkeeper_harness::scenario::find(path) {
            Ok(found) => files.extend(found),
            Err(error) => return Ok(misused(&format!("{}: {error}", path.display()))),
        }
    }
    if files.is_empty() {
        return Ok(misused("there is no scenario: a *.yaml in a folder `scenarios`, or name its file"));
    }
    let jobs = options.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from)).max(1);
    let cases = cases::play(&files, options.filter.as_deref(), &options.module, &options.wasm.engine()?, jobs);
    if cases.is_empty() {
        bail!(
            "of {} scenarios none has {:?} in its file or sentence",
            files.len(),
            options.filter.as_deref().unwrap_or_default()
        );
    }
    let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = match options.output {
        Form::Table => print::table(&cases, coloured),
        Form::Json => serde_json::to_string_pretty(&cases)? + "\n",
        Form::Junit => print::junit(&cases),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if cases.iter().any(|case| case.result == cases::Came::Wrong) {
        ExitCode::from(2)
    } else if cases.iter().any(|case| case.result == cases::Came::Failed) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn misused(why: &str) -> ExitCode {
    eprintln!("innkeeper: {why}");
    ExitCode::from(2)
}
