//! The laboratory is honest: the scenarios of every guest come to the same against a real API server.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

use std::path::Path;

use innkeeper_suites::House;

#[test]
fn scenarios_come_to_the_same_in_the_laboratory_and_on_a_real_cluster() {
    let house = House::alone(&[]);
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests");
    let arguments = ["test", guests.to_str().unwrap(), "--cluster"];
    let (code, said, complaint) = house.innkeeper_as(&house.host_kubeconfig(), &arguments);
    assert_eq!(code, Some(0), "{said}\n{complaint}");
    let played = |line: &&str| line.starts_with("ok  ");
    let only_simulated = said.lines().filter(|line| line.contains("not played on the real cluster")).count();
    assert!(said.lines().filter(played).count() - only_simulated >= 12, "nearly all were played on both:\n{said}");
    assert!(said.contains(" 0 failed"), "{said}");
}
