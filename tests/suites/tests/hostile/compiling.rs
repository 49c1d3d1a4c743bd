//! G03: compiling is bounded too. A module that is slow or greedy to compile is rejected by the name of the bound; the
//! one before serves on, and others are loaded and kept meanwhile.

use std::path::Path;
use std::time::Duration;

use innkeeper_suites::{condition, forge, guest, rebuilt};

use crate::inn::Inn;

/// A small module that the compiler has much work with: one function of very many loops, whose every local lives
/// through all of them.
fn slow_to_compile() -> Vec<u8> {
    const LOCALS: usize = 400;
    const LOOPS: usize = 12_000;
    let locals = "i64 ".repeat(LOCALS);
    let body: String = (0..LOOPS)
        .map(|n| {
            let (to, from) = (n % LOCALS, (n * 7 + 3) % LOCALS);
            format!(
                "(loop (local.set {to} (i64.add (local.get {to}) (local.get {from})))
                    (br_if 0 (i64.lt_u (local.get {from}) (i64.const {n}))))"
            )
        })
        .collect();
    forge::guest(&format!("(func $slow (export \"slow\") (local {locals}) {body})"), "")
}

/// Waits until the Reconciler says that the file was not loaded, and one of these.
fn is_rejected(inn: &Inn, reasons: &[&str]) {
    inn.house.eventually(&format!("the Reconciler says {reasons:?}"), || {
        let loaded = condition(&inn.house.get("Reconciler", "hostile"), "Loaded").unwrap_or_default();
        let message = loaded["message"].as_str().unwrap_or_default();
        let all = ["hostile.wasm", "stays in service"].iter().all(|word| message.contains(word));
        let why = reasons.iter().any(|reason| message.contains(reason));
        if loaded["status"] == "False" && all && why { Ok(()) } else { Err(loaded.to_string()) }
    });
}

#[test]
fn g03_compiling_is_bounded() {
    // What is served is compiled now; after that only what is new must be.
    let inn = Inn::open();
    let before = inn.good("before");
    inn.house.start_host_with(&["--compile-time", "2"]);
    inn.house.modules().put("hostile.wasm", &slow_to_compile());
    // A machine that is busy with something else gives it no two seconds in twenty times that.
    is_rejected(&inn, &["compiling it used more than 2 s of CPU time", "compiling it took longer than 40s"]);
    assert_eq!(inn.good("before"), before);
    inn.others_are_kept();

    inn.house.modules().put("hostile.wasm", &guest("hostile"));
    inn.house.start_host_with(&["--compile-memory", "64"]);
    inn.house.modules().put("hostile.wasm", &slow_to_compile());
    is_rejected(&inn, &["compiling it used more than 64 MiB of memory"]);
    assert_eq!(inn.good("before"), before);
    inn.others_are_kept();
}

#[test]
fn others_are_loaded_while_one_is_compiled_and_nobody_compiles_for_a_host_that_is_gone() {
    let inn = Inn::open();
    let host = inn.house.host();
    inn.house.modules().put("hostile.wasm", &slow_to_compile());
    let mut compiling = Vec::new();
    inn.house.eventually("the host compiles in a process of its own", || {
        compiling = host.children();
        !compiling.is_empty()
    });
    inn.house.modules().put("workbench.wasm", &rebuilt(&guest("workbench")));
    inn.house.host_says(&["Reconciler workbench:", "is in service"]);
    assert!(host.said(&["hostile.wasm: compiling it"]).is_none(), "the other is still compiled");
    inn.others_are_kept();

    host.kill();
    let runs = |id: &u32| Path::new(&format!("/proc/{id}")).exists();
    inn.house.eventually("nobody compiles any more", || !compiling.iter().any(runs));
    std::thread::sleep(Duration::from_millis(100));
    inn.house.modules().put("hostile.wasm", &guest("hostile"));
    inn.house.start_host();
    inn.good("after");
}
