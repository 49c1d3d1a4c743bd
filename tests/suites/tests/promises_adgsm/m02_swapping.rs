//! M02: the new module is built completely first; any failure leaves the old one serving and is shown on
//! the Reconciler; a removed file stops nothing.

use innkeeper_suites::{House, condition, forge, guest, rebuilt};
use serde_json::Value;

use crate::bench::{A_WHILE, Bench, config_map};

fn loaded(house: &House) -> Value {
    condition(&house.get("Reconciler", "workbench"), "Loaded").unwrap_or_default()
}

fn digest(house: &House) -> Value {
    house.get("Reconciler", "workbench")["status"]["digest"].clone()
}

/// A change of an object arrives: so a module decides for its kind.
fn serves(house: &House, word: &str) {
    Bench::new("served").child(config_map("served", word)).apply_ready(house);
    assert_eq!(house.get("ConfigMap", "served")["data"]["word"], word);
}

#[test]
fn m02_a_module_that_cannot_be_built_leaves_the_old_one_serving_and_is_shown() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    serves(&house, "before");
    let whole = guest("workbench");
    let first = digest(&house);
    assert_eq!(loaded(&house)["status"], "True");
    let import = r#"(import "env" "missing" (func))"#;
    let broken = [
        ("no WebAssembly", b"these are words\n".to_vec()),
        ("cut off", whole[..whole.len() / 2].to_vec()),
        ("no guest", forge::plain(r#"(module (func (export "main")))"#)),
        ("an import", forge::module(import, "unreachable")),
        ("describe traps", forge::module("", "unreachable")),
        ("describe loops", forge::module("", "(loop (br 0)) unreachable")),
    ];
    for (what, bytes) in broken {
        house.modules().put("workbench.wasm", &bytes);
        house.eventually(&format!("the Reconciler shows it: {what}"), || {
            let now = loaded(&house);
            if now["status"] == "False" && now["reason"] == "ModuleRejected" { Ok(()) } else { Err(now.to_string()) }
        });
        let message = loaded(&house)["message"].to_string();
        assert!(message.contains("workbench.wasm"), "it says which file: {message}");
        assert_eq!(digest(&house), first, "{what}: the old one serves");
        serves(&house, what);
        let ready = condition(&house.get("Reconciler", "workbench"), "Ready").unwrap();
        assert_eq!(ready["status"], "True", "{ready}");
        house.modules().put("workbench.wasm", &whole);
        house.eventually("the good one is loaded again", || loaded(&house)["status"] == "True");
    }
    house.modules().put("workbench.wasm", &rebuilt(&whole));
    house.eventually("a good new one takes over", || digest(&house) != first);
    serves(&house, "after");
}

#[test]
fn m02_a_removed_file_stops_nothing() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    serves(&house, "before");
    let first = digest(&house);
    house.modules().remove("workbench.wasm");
    house.host_says(&["workbench.wasm", "removed"]);
    std::thread::sleep(A_WHILE);
    serves(&house, "after");
    assert_eq!(digest(&house), first);
    house.modules().put("workbench.wasm", &rebuilt(&guest("workbench")));
    house.eventually("a new file takes over", || digest(&house) != first);
    serves(&house, "later");
}
