//! The command `innkeeper-controlplane`: a control plane in the foreground, or just its binaries.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use innkeeper_controlplane::{Binaries, ControlPlane, Options};
use tokio::signal::unix::{SignalKind, signal};

/// A real Kubernetes control plane on loopback. Nodes are simulated by kwok; all else is real.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Start a control plane and keep it until Ctrl-C, SIGTERM or the death of this process.
    Run {
        /// Also write the administrator's kubeconfig here; it is removed at the end.
        #[arg(long, value_name = "FILE")]
        kubeconfig_out: Option<PathBuf>,
        /// How many Nodes there are.
        #[arg(long, default_value_t = 1)]
        nodes: usize,
        /// Only etcd and the API server: no controllers, no scheduler, no Nodes.
        #[arg(long)]
        api_server_only: bool,
        /// End when standard input does, so that whoever holds its other end cannot leave us behind.
        #[arg(long)]
        until_stdin_closes: bool,
    },
    /// Find or build the binaries, and print a folder that has all of them.
    Binaries,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Task::Run { kubeconfig_out, nodes, api_server_only, until_stdin_closes } => {
            let options =
                if api_server_only { Options::api_server_only() } else { Options::default().with_nodes(nodes) };
            run(&options, kubeconfig_out, until_stdin_closes)
        }
        Task::Binaries => {
            println!("{}", Binaries::ensure()?.folder().display());
            Ok(())
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run(options: &Options, kubeconfig_out: Option<PathBuf>, until_stdin_closes: bool) -> Result<()> {
    let began = Instant::now();
    eprintln!("control plane: starting");
    // A signal while it starts ends this process as usual; then the guardian cleans up.
    let control_plane = ControlPlane::start_with(options)?;
    let mut kubeconfig = control_plane.kubeconfig();
    if let Some(path) = &kubeconfig_out {
        std::fs::create_dir_all(path.parent().unwrap_or(path))
            .and_then(|()| std::fs::copy(&kubeconfig, path))
            .and_then(|_| path.canonicalize())
            .map(|path| kubeconfig = path)
            .with_context(|| format!("cannot write the kubeconfig to {}", path.display()))?;
    }
    eprintln!(
        "control plane: ready after {:.1} s; logs in {}/logs",
        began.elapsed().as_secs_f32(),
        control_plane.folder()?.display()
    );
    println!("export KUBECONFIG={}", kubeconfig.display());

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        () = end_of_stdin(), if until_stdin_closes => {}
    }
    eprintln!("control plane: stopping");
    drop(control_plane);
    if let Some(path) = kubeconfig_out {
        // Its certificate is worthless now. Someone else may have removed it: then all is well.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// On a thread of its own, which nobody waits for: a read of standard input cannot be given up.
async fn end_of_stdin() {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // An error ends it as well as an end does.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = tell.send(());
    });
    let _ = told.await;
}
