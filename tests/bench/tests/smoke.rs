//! The whole bench with three objects: it works, and counts requests right. Figures of time are not looked at.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

use serde_json::Value;

const OBJECTS: u64 = 3;

#[test]
fn a_run_with_three_objects_counts_every_request() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("figures.json");
    let arguments =
        "--objects 3 --rounds 1 --rest-seconds 0.5 --quiet-seconds 1 --restart-seconds 0.5 --concurrency 2 --calls 10";
    let mut bench = Command::new(env!("CARGO_BIN_EXE_innkeeper-bench"));
    let output = bench.args(arguments.split(' ')).arg("--out").arg(&out).output().unwrap();
    let (table, progress) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{progress}");
    assert!(table.contains("| create: requests an object |"), "{table}");

    let figures: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(figures["inside"]["requests"].as_array().unwrap().len(), 0, "{}", figures["inside"]);
    assert!(figures["wasm"]["fresh"]["p50"].as_f64().unwrap() > 0.0, "{}", figures["wasm"]);
    let turns = figures["sizes"][0]["rounds"][0].as_array().unwrap();
    let who: Vec<&str> = turns.iter().filter_map(|turn| turn["who"].as_str()).collect();
    assert_eq!(who, ["raw writer", "innkeeper", "kube-rs"]);
    let writes = |turn: &Value, phase: &str| {
        let asked = &turn[phase]["asked"];
        asked["writes"].as_u64().unwrap() - asked["counts"].as_u64().unwrap()
    };
    let [raw, innkeeper, kube_rs] = [&turns[0], &turns[1], &turns[2]];
    assert_eq!((writes(raw, "create"), writes(raw, "change")), (5 * OBJECTS, 2 * OBJECTS), "{raw:#}");
    assert_eq!((writes(innkeeper, "create"), writes(innkeeper, "change")), (5 * OBJECTS, 2 * OBJECTS), "{innkeeper:#}");
    assert_eq!(writes(innkeeper, "restart"), 0, "{innkeeper:#}");
    assert!(writes(kube_rs, "create") >= 5 * OBJECTS && writes(kube_rs, "restart") >= 5 * OBJECTS, "{kube_rs:#}");
}

#[test]
fn a_run_over_systems_counts_what_a_switched_site_calls_and_measures_every_guest_and_kind() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("figures.json");
    let mut bench = Command::new(env!("CARGO_BIN_EXE_innkeeper-bench"));
    bench.args(["systems", "--calls", "3", "--sites", "10", "--kinds", "2", "--out"]).arg(&out);
    let output = bench.output().unwrap();
    let (table, progress) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{progress}");
    assert!(table.contains("| worker-account |"), "{table}");

    let figures: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let sizes = figures["calls"].as_array().unwrap().iter().map(|guest| guest["wasm_bytes"].as_u64().unwrap());
    assert_eq!(sizes.filter(|size| (100_000..1_000_000).contains(size)).count(), 11, "{table}");
    let switched = &figures["sites"][0];
    assert_eq!((&switched["own"], &switched["others"]), (&10.into(), &0.into()), "{switched}");
    let operators = figures["kinds"]["operators"].as_array().unwrap();
    assert!(operators.len() == 2 && operators.iter().all(|one| one["alone"].as_f64().unwrap() > 0.5), "{operators:?}");
    assert!(figures["kinds"]["host"]["as_it_runs"].as_f64().unwrap() > 0.5, "{}", figures["kinds"]);
}
