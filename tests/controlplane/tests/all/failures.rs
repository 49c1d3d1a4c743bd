//! What cannot work is said at once, with what to do about it.

use std::path::{Path, PathBuf};
use std::process::Command;

use innkeeper_controlplane::{Binaries, ControlPlane, Options};

/// `innkeeper-controlplane binaries` without Go: whether it succeeded, and what it said.
fn binaries_without_go(assets: &Path, cache: &Path) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innkeeper-controlplane"));
    command.arg("binaries").env("PATH", "/nowhere").env("KUBEBUILDER_ASSETS", assets).env("XDG_CACHE_HOME", cache);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_component_that_does_not_start_tells_why_and_its_logs_are_kept() {
    let options = Options { api_server_flags: vec!["--no-such-flag".to_owned()], ..Options::api_server_only() };
    let error = format!("{:#}", ControlPlane::start_with(&options).err().unwrap());
    assert!(error.contains("kube-apiserver ended") && error.contains("unknown flag: --no-such-flag"), "{error}");
    let logs = error.split("kept in ").nth(1).and_then(|rest| rest.split(": ").next()).unwrap();
    assert!(Path::new(logs).join("kube-apiserver.log").is_file(), "{logs}");
    std::fs::remove_dir_all(Path::new(logs).parent().unwrap()).unwrap();
}

#[test]
fn without_go_and_binaries_every_way_out_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let (succeeded, said) = binaries_without_go(empty.path(), empty.path());
    assert!(!succeeded);
    for way in ["install Go", "KUBEBUILDER_ASSETS", "copy ", "INNKEEPER_TEST_KUBECONFIG"] {
        assert!(said.contains(way), "{way:?} is in: {said}");
    }
}

#[test]
fn a_folder_of_binaries_that_is_none_is_named() {
    let (succeeded, said) = binaries_without_go(Path::new("/nowhere/bin"), Path::new("/nowhere/cache"));
    assert!(!succeeded && said.contains("KUBEBUILDER_ASSETS is /nowhere/bin"), "{said}");
}

#[test]
fn a_folder_that_has_all_binaries_needs_no_cache_and_no_go() {
    let assets = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(Binaries::ensure().unwrap().folder()).unwrap() {
        let path = entry.unwrap().path();
        std::os::unix::fs::symlink(&path, assets.path().join(path.file_name().unwrap())).unwrap();
    }
    let (succeeded, said) = binaries_without_go(assets.path(), Path::new("/nowhere/cache"));
    assert!(succeeded && said.trim() == assets.path().display().to_string(), "{said}");
}

#[test]
fn what_the_named_folder_lacks_comes_from_the_cache_without_go() {
    let lacking = tempfile::tempdir().unwrap();
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from);
    let built = Binaries::ensure().unwrap();
    if !built.folder().starts_with(&cache) {
        return; // Here all come from KUBEBUILDER_ASSETS, and there may be no cache.
    }
    std::os::unix::fs::symlink(built.path("kubectl").unwrap(), lacking.path().join("kubectl")).unwrap();
    let (succeeded, said) = binaries_without_go(lacking.path(), &cache);
    assert!(succeeded && said.trim() == built.folder().display().to_string(), "{said}");
}
