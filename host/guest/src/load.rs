//! From a file's bytes to a module: load ▶ check ▶ component ▶ compile ▶ describe.

use std::fmt;
use std::sync::Arc;

use innkeeper_core::binding;
use innkeeper_core::contract::Manifest;
use innkeeper_core::object::{digest, short};
use wasmtime::component::Component;
use wit_component::ComponentEncoder;

use crate::cache::CacheError;
use crate::code::{Code, nameless};
use crate::engine::Engine;
use crate::error::{LoadError, MAX_SIZE, Text};
use crate::look::{Look, look};
use crate::{check, describe};

/// A guest that can be called. Cheap to clone.
#[derive(Clone)]
pub struct Module {
    inner: Arc<Inner>,
}

struct Inner {
    digest: String,
    size: usize,
    manifest: Arc<Manifest>,
    code: Code,
}

impl Engine {
    /// Makes a module of a file's bytes: a component, or a core module that carries the contract's section
    /// (what `cargo build` for wasm32-unknown-unknown makes of a crate with the SDK).
    ///
    /// Everything that can be wrong with a module is found here, and nothing of the old one is touched. Checking and
    /// compiling take every core for about a second per MiB; with a [`Compiler`](crate::Compiler) that happens in a
    /// process of its own, within its bounds, without one in this process and bounded by nothing but [`MAX_SIZE`].
    /// With a cache it happens once for each file. Linking, which lets nothing in that is not of the contract, and
    /// `describe`, which may use one second of CPU time, are done each time.
    pub fn load(&self, bytes: &[u8]) -> Result<Module, LoadError> {
        self.load_as(bytes, digest(bytes))
    }

    /// The same where the digest of the bytes is known.
    pub fn load_as(&self, bytes: &[u8], digest: String) -> Result<Module, LoadError> {
        let compiled = self.compiled(bytes, &digest)?;
        let guest = self.link(&compiled).map_err(|e| LoadError::Types(chain(e.chain())))?;
        let manifest = Arc::new(describe::describe(self, &guest)?);
        // Where there is no room for it, the code stays in memory.
        let file = self.inner.cache.as_ref().and_then(|cache| nameless(cache.folder(), bytes).ok());
        Ok(Module { inner: Arc::new(Inner { digest, size: bytes.len(), manifest, code: Code::new(guest, file) }) })
    }

    /// Why what was compiled last could not be kept; told once.
    pub fn trouble(&self) -> Option<CacheError> {
        self.inner.cache.as_ref()?.trouble()
    }

    /// The code of the module of that digest, if it was compiled before and is kept.
    pub(crate) fn cached(&self, digest: &str) -> Option<Component> {
        let code = self.inner.cache.as_ref()?.get(&kept_as(digest))?;
        self.deserialize(&code).ok()
    }

    /// Whether compiled code of that digest is kept. Whether it is good is seen when it is read.
    pub(crate) fn keeps(&self, digest: &str) -> bool {
        self.inner.cache.as_ref().is_some_and(|cache| cache.has(&kept_as(digest)))
    }

    /// The file's code: as it was compiled before, or compiled now.
    pub(crate) fn compiled(&self, bytes: &[u8], digest: &str) -> Result<Component, LoadError> {
        match self.cached(digest) {
            Some(compiled) => Ok(compiled),
            None => self.compiled_anew(bytes, digest),
        }
    }

    /// The file's code, compiled now.
    pub(crate) fn compiled_anew(&self, bytes: &[u8], digest: &str) -> Result<Component, LoadError> {
        sized(bytes)?;
        let code = match &self.inner.compiler {
            Some(compiler) => compiler.compile(bytes)?,
            None => compile(&self.inner.wasm, bytes)?,
        };
        // Here the pool says what it has no room for: a table of millions of entries, say.
        let compiled = self.deserialize(&code).map_err(|e| LoadError::Compile(chain(e.chain())))?;
        if let Some(cache) = &self.inner.cache {
            cache.put(&kept_as(digest), &code);
        }
        Ok(compiled)
    }

    /// Fails where another version of wasmtime, or one with other settings, compiled it: wasmtime checks that.
    #[allow(unsafe_code, reason = "there is no other way to load compiled code; its origin is known")]
    fn deserialize(&self, code: &[u8]) -> wasmtime::Result<Component> {
        // SAFETY: this function's callers have the bytes from wasmtime's compiler: it ran in this process, or in a
        // child that runs the host's own program and spoke through a pipe of its own, or the bytes carry the MAC of
        // this host's own key, so that a host of this user stored them, and nobody has changed them since.
        unsafe { Component::deserialize(&self.inner.wasm, code) }
    }
}

/// What compiled code is called in the cache. What another version of the host let pass is checked again.
fn kept_as(digest: &str) -> String {
    format!("{}-{}", &digest["sha256:".len()..], env!("CARGO_PKG_VERSION"))
}

/// Compiled code for an engine of these settings, from a file's bytes: checked, made a component, compiled.
pub(crate) fn compile(engine: &wasmtime::Engine, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
    let component = component(bytes)?;
    engine.precompile_component(&component).map_err(|e| LoadError::Compile(chain(e.chain())))
}

/// What is seen without looking.
fn sized(bytes: &[u8]) -> Result<(), LoadError> {
    if bytes.is_empty() {
        return Err(LoadError::Empty);
    }
    if bytes.len() > MAX_SIZE {
        return Err(LoadError::TooLarge { size: bytes.len() });
    }
    Ok(())
}

/// The component in a file, checked by name but not compiled.
fn component(bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
    sized(bytes)?;
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

/// An error with its sources, in one line.
pub fn sentence(error: &(dyn std::error::Error + 'static)) -> String {
    chain(std::iter::successors(Some(error), |error| error.source())).0
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
        short(&self.inner.digest)
    }

    /// What the module says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// As what core knows it: by its digest, with what it says of itself.
    pub fn bound(&self) -> binding::Module {
        binding::Module { digest: self.inner.digest.clone(), manifest: self.inner.manifest.clone() }
    }

    /// Whether somebody holds what [`Module::bound`] gave.
    pub fn is_bound(&self) -> bool {
        Arc::strong_count(&self.inner.manifest) > 1
    }

    /// Bytes of the file.
    pub fn size(&self) -> usize {
        self.inner.size
    }

    pub(crate) fn code(&self) -> &Code {
        &self.inner.code
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Module({} {})", self.inner.manifest.name, self.short_digest())
    }
}
