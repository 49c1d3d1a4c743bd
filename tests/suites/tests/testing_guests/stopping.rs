//! Ctrl-C, and runs that go on until then.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use crate::{GOOD, Scenarios, built, custom_http, hostile};

/// As Ctrl-C does.
fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn ctrl_c_prints_what_was_found_so_far() {
    let mut scenarios = Scenarios::new().with("000.yaml", &hostile("{}"));
    // More than anybody waits for: each call takes all the time that a call may.
    for n in 1..400 {
        scenarios = scenarios.with(&format!("{n:03}.yaml"), &hostile("{misdeed: Loop}"));
    }
    let mut command = scenarios.command(&built("test-guests/hostile.wasm"), &["--jobs", "1", "--progress"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut progress = BufReader::new(child.stderr.take().unwrap()).lines();
    let second = progress.by_ref().map_while(Result::ok).find(|line| line.contains("2 of 400 played"));
    assert!(second.is_some(), "it tells how far it is");
    interrupt(&child);
    let mut printed = String::new();
    child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    let rest: Vec<String> = progress.map_while(Result::ok).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{printed}");
    assert!(printed.contains("ok    scenarios/000.yaml") && printed.contains("1 passed, "), "{printed}");
    assert!(!printed.contains("399.yaml"), "not all were played: {printed}");
    assert!(rest.iter().any(|line| line.contains("told to stop; not all scenarios were played")), "{rest:?}");
}

#[test]
fn a_watched_scenario_is_played_again_when_it_changes() {
    let scenarios = Scenarios::new().with("a.yaml", GOOD);
    let mut command = scenarios.command(&custom_http(), &["--watch"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("1 passed, 0 failed")));
    std::fs::write(scenarios.file("a.yaml"), GOOD.replace("replicas: 3", "replicas: 4")).unwrap();
    assert!(lines.any(|line| line.contains("0 passed, 1 failed")));
    interrupt(&child);
    assert_eq!(lines.count(), 0);
    assert!(child.wait().unwrap().success());
}
