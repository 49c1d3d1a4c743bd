//! A folder of modules: which files hold which bytes, now and whenever that changes.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{fs, io};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

mod file;
mod settle;

use file::Content;
use settle::Pending;

/// How long to wait between looks for a folder that has gone.
const AWAY: Duration = Duration::from_millis(500);

/// What happened to a module's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The file has these bytes now. They may be no module: loading them tells.
    Written {
        /// Which file.
        path: PathBuf,
        /// All of it.
        bytes: Vec<u8>,
    },
    /// The file is no more. That is no wish to stop what was loaded from it.
    Removed {
        /// Which file.
        path: PathBuf,
    },
    /// The file is there and cannot be read; or the folder itself has gone or cannot be watched.
    Unreadable {
        /// Which file, or the folder.
        path: PathBuf,
        /// Why, with the path, and what to do.
        error: String,
    },
}

/// A folder cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is no such folder.
    #[error("the folder of modules {} does not exist; make it, or name another", path.display())]
    Missing {
        /// Which folder.
        path: PathBuf,
    },
    /// It is a file.
    #[error("{} is not a folder; name the folder that holds the modules", path.display())]
    NotAFolder {
        /// Which path.
        path: PathBuf,
    },
    /// It cannot be listed.
    #[error("the folder of modules {} cannot be read; does this user have the permissions r and x on it?", path.display())]
    Unreadable {
        /// Which folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no notice of changes.
    #[error("the folder of modules {} cannot be watched", path.display())]
    Unwatched {
        /// Which folder.
        path: PathBuf,
        /// What the system says; a limit on watches (`fs.inotify`), most often.
        source: notify::Error,
    },
}

/// A folder whose changes are collected from the moment it was opened.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<notify::Event>>,
}

impl Folder {
    /// Opens a folder, and fails where it is not there or cannot be read or watched.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FolderError> {
        // Events name files by their absolute paths.
        let path = std::path::absolute(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned());
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(FolderError::NotAFolder { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(FolderError::Missing { path }),
            Err(source) => return Err(FolderError::Unreadable { path, source }),
        }
        if let Err(source) = fs::read_dir(&path) {
            return Err(FolderError::Unreadable { path, source });
        }
        let (sender, events) = channel();
        let watch = |path: &Path| {
            let mut watcher = notify::recommended_watcher(sender)?;
            watcher.watch(path, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        };
        match watch(&path) {
            Ok(watcher) => Ok(Self { path, watcher, events }),
            Err(source) => Err(FolderError::Unwatched { path, source }),
        }
    }

    /// What is there now, sorted by name, and what changes from then on.
    ///
    /// Modules are files named `*.wasm` that do not begin with a dot; editors' and compilers' temporary
    /// files are not looked at. The iterator blocks until there is a change and never ends; dropping it
    /// ends the watch.
    pub fn watch(self) -> (Vec<Change>, Changes) {
        let Self { path, watcher, events } = self;
        let mut changes =
            Changes { path, watcher, events, known: HashMap::new(), pending: Pending::default(), away: false };
        let mut first = Vec::new();
        match changes.list() {
            Ok(files) => first.extend(files.into_iter().filter_map(|file| changes.read(file))),
            Err(error) => first.push(changes.lost(&error.to_string())),
        }
        (first, changes)
    }
}

/// The changes of a folder, as they happen: an iterator that blocks.
#[derive(Debug)]
pub struct Changes {
    path: PathBuf,
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<notify::Event>>,
    /// The files that were reported as readable, with a hash of what they held.
    known: HashMap<PathBuf, blake3::Hash>,
    pending: Pending,
    away: bool,
}

impl Iterator for Changes {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.pending.next_due(Instant::now()).and_then(|file| self.read(file)) {
                return Some(change);
            }
            let event = match self.wait() {
                Some(patience) => self.events.recv_timeout(patience),
                None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let change = match event {
                Ok(Ok(event)) => self.see(&event),
                // An error of the watch may have cost events.
                Ok(Err(error)) => self.rescan().or_else(|| Some(self.trouble(&error))),
                Err(RecvTimeoutError::Timeout) if self.away => self.look_again(),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return None,
            };
            if change.is_some() {
                return change;
            }
        }
    }
}

