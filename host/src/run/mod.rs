//! `innkeeper run`: the host itself.

mod api;
mod calls;
mod crds;
mod followed;
mod gate;
mod health;
mod http;
mod loading;
mod metrics;
mod modules;
mod plans;
mod pump;
mod questions;
pub(crate) mod trace;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use innkeeper_cluster::Cluster;
use innkeeper_core::engine::{Input, Settings};
use tokio::sync::mpsc;

use crate::cli::{Access, Storage};
use crate::guests::Guests;
use crate::{logs, plan, wasm};

/// How long work in flight may take after the first SIGTERM.
const DRAIN: Duration = Duration::from_secs(25);
/// The longest pause between two tries to reach the API server at the start.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What `innkeeper run` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder of modules (*.wasm). Each is loaded, and loaded anew when its file changes.
    #[arg(long, value_name = "DIR", env = "INNKEEPER_MODULES")]
    modules: PathBuf,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    wasm: wasm::Compiling,
    #[command(flatten)]
    access: Access,
    /// Where /healthz and /readyz are served, and to this machine, for innkeeper trace, /traces/. Port 0: any free
    /// one; the log says which.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    health: SocketAddr,
    /// Where /metrics is served.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    metrics: SocketAddr,
    #[command(flatten)]
    api: api::Listening,
    /// How many guests may be called at once. Default: as many as there are cores.
    #[arg(long, value_name = "N")]
    calls: Option<usize>,
    /// How many requests to the API server may be in flight at once.
    #[arg(long, value_name = "N", default_value_t = 16)]
    requests: usize,
    /// How often every object is looked at even if nothing changed, such as 10h or 30m. The objects are spread over
    /// that time.
    #[arg(long, value_name = "TIME", default_value = "10h", value_parser = duration)]
    resync: Duration,
    /// Write nothing: every request that would change the cluster is logged and counted instead, and taken as done
    /// in memory. Objects are read and guests are called as usual.
    #[arg(long)]
    dry_run: bool,
    /// The form of logs.
    #[arg(long, value_enum, default_value_t = logs::Format::Auto)]
    log_format: logs::Format,
}

/// Runs the host until it is told to stop.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    logs::begin(options.log_format);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers(plan::cores())).enable_all().build()?;
    // On a worker, where waking it costs less than on the thread that started the runtime.
    let result = runtime.block_on(async { runtime.spawn(host(options)).await });
    runtime.shutdown_timeout(Duration::from_secs(1));
    result?
}

/// How many threads there are for the network and for deciding, beside those on which guests are called. Little of what
/// they do can be done at once, and to wake another one for it costs the more: with one on two cores, creating takes a
/// tenth less CPU time and no longer (`make bench`).
fn workers(cores: usize) -> usize {
    (cores / 2).max(1)
}

async fn host(options: Options) -> anyhow::Result<()> {
    let (inputs, received) = mpsc::channel(1024);
    let calls = options.calls.unwrap_or_else(plan::cores).max(1);
    let resync_ms = u64::try_from(options.resync.as_millis()).unwrap_or(u64::MAX);
    let settings = Settings { resync_ms, dry_run: options.dry_run, calls, ..Settings::default() };
    let state = Arc::new(health::State::default());
    let health = http::bind(options.health, "--health").await?;
    let scrape = http::bind(options.metrics, "--metrics").await?;
    let api = options.api.open().await?;
    let guests = Arc::new(Guests::new(options.wasm.engine()?));
    let folder = modules::Folder::open(&options.modules)?;
    let cluster = options.access.connect().await?;
    let metrics = Arc::new(metrics::Metrics::new(&cluster));
    let (desk, questions) = questions::Desk::new();
    tracing::info!(
        modules = %options.modules.display(),
        health = %health.local_addr()?,
        metrics = %scrape.local_addr()?,
        api = api.as_ref().map(api::Api::address).transpose()?.map(tracing::field::display),
        "innkeeper {} starts",
        env!("CARGO_PKG_VERSION")
    );
    tokio::spawn(health::serve(health, scrape, state.clone(), metrics.clone(), desk));

    if options.dry_run {
        tracing::warn!("this is a dry run: nothing is written");
    }

    let (stop, mut stopping) = tokio::sync::watch::channel(false);
    tokio::spawn(signals(stop, inputs.clone()));
    tokio::select! {
        () = reach(&cluster) => {}
        _ = stopping.changed() => return Ok(()),
    }
    folder.serve(guests.clone(), metrics.clone(), inputs.clone());
    if let Some(api) = api {
        tokio::spawn(api.serve(cluster.clone(), guests.clone(), options.storage.namespace.clone()));
    }
    let stored = modules::Stored::new(cluster.clone(), options.storage.namespace, guests.clone(), metrics.clone());
    let plans = plans::Plans::new(cluster.clone(), guests.clone());
    let followed = followed::Followed::new(cluster.clone(), guests.clone(), metrics.clone());
    let told = metrics.clone();
    tokio::spawn(guests.clone().tidy(move |ready, away| told.modules(ready, away)));
    let calls = calls::Calls::new(guests, calls, metrics.clone());
    let pump =
        pump::Pump::new(cluster, calls, (stored, followed, plans), options.requests.max(1), inputs, metrics, state);
    tokio::select! {
        () = pump.run(settings, received, questions) => {}
        () = drained_too_long(stopping) => tracing::warn!("work in flight took too long; ending all the same"),
    }
    tracing::info!("innkeeper has stopped");
    Ok(())
}

/// A time as people write it, such as `10h` or `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|e| format!("{e}"))?;
    let time = Duration::try_from(parsed).map_err(|_| "it must not be negative".to_owned())?;
    if time < Duration::from_secs(1) { Err("it must be at least 1s".to_owned()) } else { Ok(time) }
}

async fn drained_too_long(mut stopping: tokio::sync::watch::Receiver<bool>) {
    if stopping.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(DRAIN).await;
}

/// Waits until the API server answers. It may come later than the host.
async fn reach(cluster: &Cluster) {
    let mut pause = Duration::from_millis(250);
    loop {
        match cluster.version().await {
            Ok(version) => return tracing::info!("the API server answers: Kubernetes {}", version.git_version),
            Err(error) => tracing::warn!("{error} (trying again in {pause:?})"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The first signal drains, the second ends.
async fn signals(stop: tokio::sync::watch::Sender<bool>, inputs: mpsc::Sender<Input>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::error!("signals cannot be listened to; only SIGKILL ends this process");
    };
    for round in 0.. {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if round > 0 {
            tracing::warn!("told to stop a second time: ending now");
            std::process::exit(1);
        }
        tracing::info!("told to stop: finishing what is in flight");
        let _ = stop.send(true);
        let _ = inputs.send(Input::Stop).await;
    }
}
