//! The command line.

mod approve;
mod bench;
mod build;
mod compile;
mod diff;
mod get;
mod given;
mod inspect;
mod manifests;
mod new;
mod objects;
mod plan;
mod push;
mod render;
mod rollback;
mod rollout;
mod table;
mod test;
mod trace;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use innkeeper_cluster::{Cluster, Connect};

use crate::logs;
use crate::reconciler;
use crate::run;

/// Keeps many kinds with one operator whose reconcile logic is WebAssembly.
///
/// The host watches every CustomResourceDefinition. A kind that has a guest, a wasm module, is kept: the
/// guest decides which children each object should have, the host makes the cluster so. Modules can be
/// swapped while everything runs.
#[derive(Debug, Parser)]
#[command(name = "innkeeper", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the host: keep every kind that a module of the folder decides for.
    ///
    /// Example: innkeeper run --modules target/guests
    Run(run::Options),
    /// List kinds and the modules that keep them, or objects and the module that decides for each.
    ///
    /// Reads CustomResourceDefinitions and Reconcilers, or the objects of one, with your own
    /// kubeconfig. A kind without a guest is listed as such.
    ///
    /// Example: innkeeper get custom-http
    #[command(verbatim_doc_comment)]
    Get(get::Options),
    /// Tell why an object was looked at last, and what came of it.
    ///
    /// The running host tells: what led to it, which module decided, what it read, how long each part
    /// took, what was asked of the API server and what changed, what failed, and when it is looked at
    /// again. Names, sizes and results only, never the content of an object. It keeps the last 3
    /// reconciles of each object, of 10,000 objects at most, in memory.
    ///
    /// A host answers on the machine that it runs on. One in a cluster is reached so:
    /// kubectl port-forward POD 8081
    ///
    /// Exit codes: 0 found; 1 not known, with why and what to do; 2 wrong usage.
    ///
    /// Example: innkeeper trace kindcustomhttp/ping -n default
    #[command(verbatim_doc_comment)]
    Trace(trace::Options),
    /// Tell what modules say of themselves, or why a host would reject them.
    ///
    /// Each is loaded as a host loads it: checked against the contract, compiled within the same
    /// bounds, and asked to describe itself. What was compiled is kept for the host. Of one module
    /// its imports and the rights that it wants are shown too. No cluster is needed.
    ///
    /// Exit codes: 0 all can be loaded; 1 one cannot, with why; 2 wrong usage.
    ///
    /// Example: innkeeper inspect target/guests/*.wasm
    #[command(verbatim_doc_comment)]
    Inspect(inspect::Options),
    /// Show what a module would change, without changing it.
    ///
    /// Every object of the kind is listed with your own kubeconfig and rights, the module that serves
    /// and the new one are called for each of them in this process, and what they say is compared:
    /// children created, changed, deleted and made anew, deleted, and what is said of the object
    /// itself, with a diff of each. Nothing is written. Values of Secrets are not shown.
    ///
    /// You need to get, list and watch what the host does: CustomResourceDefinitions, Reconcilers,
    /// the kind, its children, and what the modules read; and to get the configmaps that keep the
    /// module that serves.
    ///
    /// Exit codes: 0 nothing would change; 1 failed, with why; 2 something would change (or wrong
    /// usage).
    ///
    /// Example: innkeeper plan target/guests/custom-http.wasm
    #[command(verbatim_doc_comment)]
    Plan(plan::Options),
    /// Put a module into the cluster and let it take over.
    ///
    /// The module is checked as a host checks it, cut into chunks, kept in the cluster under its
    /// digest, and named by its Reconciler: all with your own kubeconfig and rights. The host reads,
    /// loads and swaps it; where it cannot, the module before stays in service. A push of what
    /// decides already changes nothing.
    ///
    /// You need to get and create configmaps in the namespace, and to get, create and patch
    /// reconcilers.
    ///
    /// Exit codes: 0 it decides; 1 it does not, with why; 2 wrong usage.
    ///
    /// Example: innkeeper push target/guests/custom-http.wasm
    #[command(verbatim_doc_comment)]
    Push(push::Options),
    /// Let a module take over that waits for approval.
    ///
    /// Where a Reconciler says spec.rollout.plan, the host works out what another module would change
    /// before it takes over, and the module may wait for a person: exactly the one that was planned
    /// is approved, by an annotation on the Reconciler with your own rights.
    ///
    /// Exit codes: 0 it decides; 1 it does not, with why; 2 wrong usage.
    ///
    /// Example: innkeeper approve custom-http
    #[command(verbatim_doc_comment)]
    Approve(approve::Options),
    /// Let a module decide again that decided before.
    ///
    /// Which ones did is in the history of the Reconciler's status. The host has it loaded, or
    /// compiled, so that nothing is compiled; no plan and no approval is waited for. The one that
    /// decides now is remembered as left: nothing but a push or an approval brings it back.
    ///
    /// Exit codes: 0 it decides; 1 it does not, with why; 2 wrong usage.
    ///
    /// Example: innkeeper rollback custom-http
    #[command(verbatim_doc_comment)]
    Rollback(rollback::Options),
    /// Tell how far a module has taken over in steps, or pause, resume, promote or abort that.
    ///
    /// Where a Reconciler says spec.rollout.steps, another module takes over step by step: of the
    /// objects, those decide first whose uid or labels say so. A step is followed by the next when
    /// the objects are ready and the pause is over. Where the new module fails on more objects than
    /// maxFailures, the host leaves it for the one before by itself.
    ///
    /// The same by kubectl: spec.rollout.paused; the annotation innkeeper.dev/promoted with the
    /// digest; spec.module.
    ///
    /// Exit codes: 0 done; 1 not, with why; 2 wrong usage.
    ///
    /// Example: innkeeper rollout status custom-http
    #[command(verbatim_doc_comment, subcommand)]
    Rollout(rollout::Command),
    /// Make a guest's project: a type, a function, a scenario, a story in Rust.
    ///
    /// It builds and passes both as it is. The SDK comes from a clone of Innkeeper's
    /// repository, or from its URL.
    ///
    /// Example: innkeeper new web-site --group shop.example.com
    #[command(verbatim_doc_comment)]
    New(new::Options),
    /// Build a guest's project to a module.
    ///
    /// With cargo, for wasm32-unknown-unknown; the module is put where scenarios find it,
    /// target/guests/NAME.wasm, after it was loaded as a host loads it. Where the toolchain lacks
    /// something, it says what to install.
    ///
    /// Example: innkeeper build guests/custom-http
    #[command(verbatim_doc_comment)]
    Build(build::Options),
    /// Print the children that a module would make of an object, as YAML.
    ///
    /// The object is put into a simulated cluster, with the objects of --with, and the guest is called
    /// as in production. No cluster is needed.
    ///
    /// Exit codes: 0 done; 1 the object is refused or the guest fails, with why; 2 wrong usage.
    ///
    /// Example: innkeeper render target/guests/custom-http.wasm web.yaml
    #[command(verbatim_doc_comment)]
    Render(render::Options),
    /// Tell what a call of a guest takes: time, memory, bytes.
    ///
    /// The object is put into a simulated cluster, and the guest is called many times with the question
    /// that the host asked last, each time in a fresh instance. No cluster is needed.
    ///
    /// Example: innkeeper bench target/guests/custom-http.wasm web.yaml
    #[command(verbatim_doc_comment)]
    Bench(bench::Options),
    /// Play scenarios: what a guest makes of what somebody does, without a cluster.
    ///
    /// A scenario is a YAML file: what is given, what somebody does, what is expected then. The real
    /// module and the same decisions as in production run in this process, around a simulated API
    /// server; time passes only when the scenario says so. Each has a cluster of its own.
    ///
    /// With --cluster each is played against the API server of the kubeconfig too, by a host that is
    /// started for that, and what is there in the end must be the same but for what the server sets:
    /// the objects, which of their fields the host wrote, and its Events.
    /// That takes a cluster whose kinds nobody else keeps: namespaces are made and deleted, and the CRDs
    /// of the modules are applied and stay.
    ///
    /// Ctrl-C prints what was found so far. A guest that hangs or eats memory ends its scenario alone.
    ///
    /// Without a PATH, every *.yaml in a folder `scenarios` here or below is played. Its module is
    /// target/guests/NAME.wasm here or in a folder above, unless the scenario or --module says another.
    ///
    /// Exit codes: 0 all pass; 1 some fail, with what was otherwise and what happened; 2 a scenario
    /// makes no sense, with its line (or wrong usage).
    ///
    /// Example: innkeeper test guests/custom-http
    #[command(verbatim_doc_comment)]
    Test(test::Options),
    /// Print the CustomResourceDefinition of the kind Reconciler as YAML.
    ///
    /// Example: innkeeper manifests | kubectl apply --server-side -f -
    Manifests,
    /// Compile one module: the process that a host starts for it.
    #[command(hide = true)]
    Compile(compile::Options),
}

