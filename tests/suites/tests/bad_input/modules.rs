//! Files that do not become modules: each is named with the reason, and what serves goes on serving.

use innkeeper_suites::{House, condition, forge, guest, rebuilt};

use crate::{WEB, a_change_arrives, custom_http_goes_on};

/// Puts a bad file beside a good one, before the host starts. The log names the file and says these words.
fn a_bad_file_is_named(file: &str, bytes: &[u8], words: &[&str]) {
    let house = House::alone(&["custom-http"]);
    house.modules().put(file, bytes);
    house.start_host();
    custom_http_goes_on(&house);
    house.host_says(&[&[file], words].concat());
}

#[test]
fn a_file_that_is_no_wasm_is_named() {
    a_bad_file_is_named("notes.wasm", b"these are words, no module\n", &["WebAssembly"]);
}

#[test]
fn an_empty_file_is_named() {
    a_bad_file_is_named("empty.wasm", b"", &["empty"]);
}

#[test]
fn a_module_that_is_no_guest_is_named() {
    let bytes = forge::plain(r#"(module (func (export "main")))"#);
    a_bad_file_is_named("program.wasm", &bytes, &["innkeeper:guest"]);
}

#[test]
fn a_module_that_imports_wasi_is_refused_by_the_name_of_the_import() {
    let import = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
    let words = ["import", "wasi_snapshot_preview1"];
    a_bad_file_is_named("writer.wasm", &forge::module(import, "unreachable"), &words);
}

#[test]
fn a_module_that_imports_a_clock_is_refused_by_the_name_of_the_import() {
    let import = r#"(import "env" "now" (func (result i64)))"#;
    a_bad_file_is_named("clock.wasm", &forge::module(import, "unreachable"), &["import", "env", "now"]);
}

#[test]
fn a_module_whose_describe_traps_is_named() {
    a_bad_file_is_named("trap.wasm", &forge::module("", "unreachable"), &["describe", "trap"]);
}

#[test]
fn a_module_whose_describe_never_ends_is_named() {
    a_bad_file_is_named("loop.wasm", &forge::module("", "(loop (br 0)) unreachable"), &["describe", "time"]);
}

#[test]
fn a_half_written_file_never_becomes_a_module_and_the_whole_one_does() {
    let house = House::alone(&[]);
    house.start_host();
    let whole = guest("custom-http");
    let half = &whole[..whole.len() / 2];
    house.modules().write("custom-http.wasm", half);
    house.host_says(&["custom-http.wasm"]);
    house.apply(WEB);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(house.find("Reconciler", "custom-http").is_none(), "half a file is no module");
    assert!(house.find("Deployment", "web").is_none(), "half a file decides nothing");
    house.modules().write("custom-http.wasm", &whole);
    custom_http_goes_on(&house);
}

#[test]
fn a_broken_file_over_a_good_one_leaves_the_good_one_serving_and_says_so() {
    let house = House::alone(&["custom-http"]);
    house.start_host();
    custom_http_goes_on(&house);
    let loaded = || condition(&house.get("Reconciler", "custom-http"), "Loaded").unwrap_or_default();
    let digest = || house.get("Reconciler", "custom-http")["status"]["digest"].clone();
    let first = digest();
    assert_eq!(loaded()["status"], "True");

    let whole = guest("custom-http");
    let spoiled = [&b"these are words, no module\n"[..], &whole[..whole.len() / 2], b""];
    for (replicas, broken) in (3..).zip(spoiled) {
        house.modules().write("custom-http.wasm", broken);
        house.eventually("the Reconciler says that it was not loaded", || loaded()["status"] == "False");
        let message = loaded()["message"].to_string();
        for word in ["custom-http.wasm", "stays in service"] {
            assert!(message.contains(word), "the condition says {word:?}: {message}");
        }
        house.host_says(&["custom-http.wasm", "stays in service"]);
        assert_eq!(digest(), first);
        a_change_arrives(&house, replicas);

        house.modules().write("custom-http.wasm", &whole);
        house.eventually("the good file is loaded again", || loaded()["status"] == "True");
    }
    house.modules().remove("custom-http.wasm");
    house.host_says(&["custom-http.wasm", "removed"]);
    a_change_arrives(&house, 6);

    house.modules().write("custom-http.wasm", &rebuilt(&whole));
    house.eventually("the new module takes over", || digest() != first);
    a_change_arrives(&house, 1);
}
