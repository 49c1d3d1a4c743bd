//! From a file's bytes to a module: load ▶ check ▶ component ▶ compile ▶ describe.

use std::fmt;
use std::sync::Arc;

use innkeeper_core::contract::Manifest;
use innkeeper_core::object::digest;
use wasmtime::component::Component;
use wit_component::ComponentEncoder;

use crate::bindings::ReconcilerPre;
use crate::engine::Engine;
use crate::error::{LoadError, MAX_SIZE, Text};
use crate::look::{Look, look};
use crate::state::State;
use crate::{check, describe};

/// A guest that can be called. Cheap to clone.
#[derive(Clone)]
pub struct Module {
    inner: Arc<Inner>,
}

struct Inner {
    digest: String,
    size: usize,
    manifest: Manifest,
    guest: ReconcilerPre<State>,
}

impl Engine {
    /// Makes a module of a file's bytes: a component, or a core module that carries the contract's section
    /// (what `cargo build` for wasm32-unknown-unknown makes of a crate with the SDK).
    ///
    /// Everything that can be wrong with a module is found here, and nothing of the old one is touched.
    /// Compiling is not bounded yet but by [`MAX_SIZE`]; it uses every core for about a second per MiB. With a
    /// cache it happens once for each component; everything else is done each time.
    /// `describe` may use one second of CPU time.
    pub fn load(&self, bytes: &[u8]) -> Result<Module, LoadError> {
        let component = component(bytes)?;
        let compiled = self.compiled(&component).map_err(|e| LoadError::Compile(chain(e.chain())))?;
        let guest = self.link(&compiled).map_err(|e| LoadError::Types(chain(e.chain())))?;
        let manifest = describe::describe(self, &guest)?;
        Ok(Module { inner: Arc::new(Inner { digest: digest(bytes), size: bytes.len(), manifest, guest }) })
    }

    /// The component's code: as it was compiled before, or compiled now.
    fn compiled(&self, component: &[u8]) -> wasmtime::Result<Component> {
        let Some(cache) = &self.inner.cache else { return Component::from_binary(&self.inner.wasm, component) };
        let digest = digest(component);
        let name = &digest["sha256:".len()..];
        let kept = cache.get(name).and_then(|code| self.deserialize(&code));
        if let Some(compiled) = kept {
            return Ok(compiled);
        }
        let compiled = Component::from_binary(&self.inner.wasm, component)?;
        // A cache that cannot be written costs time, and nothing else.
        let _ = compiled.serialize().map(|code| cache.put(name, &code));
        Ok(compiled)
    }

    /// None where another version of wasmtime, or one with other settings, compiled it: wasmtime checks that.
    #[allow(unsafe_code, reason = "there is no other way to load compiled code; the cache proved its origin")]
    fn deserialize(&self, code: &[u8]) -> Option<Component> {
        // SAFETY: the bytes carry the MAC of this host's own key, so that a host of this user made them by
        // `Component::serialize`, and nobody has changed them since.
        unsafe { Component::deserialize(&self.inner.wasm, code) }.ok()
    }
}

/// The component in a file, checked by name but not compiled.
fn component(bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
    if bytes.is_empty() {
        return Err(LoadError::Empty);
    }
    if bytes.len() > MAX_SIZE {
        return Err(LoadError::TooLarge { size: bytes.len() });
    }
    let is_component = match look(bytes) {
        Look::Core => false,
        Look::Component => true,
        Look::Cut => return Err(LoadError::Truncated { offset: bytes.len() as u64 }),
        Look::Other(looks_like) => return Err(LoadError::NotWasm { looks_like }),
    };
    check::valid(bytes)?;
    let component = if is_component {
        bytes.to_vec()
    } else {
        check::core_module(bytes)?;
        // What `wasm-tools component new` does.
        let mut encoder = ComponentEncoder::default();
        let encoded = encoder.module(bytes).and_then(|module| module.validate(true).encode());
        encoded.map_err(|e| LoadError::Component(chain(e.chain())))?
    };
    check::component(&component)?;
    Ok(component)
}

/// An error's causes in one line.
pub(crate) fn chain<'a>(causes: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>) -> Text {
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    Text(causes.join(": "))
}

impl Module {
    /// The module's name: `sha256:` and the digest of the file's bytes as they were given, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// The first twelve digits of the digest: enough for people.
    pub fn short_digest(&self) -> &str {
        &self.inner.digest["sha256:".len()..][..12]
    }

    /// What the module says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// Bytes of the file.
    pub fn size(&self) -> usize {
        self.inner.size
    }

    pub(crate) fn guest(&self) -> &ReconcilerPre<State> {
        &self.inner.guest
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Module({} {})", self.inner.manifest.name, self.short_digest())
    }
}
