//! G02: no WASI, no ambient authority. A module that imports anything outside the contract is refused at
//! load with the import's name.

use innkeeper_suites::{House, condition, forge};

use crate::bench::{Bench, config_map};

/// Imports that no guest gets, and how each is named.
const IMPORTS: [(&str, &str); 4] = [
    (
        r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#,
        "wasi_snapshot_preview1.fd_write",
    ),
    (
        r#"(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func (result i64)))"#,
        "wasi:clocks/monotonic-clock@0.2.0.now",
    ),
    (r#"(import "env" "random" (func (result i32)))"#, "env.random"),
    (
        r#"(import "innkeeper:guest/secrets@0.1.0" "read" (func (param i32 i32) (result i32)))"#,
        "innkeeper:guest/secrets@0.1.0.read",
    ),
];

#[test]
fn g02_a_module_that_imports_anything_else_is_refused_by_the_name_of_the_import() {
    let house = House::alone(&["workbench"]);
    for (number, (import, _)) in IMPORTS.iter().enumerate() {
        house.modules().put(&format!("greedy-{number}.wasm"), &forge::module(import, "unreachable"));
    }
    house.start_host();
    for (number, (_, name)) in IMPORTS.iter().enumerate() {
        house.host_says(&[&format!("greedy-{number}.wasm"), name]);
    }
    let reconcilers = house.list("Reconciler", "");
    assert_eq!(reconcilers.len(), 1, "only the good module serves: {reconcilers:?}");
    Bench::new("honest").child(config_map("honest", "one")).apply_ready(&house);

    // In the place of one that serves, its Reconciler says so.
    for (import, name) in IMPORTS {
        house.modules().put("workbench.wasm", &forge::module(import, "unreachable"));
        house.eventually(&format!("the Reconciler names {name}"), || {
            let loaded = condition(&house.get("Reconciler", "workbench"), "Loaded").unwrap_or_default();
            let named = loaded["message"].as_str().is_some_and(|message| message.contains(name));
            if loaded["status"] == "False" && named { Ok(()) } else { Err(loaded.to_string()) }
        });
    }
    Bench::new("honest").child(config_map("honest", "two")).apply_ready(&house);
    assert_eq!(house.get("ConfigMap", "honest")["data"]["word"], "two");
}
