//! A module's compiled code: in memory while it is called, on disk while it is not.
//!
//! Compiled code and what belongs to it take a few times the module's size in memory. A module that nobody calls can be
//! put away: its code is read again for the next call from the cache of compiled modules, which costs some
//! milliseconds. Where the cache has lost it meanwhile, the module is compiled again from a file of its own, which has
//! no name: nobody can take it away, and what is in it is held to the module's digest before it is believed.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use innkeeper_core::contract::Failure;
use innkeeper_core::object::digest as digest_of;

use crate::bindings::ReconcilerPre;
use crate::engine::Engine;
use crate::load::{Module, sentence};
use crate::state::State;

/// The code of one module.
pub(crate) struct Code {
    ready: Mutex<Option<Ready>>,
    /// The module as it was given. None where there is no place for it: then its code stays in memory.
    file: Option<File>,
}

struct Ready {
    guest: ReconcilerPre<State>,
    called: Instant,
}

impl Code {
    /// Code that was just loaded.
    pub(crate) fn new(guest: ReconcilerPre<State>, file: Option<File>) -> Self {
        Self { ready: Mutex::new(Some(Ready { guest, called: Instant::now() })), file }
    }

    fn ready(&self) -> MutexGuard<'_, Option<Ready>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Puts a module's code away if it was not called for so long and is kept. Calls that run keep what they have. Tells
    /// whether it is away.
    pub fn put_away(&self, module: &Module, idle: Duration) -> bool {
        // Where it is locked it is being loaded.
        let Ok(mut ready) = module.code().ready.try_lock() else { return false };
        let due = ready.as_ref().is_some_and(|ready| ready.called.elapsed() >= idle);
        if due && module.code().file.is_some() && self.keeps(module.digest()) {
            *ready = None;
        }
        ready.is_none()
    }
}

impl Module {
    /// The guest, ready to be called. Code that was put away is loaded first, once for all who wait for it.
    pub(crate) fn guest(&self, engine: &Engine) -> Result<ReconcilerPre<State>, Failure> {
        let mut ready = self.code().ready();
        let guest = match ready.take() {
            Some(ready) => ready.guest,
            None => self.again(engine).map_err(|why| Failure::Retry {
                message: format!(
                    "the code of module {} was put away and cannot be loaded again: {why}",
                    self.short_digest()
                ),
                after: None,
            })?,
        };
        *ready = Some(Ready { guest: guest.clone(), called: Instant::now() });
        Ok(guest)
    }

    fn again(&self, engine: &Engine) -> Result<ReconcilerPre<State>, String> {
        let code = match engine.cached(self.digest()) {
            Some(code) => code,
            None => {
                let bytes = self.bytes().map_err(|error| format!("its file cannot be read: {error}"))?;
                engine.compiled_anew(&bytes, self.digest()).map_err(|error| sentence(&error))?
            }
        };
        engine.link(&code).map_err(|error| error.to_string())
    }

    /// The module as it was given.
    fn bytes(&self) -> io::Result<Vec<u8>> {
        let file = self.code().file.as_ref().ok_or_else(|| io::Error::other("there is none"))?;
        let mut bytes = vec![0; self.size()];
        file.read_exact_at(&mut bytes, 0)?;
        if digest_of(&bytes) != self.digest() {
            return Err(io::Error::other("somebody changed it"));
        }
        Ok(bytes)
    }
}

/// A file without a name that holds these bytes.
pub(crate) fn nameless(folder: &std::path::Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}
