//! Modules: from files in the folder, and from what the cluster keeps, to loaded guests.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use innkeeper_cluster::Cluster;
use innkeeper_core::engine::{Input, News, Unfit};
use innkeeper_core::kind::Key;
use innkeeper_core::names::HOST_MANAGER;
use innkeeper_core::object::short;
use innkeeper_guest::{Change, Level, LogLine};
use tokio::sync::mpsc;

use super::loading::Lanes;
use super::metrics::Metrics;
use crate::guests::Guests;

/// The folder of modules.
pub(super) struct Folder {
    folder: innkeeper_guest::Folder,
}

impl Folder {
    /// Opens it; the error says why it cannot be watched.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let folder = innkeeper_guest::Folder::open(path).map_err(|error| anyhow::anyhow!("--modules: {error}"))?;
        Ok(Self { folder })
    }

    /// Loads every module that is there, then each that changes, on threads of their own.
    pub(super) fn serve(self, guests: Arc<Guests>, metrics: Arc<Metrics>, inputs: mpsc::Sender<Input>) {
        let room = guests.room.clone();
        let mut lanes = Lanes::new(Arc::new(move |change| input(&guests, &metrics, change)), inputs.clone(), room);
        std::thread::spawn(move || {
            let (first, changes) = self.folder.watch();
            let begun: Vec<_> = first.into_iter().map(|change| lanes.take(change)).collect();
            // A hang-up is the only thing that ever comes.
            for done in begun {
                let _ = done.recv();
            }
            if inputs.blocking_send(Input::ModulesRead).is_err() {
                return;
            }
            for change in changes {
                lanes.take(change);
            }
        });
    }
}

fn input(guests: &Guests, metrics: &Metrics, change: Change) -> Input {
    let (path, news) = match change {
        Change::Written { path, bytes } => {
            (path, guests.load(bytes).map_or_else(|unfit| News::Rejected(unfit.why()), News::Loaded))
        }
        Change::Removed { path } => (path, News::Removed),
        Change::Unreadable { path, error } => (path, News::Rejected(error)),
    };
    match news {
        News::Loaded(_) => metrics.module(true),
        News::Rejected(_) => metrics.module(false),
        News::Removed => {}
    }
    let source = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    Input::Module { source, news }
}

/// A module that has just begun to decide is called before its bytes are sent to the API server: that is a lot of work.
const CALLS_FIRST: Duration = Duration::from_millis(100);

/// The modules that the cluster keeps.
pub(super) struct Stored {
    cluster: Cluster,
    /// The namespace of their chunks.
    namespace: String,
    guests: Arc<Guests>,
    metrics: Arc<Metrics>,
}

impl Stored {
    pub(super) fn new(cluster: Cluster, namespace: String, guests: Arc<Guests>, metrics: Arc<Metrics>) -> Self {
        Self { cluster, namespace, guests, metrics }
    }

    /// Reads the module of that digest and loads it; what comes of it comes as an input.
    pub(super) fn fetch(self: &Arc<Self>, digest: String, inputs: mpsc::Sender<Input>) {
        let this = self.clone();
        tokio::spawn(async move {
            let result = this.guests.fetch(&this.cluster, &this.namespace, &digest).await;
            if !matches!(result, Err(Unfit::Missing(_))) {
                this.metrics.module(result.is_ok());
            }
            let _ = inputs.send(Input::Fetched(digest, result)).await;
        });
    }

    /// Puts the module of that digest there, a moment later; what comes of it comes as an input.
    pub(super) fn keep(self: &Arc<Self>, digest: String, inputs: mpsc::Sender<Input>) {
        let this = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(CALLS_FIRST).await;
            let result = this.put(&digest).await;
            let _ = inputs.send(Input::Kept(digest, result)).await;
        });
    }

    async fn put(&self, digest: &str) -> Result<(), String> {
        // What came from there needs no bytes, and has to be there still.
        let Some(bytes) = self.guests.let_go(digest) else {
            let kept = self.cluster.stored_module(&self.namespace, digest).await;
            return kept.map(drop).map_err(|error| error.to_string());
        };
        let stored = self.cluster.store_module(&self.namespace, HOST_MANAGER, &bytes, |_, _| {}).await;
        stored.map_err(|error| {
            self.guests.hold(digest.to_owned(), bytes);
            error.to_string()
        })
    }

    /// Nobody needs the bytes of the module of that digest in this process.
    pub(super) fn let_go(&self, digest: &str) {
        self.guests.let_go(digest);
    }

    /// Nobody names the module of that digest any more. What cannot be deleted stays, and the log says so.
    pub(super) fn discard(self: &Arc<Self>, digest: String) {
        let this = self.clone();
        tokio::spawn(async move {
            match this.cluster.discard_module(&this.namespace, &digest).await {
                Ok(()) => tracing::info!("the cluster need not keep the module {} any more", short(&digest)),
                Err(error) => tracing::warn!("{error}"),
            }
        });
    }
}

/// Writes a guest's words into the host's log.
pub(super) fn log(object: &Key, line: &LogLine) {
    match line.level {
        Level::Debug => tracing::debug!(%object, guest = true, "{}", line.message),
        Level::Info => tracing::info!(%object, guest = true, "{}", line.message),
        Level::Warn => tracing::warn!(%object, guest = true, "{}", line.message),
        Level::Error => tracing::error!(%object, guest = true, "{}", line.message),
    }
}