/// How long a file must be still after that happened to it.
fn still(kind: notify::EventKind) -> Duration {
    use notify::EventKind::{Access, Modify};
    use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
    match kind {
        Access(AccessKind::Close(AccessMode::Write)) => settle::CLOSED,
        Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => settle::WHOLE,
        _ => settle::STILL,
    }
}

impl Changes {
    /// How long to wait for an event; none: until there is one.
    fn wait(&self) -> Option<Duration> {
        let due = self.pending.due().map(|due| due.saturating_duration_since(Instant::now()));
        if self.away { Some(due.map_or(AWAY, |due| due.min(AWAY))) } else { due }
    }

    fn see(&mut self, event: &notify::Event) -> Option<Change> {
        use notify::EventKind::{Access, Modify, Remove};
        use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
        if event.need_rescan() {
            return self.rescan();
        }
        if matches!(event.kind, Access(kind) if kind != AccessKind::Close(AccessMode::Write)) {
            return None; // Our own reading, among others.
        }
        for path in &event.paths {
            if *path == self.path {
                if matches!(event.kind, Remove(_) | Modify(ModifyKind::Name(RenameMode::From))) {
                    return Some(self.lost("it was removed or renamed"));
                }
            } else if file::is_module(path) {
                self.pending.add(path.clone(), Instant::now(), still(event.kind));
            } else if file::is_switch(path) {
                return self.rescan();
            }
        }
        None
    }

    /// Looks at every file: those that are there and those that were.
    fn rescan(&mut self) -> Option<Change> {
        match self.list() {
            Ok(files) => {
                let known = self.known.keys().cloned().collect();
                files.union(&known).for_each(|file| self.pending.add(file.clone(), Instant::now(), settle::STILL));
                None
            }
            Err(error) => Some(self.lost(&error.to_string())),
        }
    }

    fn list(&self) -> io::Result<BTreeSet<PathBuf>> {
        let mut files = BTreeSet::new();
        for entry in fs::read_dir(&self.path)? {
            files.insert(entry?.path());
        }
        files.retain(|path| file::is_module(path));
        Ok(files)
    }

    /// Reads a file, and tells if there is something to tell.
    fn read(&mut self, path: PathBuf) -> Option<Change> {
        match file::read(&path) {
            Content::Bytes { bytes, hash } => {
                let same = self.known.insert(path.clone(), hash) == Some(hash);
                (!same).then_some(Change::Written { path, bytes })
            }
            // What its folder says is told once, about the folder.
            Content::Gone if self.away => None,
            Content::Gone => self.known.remove(&path).map(|_| Change::Removed { path }),
            Content::Trouble(why) => {
                self.known.remove(&path);
                let error = format!("{} cannot be read: {why}", path.display());
                Some(Change::Unreadable { path, error })
            }
        }
    }

    fn lost(&mut self, why: &str) -> Change {
        self.away = true;
        self.trouble(&format!("{why}; what is loaded goes on, and the folder is looked for until it is back"))
    }

    fn trouble(&self, why: &dyn std::fmt::Display) -> Change {
        let error = format!("the folder of modules {}: {why}", self.path.display());
        Change::Unreadable { path: self.path.clone(), error }
    }

    /// Whether the folder is back: then it is watched anew, and all of it is read.
    fn look_again(&mut self) -> Option<Change> {
        // The old watch, if there still is one, is of a folder that has gone.
        let _ = self.watcher.unwatch(&self.path);
        if self.watcher.watch(&self.path, RecursiveMode::NonRecursive).is_err() || self.list().is_err() {
            return None;
        }
        self.away = false;
        self.rescan()
    }
}
