//! The wasm engine of this process with the modules that it loaded, by digest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use innkeeper_cluster::Cluster;
use innkeeper_core::binding;
use innkeeper_core::engine::Unfit;
use innkeeper_core::object;
use innkeeper_guest::{Engine, Module};
use tokio::sync::Semaphore;

use crate::wasm;

/// Modules that are loaded at once. Each may take the memory of one compilation.
const AT_ONCE: usize = 2;

/// Modules that stay loaded though nobody speaks of them: who goes back, goes back to one of the last.
const SPARE: usize = 16;

/// How long nobody calls a module until its code is put away, and how often that is looked at.
const IDLE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_secs(1);

/// The wasm engine, and the modules that are loaded, by digest.
pub(crate) struct Guests {
    pub(crate) engine: Engine,
    modules: Mutex<Loaded>,
    /// The bytes of those that came from elsewhere than the cluster's own chunks, until the cluster keeps them.
    bytes: Mutex<HashMap<String, Vec<u8>>>,
    /// So many modules are loaded at once, wherever they come from.
    pub(crate) room: Arc<Semaphore>,
}

/// Modules by digest, each with how many had been loaded when somebody spoke of it last.
#[derive(Default)]
struct Loaded {
    of: HashMap<String, (u64, Module)>,
    ever: u64,
}

impl Loaded {
    /// Takes one in, and lets go of those that nobody speaks of, but for so many of the last. Calls that run have what
    /// they need.
    fn take(&mut self, module: Module, spare: usize) -> binding::Module {
        self.ever += 1;
        let (_, module) = self.of.entry(module.digest().to_owned()).or_insert((self.ever, module));
        let bound = module.bound();
        for (age, module) in self.of.values_mut() {
            if module.is_bound() {
                *age = self.ever;
            }
        }
        let unbound = self.of.values().filter(|(_, module)| !module.is_bound());
        let mut unbound: Vec<(u64, String)> = unbound.map(|(age, module)| (*age, module.digest().to_owned())).collect();
        unbound.sort_unstable();
        for (_, digest) in unbound.iter().rev().skip(spare) {
            self.of.remove(digest);
        }
        bound
    }
}

impl Guests {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, modules: Mutex::default(), bytes: Mutex::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The module of that digest.
    pub(crate) fn module(&self, digest: &str) -> Option<Module> {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).of.get(digest).map(|(_, module)| module.clone())
    }

    /// Takes in a module that is loaded. It stays for as long as somebody holds what is given back.
    pub(crate) fn keep(&self, module: Module) -> binding::Module {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).take(module, SPARE)
    }

    /// Loads bytes, and holds them; a module that is loaded is not loaded again. The error says why it is none, or why
    /// that could not be found out.
    pub(crate) fn load(&self, bytes: Vec<u8>) -> Result<binding::Module, Unfit> {
        let digest = object::digest(&bytes);
        let loaded = self.module(&digest);
        let loaded = loaded.map_or_else(|| self.engine.load_as(&bytes, digest), Ok);
        let module = loaded.map_err(|error| match error.category() {
            "compiler" => Unfit::Missing(wasm::sentence(&error)),
            _ => Unfit::Rejected(wasm::sentence(&error)),
        })?;
        if let Some(trouble) = self.engine.trouble() {
            tracing::warn!("{trouble}");
        }
        let bound = self.keep(module);
        self.hold(bound.digest.clone(), bytes);
        Ok(bound)
    }

    /// Puts the code of modules away that nobody calls, for as long as the process runs, and tells how many modules have
    /// theirs in memory and how many have not.
    pub(crate) async fn tidy(self: Arc<Self>, told: impl Fn(usize, usize)) {
        let mut turns = tokio::time::interval(LOOK);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            let all: Vec<Module> = {
                let modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
                modules.of.values().map(|(_, module)| module.clone()).collect()
            };
            let away = all.iter().filter(|module| self.engine.put_away(module, IDLE)).count();
            told(all.len() - away, away);
        }
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

#[cfg(test)]
#[allow(clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// A module that nobody has loaded yet.
    fn another(of: &[u8], n: u8) -> Vec<u8> {
        // A section that means nothing: its number, its size, its name, a byte.
        [of, &[0, 3, 1, b'n', n]].concat()
    }

    #[test]
    fn a_module_stays_while_somebody_speaks_of_it_and_few_others_do() {
        let test = std::env::current_exe().expect("a test is a file");
        let file = test.ancestors().nth(3).expect("it lies in target").join("guests/worker-release.wasm");
        let bytes = std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}: make guests", file.display()));
        let engine = Engine::new().expect("an engine");
        let mut loaded = Loaded::default();
        let mut take = |n, spare| loaded.take(engine.load(&another(&bytes, n)).expect("a module"), spare);
        let named = take(0, 1);
        (1..=3).for_each(|n| drop(take(n, 1)));
        let of = |n| object::digest(&another(&bytes, n));
        assert!(loaded.of.contains_key(&named.digest), "it may be called");
        assert!(loaded.of.contains_key(&of(3)) && loaded.of.contains_key(&of(2)), "they were there a moment ago");
        assert!(!loaded.of.contains_key(&of(1)));

        drop(named);
        drop(loaded.take(engine.load(&another(&bytes, 4)).expect("a module"), 2));
        assert!(loaded.of.contains_key(&of(0)), "it is older than the others, but was named a moment ago");
        assert!(!loaded.of.contains_key(&of(2)));
    }
}