/// Which cluster.
#[derive(Clone, Debug, Args)]
pub(crate) struct Access {
    /// The kubeconfig file. Default: the variable KUBECONFIG, ~/.kube/config, or the Pod's service account.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig. Default: its current one.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl Access {
    /// The same, as it is said on a command line.
    fn arguments(&self) -> Vec<std::ffi::OsString> {
        let file = self.kubeconfig.iter().flat_map(|file| ["--kubeconfig".into(), file.clone().into_os_string()]);
        let context = self.context.iter().flat_map(|name| ["--context".into(), name.into()]);
        file.chain(context).collect()
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Cluster> {
        let connect = Connect { kubeconfig: self.kubeconfig.clone(), context: self.context.clone() };
        Ok(Cluster::connect(connect).await?)
    }
}

/// Where the cluster keeps modules.
#[derive(Clone, Debug, Args)]
pub(crate) struct Storage {
    /// The namespace in which the cluster keeps modules: the same for the host and for everybody who pushes.
    #[arg(long, value_name = "NAME", env = "INNKEEPER_NAMESPACE", default_value = "innkeeper")]
    pub(crate) namespace: String,
}

/// How long to wait for a host.
#[derive(Clone, Debug, Args)]
struct Patience {
    /// How long to wait until a host has taken it up, such as 30s. 0s: not at all.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = reconciler::patience)]
    timeout: Duration,
}

/// Runs the command line. Exit codes: 0 done, 1 failed, 2 wrong usage.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Plan(options) => return ended(blocking(plan::plan(options))),
        Command::Test(options) => return ended(test::test(&options)),
        Command::Bench(options) => bench::bench(&options),
        Command::New(options) => new::new(&options),
        Command::Build(options) => build::build(&options),
        Command::Render(options) => render::render(&options),
        Command::Run(options) => run::run(options),
        Command::Get(options) => blocking(get::get(options)),
        Command::Trace(options) => blocking(trace::trace(options)),
        Command::Inspect(options) => inspect::inspect(&options),
        Command::Approve(options) => blocking(approve::approve(options)),
        Command::Push(options) => blocking(push::push(options)),
        Command::Rollback(options) => blocking(rollback::rollback(options)),
        Command::Rollout(command) => blocking(rollout::rollout(command)),
        Command::Manifests => manifests::print(),
        Command::Compile(options) => compile::compile(&options),
    };
    ended(result.map(|()| ExitCode::SUCCESS))
}

fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            tracing::debug!(?error, "failed");
            eprintln!("innkeeper: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn blocking<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    logs::begin(logs::Format::Auto);
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
