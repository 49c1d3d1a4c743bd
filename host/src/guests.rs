//! The wasm engine of this process with every module that it loaded, by digest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use innkeeper_cluster::Cluster;
use innkeeper_core::binding;
use innkeeper_core::engine::Unfit;
use innkeeper_guest::{Engine, Module};
use tokio::sync::Semaphore;

use crate::wasm;

/// Modules that are loaded at once. Each may take the memory of one compilation.
const AT_ONCE: usize = 2;

/// The wasm engine, and every module that was loaded, by digest.
pub(crate) struct Guests {
    pub(crate) engine: Engine,
    modules: Mutex<HashMap<String, Module>>,
    /// The bytes of those that came from elsewhere than the cluster's own chunks, until the cluster keeps them.
    bytes: Mutex<HashMap<String, Vec<u8>>>,
    /// So many modules are loaded at once, wherever they come from.
    pub(crate) room: Arc<Semaphore>,
}

impl Guests {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, modules: Mutex::default(), bytes: Mutex::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The module of that digest.
    pub(crate) fn module(&self, digest: &str) -> Option<Module> {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Takes in a module that is loaded.
    pub(crate) fn keep(&self, module: Module) -> binding::Module {
        let bound = module.bound();
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).insert(bound.digest.clone(), module);
        bound
    }

    /// Loads bytes, and holds them; a module that was loaded before is not compiled again. The error says why it is
    /// none, or why that could not be found out.
    pub(crate) fn load(&self, bytes: Vec<u8>) -> Result<binding::Module, Unfit> {
        let module = self.engine.load(&bytes).map_err(|error| match error.category() {
            "compiler" => Unfit::Missing(wasm::sentence(&error)),
            _ => Unfit::Rejected(wasm::sentence(&error)),
        })?;
        let bound = self.keep(module);
        self.hold(bound.digest.clone(), bytes);
        Ok(bound)
    }

    /// The bytes of the module of that digest, for the last time.
    pub(crate) fn let_go(&self, digest: &str) -> Option<Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).remove(digest)
    }

    /// Puts back what could not be put elsewhere.
    pub(crate) fn hold(&self, digest: String, bytes: Vec<u8>) {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, bytes);
    }

    /// Loads bytes, as they are or packed, in a thread of its own and in its turn.
    pub(crate) async fn take(self: &Arc<Self>, bytes: Vec<u8>) -> Result<binding::Module, Unfit> {
        let _permit = self.room.acquire().await;
        self.load_apart(bytes).await
    }

    /// The module of that digest; one that is not loaded yet is read from the cluster, in its turn.
    pub(crate) async fn fetch(
        self: &Arc<Self>,
        cluster: &Cluster,
        namespace: &str,
        digest: &str,
    ) -> Result<binding::Module, Unfit> {
        if let Some(module) = self.module(digest) {
            return Ok(module.bound());
        }
        // Before its bytes are read: of many modules, only so many lie in memory.
        let _permit = self.room.acquire().await;
        // Chunks that are wrong can be made right.
        let bytes = cluster.stored_module(namespace, digest).await;
        let loaded = self.load_apart(bytes.map_err(|error| Unfit::Missing(error.to_string()))?).await;
        self.let_go(digest);
        loaded
    }

    async fn load_apart(self: &Arc<Self>, bytes: Vec<u8>) -> Result<binding::Module, Unfit> {
        let guests = self.clone();
        let load = move || guests.load(wasm::unpacked(bytes).map_err(Unfit::Rejected)?);
        let loaded = tokio::task::spawn_blocking(load).await;
        loaded.map_err(|error| Unfit::Missing(format!("loading it ended in the host: {error}")))?
    }
}
