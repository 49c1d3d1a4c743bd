//! What was compiled once, kept on disk, so that a restart compiles nothing.
//!
//! Compiled code is run as it is: a file that somebody else wrote here would be a program of theirs in the
//! host. So the folder and its files are the host's own (0700, 0600), each file carries a MAC under a key
//! that lies beside it, and it is read into memory, checked, and only then loaded. Anything that is not as
//! it should be is compiled anew; a disk that is full or read-only costs time, and nothing else.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use blake3::{Hash, Hasher, KEY_LEN, OUT_LEN};

/// Compiled modules that are kept; the ones used longest ago go first.
const KEPT: usize = 256;
/// The largest file that is read back, in bytes. Compiled code is a few times the size of the module.
pub(crate) const LARGEST: u64 = 256 << 20;
const KEY: &str = "key";

/// A folder of compiled modules.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    key: [u8; KEY_LEN],
    /// Why the last file could not be written, until somebody asks.
    trouble: Mutex<Option<CacheError>>,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the folder of compiled modules {} cannot be used: {why}", folder.display())]
pub struct CacheError {
    folder: PathBuf,
    why: String,
}

impl Cache {
    /// Opens the folder and makes it if it is not there. It must belong to the user that runs the host, and
    /// nobody else may write there.
    pub fn open(folder: &Path) -> Result<Self, CacheError> {
        let fail = |why: String| CacheError { folder: folder.to_owned(), why };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| fail(e.to_string()))?;
        let found = fs::metadata(folder).map_err(|e| fail(e.to_string()))?;
        if !is_own(&found) {
            return Err(fail("others may write there, or it is somebody else's; make it 0700 and your own".into()));
        }
        let key = key(folder).map_err(|e| fail(format!("its key: {e}")))?;
        Ok(Self { folder: folder.to_owned(), key, trouble: Mutex::default() })
    }

    /// Where it lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether something is stored under this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).is_file()
    }

    /// The compiled code that was stored under this name, if it is there and nobody touched it.
    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name);
        let mut bytes = read(&path, LARGEST).ok()?;
        let mac = bytes.split_off(bytes.len().checked_sub(OUT_LEN)?);
        // Two hashes are compared in a time that tells nothing.
        if Hash::from_slice(&mac).ok()? != self.mac(name, &bytes) {
            return None;
        }
        // So that what is used is kept.
        let _ = File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(bytes)
    }

    /// Stores compiled code under a name, in one step. Where that cannot be, it costs time, and nothing else.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let mac = self.mac(name, bytes);
        let staged = self.folder.join(format!(".{}.{name}", std::process::id()));
        let written = own_file(&staged).and_then(|mut file| {
            file.write_all(bytes)?;
            file.write_all(mac.as_bytes())
        });
        let placed = written.and_then(|()| fs::rename(&staged, self.path(name)));
        if let Err(error) = placed {
            let _ = fs::remove_file(&staged);
            let why = format!("{name}: {error}; what is compiled is compiled again by the next process");
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(CacheError { folder: self.folder.clone(), why });
        }
        self.forget();
    }

    /// Why the last file could not be written; told once.
    pub(crate) fn trouble(&self) -> Option<CacheError> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// One name's bytes are not another's.
    fn mac(&self, name: &str, bytes: &[u8]) -> Hash {
        Hasher::new_keyed(&self.key).update(name.as_bytes()).update(b"\0").update(bytes).finalize()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.compiled"))
    }

    /// Removes what was used longest ago, where there is too much.
    fn forget(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|e| e == "compiled"))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort();
        for (_, path) in files.iter().take(files.len().saturating_sub(KEPT)) {
            let _ = fs::remove_file(path);
        }
    }
}

fn is_own(found: &fs::Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0
}

/// The folder's key; made where there is none. Of two hosts that make it at once, one wins.
fn key(folder: &Path) -> io::Result<[u8; KEY_LEN]> {
    let path = folder.join(KEY);
    if !path.exists() {
        let mut key = [0; KEY_LEN];
        getrandom::fill(&mut key)?;
        let staged = folder.join(format!(".{}.{KEY}", std::process::id()));
        own_file(&staged)?.write_all(&key)?;
        let linked = fs::hard_link(&staged, &path);
        fs::remove_file(&staged)?;
        match linked {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
    }
    let key = read(&path, KEY_LEN as u64)?;
    key.try_into().map_err(|_| io::Error::other("it has the wrong size; delete it"))
}

fn own_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// A whole file of ours; a link or somebody else's file is an error.
fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(no_follow).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || !is_own(&found) || found.len() > most {
        return Err(io::Error::other("it is not a file of the host's own"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
