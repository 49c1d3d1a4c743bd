//! Modules: from files in the folder to loaded guests, and the guests by their digest.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use innkeeper_core::binding;
use innkeeper_core::engine::{Input, News};
use innkeeper_core::kind::Key;
use innkeeper_guest::{Change, Engine, Level, LogLine, Module};
use tokio::sync::mpsc;

use super::loading::Lanes;
use super::metrics::Metrics;

/// The wasm engine, and every module that was loaded, by digest.
pub(super) struct Guests {
    pub(super) engine: Engine,
    modules: Mutex<HashMap<String, Module>>,
}

impl Guests {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, modules: Mutex::default() }
    }

    /// The module of that digest.
    pub(super) fn module(&self, digest: &str) -> Option<Module> {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Loads bytes; a module that was loaded before is not compiled again.
    fn load(&self, bytes: &[u8]) -> News {
        match self.engine.load(bytes) {
            Ok(module) => {
                let (digest, manifest) = (module.digest().to_owned(), Arc::new(module.manifest().clone()));
                self.modules.lock().unwrap_or_else(PoisonError::into_inner).insert(digest.clone(), module);
                News::Loaded(binding::Module { digest, manifest })
            }
            Err(error) => News::Rejected(sentence(&error)),
        }
    }
}

/// An error with its sources, in one line.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
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
            let mut lanes = Lanes::new(Arc::new(move |change| input(&guests, &metrics, change)), inputs.clone());
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
        Change::Written { path, bytes } => (path, guests.load(&bytes)),
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

/// Writes a guest's words into the host's log.
pub(super) fn log(object: &Key, line: &LogLine) {
    match line.level {
        Level::Debug => tracing::debug!(%object, guest = true, "{}", line.message),
        Level::Info => tracing::info!(%object, guest = true, "{}", line.message),
        Level::Warn => tracing::warn!(%object, guest = true, "{}", line.message),
        Level::Error => tracing::error!(%object, guest = true, "{}", line.message),
    }
}
