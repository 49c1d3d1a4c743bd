//! The folder of compiled modules: what somebody exchanged there is never run, and where nothing can be written modules
//! serve all the same.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use innkeeper_suites::{House, guest, rebuilt};

use crate::{a_change_arrives, custom_http_goes_on};

/// What was compiled, by the names of the files.
fn compiled(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "compiled")).collect();
    files.sort();
    files
}

/// A host with that folder, and custom-http in its folder of modules.
fn starts(house: &House, folder: &Path) {
    house.start_host_with(&["--cache", folder.to_str().unwrap()]);
}

/// A house whose host has compiled these guests into the folder, and has ended.
fn has_compiled(folder: &Path, guests: &[&str]) -> House {
    let house = House::alone(guests);
    starts(&house, folder);
    custom_http_goes_on(&house);
    house.eventually("all is compiled", || compiled(folder).len() == guests.len());
    house.host().kill();
    house
}

#[test]
fn compiled_code_that_somebody_exchanged_is_made_again_and_never_run() {
    let folder = tempfile::tempdir().unwrap();
    let house = has_compiled(folder.path(), &["custom-http", "workbench"]);
    let files = compiled(folder.path());
    let whole: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let mut changed = whole[0].clone();
    changed[whole[0].len() / 2] ^= 1;
    // Each is a good one of the same host, but for another module; and one is changed by a bit.
    for (replicas, exchanged) in (3..).zip([[&whole[1], &whole[0]], [&changed, &whole[1][..100].to_vec()]]) {
        for (file, bytes) in files.iter().zip(exchanged) {
            fs::write(file, bytes).unwrap();
        }
        starts(&house, folder.path());
        a_change_arrives(&house, replicas);
        house.wait_until_quiet();
        house.eventually("both are made again", || {
            files.iter().zip(&whole).all(|(file, whole)| fs::read(file).is_ok_and(|now| now.len() == whole.len()))
                && files.iter().zip(exchanged).all(|(file, bytes)| fs::read(file).is_ok_and(|now| now != *bytes))
        });
        house.host().kill();
    }
}

#[test]
fn where_nothing_can_be_kept_modules_serve_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let house = has_compiled(folder.path(), &["custom-http"]);
    let file = compiled(folder.path()).remove(0);

    // Its place is taken by what no file can be moved over.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    starts(&house, folder.path());
    a_change_arrives(&house, 3);
    house.host_says(&["folder of compiled modules", "compiled again by the next process"]);

    // Another one is compiled, so that it is known where; then the first decides again.
    let digest = || house.get("Reconciler", "custom-http")["status"]["digest"].clone();
    let (whole, first) = (guest("custom-http"), digest());
    house.modules().put("custom-http.wasm", &rebuilt(&whole));
    house.eventually("the other one decides", || digest() != first && compiled(folder.path()).len() == 2);
    let other = compiled(folder.path()).into_iter().find(|path| *path != file).unwrap();
    house.modules().put("custom-http.wasm", &whole);
    house.eventually("the first decides", || digest() == first);
    house.host().kill();
    fs::remove_file(&other).unwrap();

    // The disk is full: each write of what this process compiles fails so.
    starts(&house, folder.path());
    let stem = other.file_stem().unwrap().to_str().unwrap();
    symlink("/dev/full", folder.path().join(format!(".{}.{stem}", house.host().id()))).unwrap();
    house.modules().put("custom-http.wasm", &rebuilt(&whole));
    house.eventually("the other one decides", || digest() != first);
    a_change_arrives(&house, 4);
    assert!(!other.exists(), "nothing could be written");
    house.host_says(&["No space left on device"]);
    house.host().kill();

    // The folder is none: that is said.
    let none = folder.path().join("none");
    fs::write(&none, "a file").unwrap();
    starts(&house, &none);
    a_change_arrives(&house, 5);
    house.host_says(&["folder of compiled modules", "cannot be used"]);
}

#[test]
fn a_module_that_was_put_away_decides_though_all_that_was_compiled_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::alone(&["custom-http"]);
    starts(&house, folder.path());
    custom_http_goes_on(&house);
    let is_away = || house.host().metrics("text/plain").text.contains("innkeeper_modules{code=\"away\"} 1");
    house.eventually("nobody calls it", is_away);
    fs::remove_dir_all(folder.path()).unwrap();
    a_change_arrives(&house, 3);
    house.eventually("it was called", || !is_away());
}
