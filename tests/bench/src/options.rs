//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::systems;

/// Measures the host beside a raw writer and a kube-rs controller, on a control plane of its own.
///
/// Tables go to standard output, progress to standard error, all figures to a file as JSON.
#[derive(Debug, Parser)]
#[command(name = "innkeeper-bench", version, max_term_width = 100)]
pub(crate) struct Line {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// The contenders that are processes of this program.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The raw writer: applies children and a status as it is told, and decides nothing.
    #[command(hide = true)]
    Raw(ContenderOptions),
    /// A controller as kube-rs' examples write it.
    #[command(hide = true)]
    KubeRs(ContenderOptions),
    /// Measures the guests of whole systems instead: their size and calls, what a switched Site calls, and many kinds
    /// in one host beside as many kube-rs operators.
    Systems(systems::Options),
}

#[derive(Debug, Args)]
pub(crate) struct ContenderOptions {
    #[arg(long)]
    pub(crate) kubeconfig: PathBuf,
    /// Requests in flight (the raw writer).
    #[arg(long, default_value_t = 8)]
    pub(crate) concurrency: usize,
    /// Write what the host adds to children and status too, and watch what it must watch (the raw writer).
    #[arg(long)]
    pub(crate) burdened: bool,
    /// Keep all five kinds in stores and apply nothing (the kube-rs controller).
    #[arg(long)]
    pub(crate) reflect: bool,
}

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Who {
    /// Applies the same children and one status per object, and decides nothing: the limit.
    Raw,
    /// The same with the API server's burden of a controller: it also writes marks on each child and conditions, as
    /// the host does, and watches all five kinds, of which it throws away what it is told. The limit of the host.
    Burdened,
    /// The host with a guest.
    Innkeeper,
    /// A kube-rs controller written in the usual way.
    KubeRs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// How many objects there are; several sizes are measured one after the other.
    #[arg(long, value_delimiter = ',', default_value = "500,1000", value_name = "N,…")]
    pub(crate) objects: Vec<usize>,
    /// How many rounds, each with every contender.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) rounds: usize,
    /// How long it is looked whether a contender that has nothing to do is quiet.
    #[arg(long, default_value_t = 30.0, value_name = "S")]
    pub(crate) quiet_seconds: f64,
    /// How long a restarted contender is watched after it has come to rest.
    #[arg(long, default_value_t = 10.0, value_name = "S")]
    pub(crate) restart_seconds: f64,
    /// Nothing asked for so long is rest.
    #[arg(long, default_value_t = 2.0, value_name = "S")]
    pub(crate) rest_seconds: f64,
    /// How often the guest is called in this process, to measure the wasm path. 0: not at all.
    #[arg(long, default_value_t = 2000, value_name = "N")]
    pub(crate) calls: usize,
    /// Measure what grows with the number of objects too, at 1,000 and 10,000 (some ten minutes more).
    #[arg(long)]
    pub(crate) scale: bool,
    /// Measure swaps of modules and plans, and nothing else.
    #[arg(long)]
    pub(crate) swaps: bool,
    /// How many swaps there are then while objects are changed.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(crate) turns: usize,
    /// Over how many objects it is planned then. 0: not at all.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) planned: usize,
    /// Who takes part.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "raw,innkeeper,kube-rs")]
    pub(crate) contenders: Vec<Who>,
    /// Requests in flight of the raw writer. Default: those at which it is fastest, found by trying.
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<usize>,
    /// Run Kubernetes' controllers too, so that Deployments become ready. They write as well, which slows
    /// everybody down.
    #[arg(long)]
    pub(crate) controllers: bool,
    /// The host's program. Default: the one beside this program.
    #[arg(long, value_name = "FILE")]
    pub(crate) host: Option<PathBuf>,
    /// The guest that the host is given. Default: test-guests/fleet.wasm in the target folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) guest: Option<PathBuf>,
    /// Where the figures go. Default: bench/latest.json in the target folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write the tables into docs/performance.md.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Show everything that each contender asked for, by verb and resource, phase by phase.
    #[arg(long)]
    pub(crate) verbose: bool,
}

impl Options {
    /// The host's program.
    pub(crate) fn host(&self) -> anyhow::Result<PathBuf> {
        host_or(self.host.as_ref())
    }

    /// The guest's module.
    pub(crate) fn guest(&self) -> anyhow::Result<PathBuf> {
        let path = match &self.guest {
            Some(path) => path.clone(),
            None => target_folder()?.join("test-guests/fleet.wasm"),
        };
        there(path, "the guest", "make test-guests builds it; --guest names another")
    }

    /// Where the figures go.
    pub(crate) fn out(&self) -> anyhow::Result<PathBuf> {
        match &self.out {
            Some(path) => Ok(path.clone()),
            None => Ok(target_folder()?.join("bench/latest.json")),
        }
    }
}

/// The host's program: the one that is named, else the one beside this program.
pub(crate) fn host_or(named: Option<&PathBuf>) -> anyhow::Result<PathBuf> {
    let path = match named {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("innkeeper"),
    };
    there(path, "the host", "make bench builds it; --host names another")
}

/// A guest of this project, by name.
pub(crate) fn guest(name: &str) -> anyhow::Result<PathBuf> {
    there(target_folder()?.join(format!("guests/{name}.wasm")), "the guest", "make guests builds it")
}

/// How this program was built, and so the host beside it.
pub(crate) fn build() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

/// Cargo's target folder, in which this program lies at `<profile>/`.
pub(crate) fn target_folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.ancestors().nth(2);
    folder.map(std::path::Path::to_owned).ok_or_else(|| anyhow::anyhow!("{} lies nowhere", program.display()))
}

fn there(path: PathBuf, what: &str, help: &str) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(path.is_file(), "{what} is not at {}: {help}", path.display());
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_whole_and_says_what_it_means() {
        <Line as clap::CommandFactory>::command().debug_assert();
        let line = Line::try_parse_from(["bench", "--objects", "3,4", "--contenders", "raw,kube-rs"]);
        let options = line.expect("a good command line").options;
        assert_eq!((options.objects, options.contenders), (vec![3, 4], vec![Who::Raw, Who::KubeRs]));
    }

    #[test]
    fn a_host_that_is_not_there_is_named() {
        let line = Line::try_parse_from(["bench", "--host", "/nowhere/innkeeper"]).expect("a good command line");
        let why = line.options.host().expect_err("it is not there").to_string();
        assert!(why.contains("/nowhere/innkeeper") && why.contains("--host"), "{why}");
    }
}
