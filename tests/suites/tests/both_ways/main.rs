//! The laboratory is honest: the scenarios of every guest come to the same against a real API server.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

use std::path::{Path, PathBuf};

use innkeeper_suites::House;

#[test]
fn scenarios_come_to_the_same_in_the_laboratory_and_on_a_real_cluster() {
    let house = House::alone(&[]);
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests").canonicalize().unwrap();
    let arguments = ["test", guests.to_str().unwrap(), "--cluster"];
    let (code, said, complaint) = house.innkeeper_as(&house.host_kubeconfig(), &arguments);
    assert_eq!(code, Some(0), "{said}\n{complaint}");
    assert!(said.contains(" 0 failed"), "{said}");
    let all = packages(&guests);
    assert!(all.len() >= 11, "{all:?}");
    for guest in all {
        let on_both = |line: &&str| {
            let played = line.strip_prefix("innkeeper: ").and_then(|line| line.strip_suffix(" was played both ways"));
            let left = |file: &str| said.contains(&format!("{file}: not played on the real cluster"));
            played.is_some_and(|file| Path::new(file).starts_with(guest.join("scenarios")) && !left(file))
        };
        let count = complaint.lines().filter(on_both).count();
        assert!(count > 0, "no scenario of {} was played on both:\n{said}\n{complaint}", guest.display());
    }
}

/// The folders of every guest.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    if std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("cdylib")) {
        all.push(folder.to_owned());
    }
    for entry in std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        all.extend(packages(&entry.path()));
    }
    all
}
