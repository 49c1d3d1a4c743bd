//! `innkeeper test`: scenarios, played in this process.

mod both;
mod cases;
mod print;
mod progress;
mod stop;
mod watch;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use innkeeper_guest::Engine;

use super::Access;
use crate::{plan, wasm};
use progress::Progress;

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
    /// Write the snapshots that scenarios name, for review, instead of comparing with them.
    #[arg(long)]
    update: bool,
    /// Build and play again whenever a scenario, a module or a guest's source changes.
    #[arg(long, conflicts_with = "cluster")]
    watch: bool,
    /// Tell on stderr how far it is, also where that is no terminal.
    #[arg(long)]
    progress: bool,
    /// Play each against the API server of the kubeconfig too, one after the other, and compare.
    #[arg(long)]
    cluster: bool,
    #[command(flatten)]
    access: Access,
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
    let wasm = options.wasm.engine()?;
    stop::listen()?;
    if options.watch { watch::again_and_again(options, &wasm) } else { round(options, &wasm) }
}

/// The scenario files that are meant.
fn files(options: &Options) -> Result<Vec<PathBuf>, String> {
    let here = [PathBuf::from(".")];
    let paths = if options.paths.is_empty() { &here[..] } else { &options.paths };
    let mut files = Vec::new();
    for path in paths {
        files.extend(innkeeper_harness::scenario::find(path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    Ok(files)
}

/// All of them, once.
fn round(options: &Options, wasm: &Engine) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let files = match files(options) {
        Ok(files) if files.is_empty() => {
            return Ok(misused("there is no scenario: a *.yaml in a folder `scenarios`, or name its file"));
        }
        Ok(files) => files,
        Err(why) => return Ok(misused(&why)),
    };
    let jobs = options.jobs.unwrap_or_else(plan::cores).max(1);
    let filter = options.filter.as_deref();
    let progress = Progress::new(options.progress, files.len());
    let chosen =
        cases::Chosen { files: &files, filter, modules: &options.module, update: options.update, progress: &progress };
    let cases = match options.cluster {
        false => cases::play(&chosen, wasm, jobs),
        true => super::blocking(cases::play_both(&chosen, wasm, &options.access))?,
    };
    progress.end();
    if cases.is_empty() && !stop::is_wanted() {
        let count = files.len();
        return Ok(misused(&format!(
            "of {count} scenarios none has {:?} in its file or sentence",
            filter.unwrap_or_default()
        )));
    }
    let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = match options.output {
        Form::Table => print::table(&cases, began.elapsed(), coloured),
        Form::Json => serde_json::to_string_pretty(&cases)? + "\n",
        Form::Junit => print::junit(&cases, began.elapsed()),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    if stop::is_wanted() {
        eprintln!("innkeeper: told to stop; not all scenarios were played");
        return Ok(ExitCode::from(130));
    }
    let any = |result| cases.iter().any(|case| case.result == result);
    Ok(match (any(cases::Came::Wrong), any(cases::Came::Failed)) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    })
}

fn misused(why: &str) -> ExitCode {
    eprintln!("innkeeper: {why}");
    ExitCode::from(2)
}
