//! A watched folder: what is told of it, and what is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails so")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use innkeeper_guest::{Change, Folder, FolderError};
use tempfile::TempDir;

/// A folder that is watched from another thread.
struct Watched {
    folder: TempDir,
    first: Vec<Change>,
    changes: Receiver<Change>,
}

impl Watched {
    fn new(files: &[&str]) -> Self {
        Self::at(tempfile::tempdir().unwrap(), files)
    }

    fn at(folder: TempDir, files: &[&str]) -> Self {
        files.iter().for_each(|file| fs::write(folder.path().join(file), file).unwrap());
        let (first, changes) = Folder::open(folder.path()).unwrap().watch();
        let (sender, receiver) = channel();
        thread::spawn(move || changes.for_each(|change| drop(sender.send(change))));
        Self { folder, first, changes: receiver }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn next(&self) -> Change {
        self.changes.recv_timeout(Duration::from_secs(30)).expect("a change")
    }

    fn nothing_more(&self) {
        let quiet = self.changes.recv_timeout(Duration::from_millis(700));
        assert_eq!(quiet, Err(RecvTimeoutError::Timeout));
    }
}

fn written(path: &Path, bytes: &str) -> Change {
    Change::Written { path: path.into(), bytes: bytes.into() }
}

fn removed(path: &Path) -> Change {
    Change::Removed { path: path.into() }
}

fn unreadable(change: Change) -> (PathBuf, String) {
    match change {
        Change::Unreadable { path, error } => (path, error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let error = Folder::open(folder.path().join("modules")).unwrap_err();
    assert!(matches!(error, FolderError::Missing { .. }));
    assert!(error.to_string().contains("/modules does not exist; make it"), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(matches!(Folder::open(folder.path().join("file")), Err(FolderError::NotAFolder { .. })));
}

#[test]
fn the_first_picture_holds_every_module_by_name_and_nothing_else() {
    let watched = Watched::new(&["b.wasm", "a.wasm", ".c.wasm", "d.wasm~", "README.md"]);
    let expected = [("a.wasm", "a.wasm"), ("b.wasm", "b.wasm")].map(|(n, b)| written(&watched.path(n), b));
    assert_eq!(watched.first, expected);
    watched.nothing_more();
}

#[test]
fn a_file_that_is_written_replaced_and_removed_is_told_each_time_once() {
    let watched = Watched::new(&[]);
    let path = watched.path("a.wasm");
    fs::write(&path, "one").unwrap();
    assert_eq!(watched.next(), written(&path, "one"));
    // As careful writers do: beside it, then renamed over it.
    fs::write(watched.path(".a.wasm.tmp"), "two").unwrap();
    fs::rename(watched.path(".a.wasm.tmp"), &path).unwrap();
    assert_eq!(watched.next(), written(&path, "two"));
    fs::remove_file(&path).unwrap();
    assert_eq!(watched.next(), removed(&path));
    fs::write(&path, "two").unwrap();
    assert_eq!(watched.next(), written(&path, "two"));
    watched.nothing_more();
}

#[test]
fn a_file_that_is_touched_or_written_with_the_same_bytes_is_not_told() {
    let watched = Watched::new(&["a.wasm"]);
    fs::write(watched.path("a.wasm"), "a.wasm").unwrap();
    watched.nothing_more();
}

#[test]
fn a_file_that_is_written_slowly_is_told_when_it_is_whole() {
    let watched = Watched::new(&[]);
    let path = watched.path("a.wasm");
    let mut file = fs::File::create(&path).unwrap();
    for _ in 0..20 {
        file.write_all(b"part ").unwrap();
        thread::sleep(Duration::from_millis(20));
    }
    drop(file);
    assert_eq!(watched.next(), written(&path, &"part ".repeat(20)));
    watched.nothing_more();
}

#[test]
fn a_file_that_stalls_half_way_is_told_again_when_it_is_whole() {
    let watched = Watched::new(&[]);
    let path = watched.path("a.wasm");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"half").unwrap();
    assert_eq!(watched.next(), written(&path, "half"));
    file.write_all(b" and half").unwrap();
    drop(file);
    assert_eq!(watched.next(), written(&path, "half and half"));
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_told_again_when_it_can() {
    let watched = Watched::new(&[]);
    let path = watched.path("a.wasm");
    symlink(watched.path("elsewhere"), &path).unwrap();
    let (which, why) = unreadable(watched.next());
    assert_eq!(which, path);
    assert!(why.contains("a.wasm cannot be read: it is a link to a file that does not exist"), "{why}");
    fs::create_dir(watched.path("b.wasm")).unwrap();
    assert!(unreadable(watched.next()).1.contains("b.wasm cannot be read: it is not a regular file"));
    fs::remove_file(&path).unwrap();
    fs::write(&path, "one").unwrap();
    assert_eq!(watched.next(), written(&path, "one"));
}

#[test]
fn a_mounted_config_map_is_switched_at_once() {
    // As the kubelet does: the files are links through `..data`, and that link is replaced.
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for version in ["..1", "..2"] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("a.wasm"), version).unwrap();
    }
    symlink("..1", at("..data")).unwrap();
    symlink("..data/a.wasm", at("a.wasm")).unwrap();
    let watched = Watched::at(folder, &[]);
    let path = watched.path("a.wasm");
    assert_eq!(watched.first, [written(&path, "..1")]);
    symlink("..2", watched.path("..data_tmp")).unwrap();
    fs::rename(watched.path("..data_tmp"), watched.path("..data")).unwrap();
    assert_eq!(watched.next(), written(&path, "..2"));
}

#[test]
fn a_folder_that_goes_and_comes_back_is_watched_again() {
    let watched = Watched::new(&["a.wasm", "b.wasm"]);
    let away = watched.folder.path().with_extension("away");
    fs::rename(watched.folder.path(), &away).unwrap();
    let (which, why) = unreadable(watched.next());
    assert_eq!(which, watched.folder.path());
    assert!(why.contains("what is loaded goes on"), "{why}");
    watched.nothing_more();
    fs::create_dir(watched.folder.path()).unwrap();
    fs::write(watched.path("a.wasm"), "new").unwrap();
    let mut changes = [watched.next(), watched.next()];
    changes.sort_by_key(|change| matches!(change, Change::Removed { .. }));
    assert_eq!(changes, [written(&watched.path("a.wasm"), "new"), removed(&watched.path("b.wasm"))]);
    fs::write(watched.path("c.wasm"), "c").unwrap();
    assert_eq!(watched.next(), written(&watched.path("c.wasm"), "c"));
    fs::remove_dir_all(away).unwrap();
}
