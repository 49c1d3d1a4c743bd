//! The modules of a story's files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use innkeeper_guest::Engine;

use crate::guest::Guest;

/// Loads a module; the same bytes are compiled once in a process.
pub(super) fn load(file: &Path) -> Result<Guest, String> {
    static LOADED: Mutex<BTreeMap<String, Guest>> = Mutex::new(BTreeMap::new());
    let wasm = engine()?;
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let digest = innkeeper_core::object::digest(&bytes);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(guest) = loaded.get(&digest) {
        return Ok(guest.clone());
    }
    let module = wasm.load(&bytes);
    let module = module.map_err(|error| format!("{}: {}", file.display(), innkeeper_guest::sentence(&error)))?;
    let guest = Guest::module(&wasm, &module);
    loaded.insert(digest, guest.clone());
    Ok(guest)
}

/// The engine of every story of this process.
fn engine() -> Result<Engine, String> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine.clone());
    }
    let engine = Engine::new().map_err(|error| error.to_string())?;
    Ok(ENGINE.get_or_init(|| engine).clone())
}
