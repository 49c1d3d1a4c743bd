//! A project that `innkeeper new` makes builds and passes its scenario as it is, and fails where an expectation is wrong.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

use std::path::Path;
use std::process::{Command, Stdio};

use innkeeper_suites::binary;

/// Runs `innkeeper` in a folder: its exit code, what it printed, and what it complained of.
fn innkeeper(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(binary());
    // One target folder for all times, so that libraries are built once.
    let target = binary().ancestors().nth(2).unwrap().join("new-guest");
    command.args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", target).stdin(Stdio::null());
    let output = command.output().expect("innkeeper can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_new_project_builds_passes_its_scenario_and_fails_a_wrong_expectation() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sdk = repository.join("guests/sdk");
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = innkeeper(folder.path(), &["new", "web-site", "--sdk", sdk.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    let project = folder.path().join("web-site");
    // The same versions as here: what was downloaded is enough.
    std::fs::copy(repository.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let (code, said) = innkeeper(&project, &["build"]);
    assert_eq!(code, Some(0), "{said}");
    let module = said.lines().find_map(|line| line.split_once(" (")).map(|(file, _)| file.to_owned()).unwrap();
    let (code, said) = innkeeper(&project, &["test", "--module", &module]);
    assert_eq!((code, said.contains("1 passed, 0 failed")), (Some(0), true), "{said}");

    let file = project.join("scenarios/text.yaml");
    let scenario = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, scenario.replacen("data: {text: hello}", "data: {text: hallo}", 1)).unwrap();
    let (code, said) = innkeeper(&project, &["test", "--module", &module]);
    assert_eq!((code, said.contains("scenarios/text.yaml:11:")), (Some(1), true), "{said}");
    std::fs::write(&file, scenario.replacen("exactly:", "exaktly:", 1)).unwrap();
    let (code, said) = innkeeper(&project, &["test", "--module", &module]);
    assert_eq!((code, said.contains("did you mean exactly?")), (Some(2), true), "{said}");
}
