//! Where the binaries of the control plane come from: a folder the user names, the cache, a build.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::go_build;

/// The environment variable of controller-runtime's envtest: a folder with binaries to use first.
pub(crate) const ASSETS: &str = "KUBEBUILDER_ASSETS";

/// Everything that a control plane runs. Each is found by name in a folder of binaries.
pub(crate) const NAMES: [&str; 6] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok"];

/// The binaries of a control plane, each at a known path.
#[derive(Debug, Clone)]
pub struct Binaries {
    paths: BTreeMap<&'static str, PathBuf>,
    cache: PathBuf,
}

impl Binaries {
    /// Finds every binary, and builds those that nothing provides.
    ///
    /// The order is: the folder in `KUBEBUILDER_ASSETS`, what it lacks from the cache folder, and a
    /// build with Go that fills the cache folder (about five minutes on two cores, once; progress
    /// goes to standard error).
    ///
    /// # Errors
    /// When something is missing and cannot be built; the message names the ways out.
    pub fn ensure() -> Result<Self> {
        Self::ensure_only(&NAMES)
    }

    /// The same for a few binaries, so that a suite on a named cluster builds nothing but to get kubectl.
    pub(crate) fn ensure_only(names: &[&'static str]) -> Result<Self> {
        let cache = cache_folder()?;
        let assets = std::env::var_os(ASSETS).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(folder) = &assets
            && !folder.is_dir()
        {
            bail!(
                "{ASSETS} is {}, which is no folder. Name a folder with {} (or some of them), or unset {ASSETS}.",
                folder.display(),
                NAMES.join(", ")
            );
        }
        let find = |name: &str| {
            assets.iter().chain(std::iter::once(&cache)).map(|folder| folder.join(name)).find(|path| path.is_file())
        };
        let missing: Vec<&str> = names.iter().copied().filter(|name| find(name).is_none()).collect();
        if !missing.is_empty() {
            fill(&cache, &missing)?;
        }
        let mut paths = BTreeMap::new();
        for name in names {
            let path = find(name).with_context(|| {
                format!(
                    "{name} is still missing in {} after a build. Remove that folder and try again.",
                    cache.display()
                )
            })?;
            paths.insert(*name, path);
        }
        Ok(Self { paths, cache })
    }

    /// The path of one binary, by its name.
    ///
    /// # Errors
    /// When no such binary belongs to a control plane.
    pub fn path(&self, name: &str) -> Result<&Path> {
        self.paths.get(name).map(PathBuf::as_path).with_context(|| {
            format!(
                "no binary {name} was asked for; there are {}",
                self.paths.keys().copied().collect::<Vec<_>>().join(", ")
            )
        })
    }

    /// One folder that has all of them: the one of `KUBEBUILDER_ASSETS` if it lacks none, else the
    /// cache, which is always filled as a whole.
    #[must_use]
    pub fn folder(&self) -> &Path {
        let mut folders = self.paths.values().map(|path| path.parent().unwrap_or(path));
        match folders.next() {
            Some(first) if folders.all(|folder| folder == first) => first,
            _ => &self.cache,
        }
    }
}

/// `~/.cache/innkeeper/controlplane/<key>`, where the key says what the binaries are made of.
///
/// The key covers the sources (go.mod, go.sum), the flags and the platform, and deliberately not
/// `go version`: a finished cache must be found on a machine without Go, which cannot tell the
/// version; and any Go that go.mod accepts compiles the same sources into binaries that behave the
/// same. Which Go it was is noted inside, in the file `built-with`.
fn cache_folder() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|v| Path::new(v).is_absolute()) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir()
            .context("neither XDG_CACHE_HOME nor HOME is set, so there is no cache folder. Set one of them.")?
            .join(".cache"),
    };
    Ok(base.join("innkeeper").join("controlplane").join(key()))
}

/// The name of the cache folder: the first 16 hex digits of a sha256 over all that decides the content.
fn key() -> String {
    let mut hash = Sha256::new();
    let platform = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    for part in [go_build::GO_MOD, go_build::GO_SUM, &go_build::flags().join(" "), &platform] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Builds into the cache folder, unless another process does it first.
fn fill(cache: &Path, missing: &[&str]) -> Result<()> {
    let parent = cache.parent().context("the cache folder has no parent folder")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot create the cache folder {}", parent.display()))?;
    let lock_path = cache.with_extension("lock");
    let lock = File::create(&lock_path).with_context(|| format!("cannot create {}", lock_path.display()))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("control plane: another process is building the binaries; waiting for it");
            lock.lock().with_context(|| format!("cannot lock {}", lock_path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", lock_path.display()));
        }
    }
    if cache.is_dir() {
        // The other process finished it. The folder appears by a rename, so it is complete.
        return Ok(());
    }
    let staging = tempfile::Builder::new()
        .prefix("building-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot create a folder in {}", parent.display()))?;
    go_build::build(staging.path(), cache, missing)?;
    let staging = staging.keep();
    fs::rename(&staging, cache)
        .with_context(|| format!("cannot move the binaries from {} to {}", staging.display(), cache.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_same_every_time_and_short() {
        assert_eq!(key(), key());
        assert_eq!(key().len(), 16);
    }
}
