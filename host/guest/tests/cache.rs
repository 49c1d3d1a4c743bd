//! What was compiled is kept, and believed only when nobody else can have touched it.
#![allow(clippy::unwrap_used, reason = "a test fails so")]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use innkeeper_guest::{Cache, Engine};
use support::{Guest, sentence};
use tempfile::TempDir;

/// Loads a module with an engine of its own, as a host that starts anew does.
fn load(folder: &Path) {
    let engine = Engine::with(Some(Cache::open(folder).unwrap()), None).unwrap();
    assert_eq!(engine.load(&Guest::new().file()).unwrap().manifest().name, "tiny");
}

/// A cache in which one module was compiled, and its file.
fn filled() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path());
    let mut files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some()).unwrap();
    (folder, file)
}

/// A file that is written anew is another file.
fn identity(file: &Path) -> u64 {
    fs::metadata(file).unwrap().ino()
}

#[test]
fn a_module_is_compiled_once() {
    let (folder, file) = filled();
    let first = identity(&file);
    load(folder.path());
    assert_eq!(identity(&file), first);
}

#[test]
fn code_that_was_changed_is_never_run_but_compiled_anew() {
    let (folder, file) = filled();
    let code = fs::read(&file).unwrap();
    for at in [0, code.len() / 2, code.len() - 1] {
        let (before, mut changed) = (identity(&file), code.clone());
        changed[at] ^= 1;
        fs::write(&file, changed).unwrap();
        load(folder.path());
        assert_ne!(identity(&file), before, "byte {at}");
        assert_eq!(fs::read(&file).unwrap().len(), code.len());
    }
    fs::write(&file, &code[..20]).unwrap();
    load(folder.path());
}

#[test]
fn code_that_others_could_have_written_is_compiled_anew() {
    let (folder, file) = filled();
    let before = identity(&file);
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    load(folder.path());
    assert_ne!(identity(&file), before);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn the_code_of_another_module_under_its_name_is_compiled_anew() {
    let (folder, file) = filled();
    let other = Engine::with(Some(Cache::open(folder.path()).unwrap()), None).unwrap();
    other.load(&Guest::new().item("(func $more)").file()).unwrap();
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let others = files.filter(|path| path.extension().is_some() && *path != file).collect::<Vec<_>>();
    fs::copy(&others[0], &file).unwrap();
    let before = fs::read(&file).unwrap();
    load(folder.path());
    assert_ne!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_cache_that_cannot_be_written_costs_only_time() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    let engine = Engine::with(Some(cache), None).unwrap();
    engine.load(&Guest::new().file()).unwrap();
    let told = sentence(&engine.trouble().unwrap());
    assert!(told.contains("cannot be used") && told.contains("No such file"), "{told}");
    assert!(engine.trouble().is_none(), "it is told once");
}

#[test]
fn a_folder_in_which_others_may_write_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let error = sentence(&Cache::open(folder.path()).unwrap_err());
    assert!(error.contains("others may write there") && error.contains("0700"), "{error}");
}
