//! Modules: from files in the folder to loaded guests, and the guests by their digest.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use innkeeper_cluster::Cluster;
use innkeeper_core::binding;
use innkeeper_core::engine::{Input, News, Unfit};
use innkeeper_core::kind::Key;
use innkeeper_guest::{Change, Engine, Level, LogLine, Module};
use tokio::sync::{Semaphore, mpsc};

use super::loading::Lanes;
use super::metrics::Metrics;
use crate::wasm;

/// Modules that are loaded at once. Each may take the memory of one compilation.
const AT_ONCE: usize = 2;

/// The wasm engine, and every module that was loaded, by digest.
pub(super) struct Guests {
    pub(super) engine: Engine,
    modules: Mutex<HashMap<String, Module>>,
    /// So many modules are loaded at once, wherever they come from.
    pub(super) room: Arc<Semaphore>,
}

impl Guests {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, modules: Mutex::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The module of that digest.
    pub(super) fn module(&self, digest: &str) -> Option<Module> {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Loads bytes; a module that was loaded before is not compiled again. The error says why it is none, or why that
    /// could not be found out.
    pub(super) fn load(&self, bytes: &[u8]) -> Result<binding::Module, Unfit> {
        let module = self.engine.load(bytes).map_err(|error| match error.category() {
            "compiler" => Unfit::Missing(wasm::sentence(&error)),
            _ => Unfit::Rejected(wasm::sentence(&error)),
        })?;
        let bound = bound(&module);
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).insert(bound.digest.clone(), module);
        Ok(bound)
    }
}

/// A module as the engine knows it.
fn bound(module: &Module) -> binding::Module {
    binding::Module { digest: module.digest().to_owned(), manifest: Arc::new(module.manifest().clone()) }
}

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
        std::thread::spawn(move || {
            let room = guests.room.clone();
            let mut lanes = Lanes::new(Arc::new(move |change| input(&guests, &metrics, change)), inputs.clone(), room);
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
            (path, guests.load(&bytes).map_or_else(|unfit| News::Rejected(unfit.why()), News::Loaded))
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

/// The modules that the cluster keeps.
pub(super) struct Pushed {
    cluster: Cluster,
    /// The namespace of their chunks.
    namespace: String,
    guests: Arc<Guests>,
    metrics: Arc<Metrics>,
}

impl Pushed {
    pub(super) fn new(cluster: Cluster, namespace: String, guests: Arc<Guests>, metrics: Arc<Metrics>) -> Self {
        Self { cluster, namespace, guests, metrics }
    }

    /// Reads the module of that digest and loads it; what comes of it comes as an input.
    pub(super) fn fetch(self: &Arc<Self>, digest: String, inputs: mpsc::Sender<Input>) {
        let this = self.clone();
        tokio::spawn(async move {
            let result = this.load(&digest).await;
            if !matches!(result, Err(Unfit::Missing(_))) {
                this.metrics.module(result.is_ok());
            }
            let _ = inputs.send(Input::Fetched(digest, result)).await;
        });
    }

    async fn load(&self, digest: &str) -> Result<binding::Module, Unfit> {
        if let Some(module) = self.guests.module(digest) {
            return Ok(bound(&module));
        }
        let _permit = self.guests.room.acquire().await;
        // Chunks that are wrong can be made right.
        let bytes = self.cluster.stored_module(&self.namespace, digest).await;
        let bytes = bytes.map_err(|error| Unfit::Missing(error.to_string()))?;
        let guests = self.guests.clone();
        let loaded = tokio::task::spawn_blocking(move || guests.load(&bytes)).await;
        loaded.map_err(|error| Unfit::Missing(format!("loading it ended in the host: {error}")))?
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
