//! Loading: what becomes a module, and how everything else is refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails so")]

mod support;

use innkeeper_guest::{LoadError, MAX_SIZE};
use support::{ENGINE, Guest, refused, sentence};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

const LOG: &str = r#"(import "innkeeper:guest/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;

fn as_component(guest: &Guest) -> Vec<u8> {
    ComponentEncoder::default().module(&guest.file()).unwrap().validate(true).encode().unwrap()
}

/// Refused, in these words and under this category.
fn is_refused(bytes: &[u8], category: &str, words: &[&str]) {
    let error = refused(bytes);
    let sentence = sentence(&error);
    for word in words {
        assert!(sentence.contains(word), "{word:?} is not in: {sentence}");
    }
    assert_eq!(error.category(), category, "{sentence}");
}

#[test]
fn a_core_module_that_carries_the_contract_becomes_a_module() {
    let file = Guest::new().name("my-guest").file();
    let module = ENGINE.load(&file).unwrap();
    assert_eq!(module.manifest().name, "my-guest");
    assert_eq!(module.manifest().serves.to_string(), "example.com/v1 Tiny");
    assert_eq!(module.size(), file.len());
    assert_eq!(module.digest(), innkeeper_core::object::digest(&file));
    assert_eq!(module.short_digest().len(), 12);
    assert!(module.digest().starts_with(&format!("sha256:{}", module.short_digest())));
}

#[test]
fn a_component_becomes_a_module_and_is_named_by_its_own_bytes() {
    let (core, component) = (Guest::new().file(), as_component(&Guest::new()));
    let module = ENGINE.load(&component).unwrap();
    assert_eq!(module.digest(), innkeeper_core::object::digest(&component));
    assert_eq!(module.manifest(), ENGINE.load(&core).unwrap().manifest());
}

#[test]
fn g02_a_module_that_imports_wasi_is_refused_by_name() {
    let guest = Guest::new().import(r#"(import "wasi_snapshot_preview1" "clock_time_get" (func))"#);
    let words = ["`wasi_snapshot_preview1.clock_time_get`", "no WASI is linked", "wasm32-unknown-unknown"];
    is_refused(&guest.file(), "import", &words);
}

#[test]
fn g02_a_component_that_imports_wasi_is_refused_by_name() {
    let component = r#"(component (import "wasi:cli/environment@0.2.6" (instance
        (export "get-arguments" (func (result (list string)))))))"#;
    let words = ["`wasi:cli/environment@0.2.6`", "no WASI is linked"];
    is_refused(&wat::parse_str(component).unwrap(), "import", &words);
}

#[test]
fn g02_a_module_that_imports_anything_else_is_refused_by_name() {
    let refuses = |import: &str, words: &[&str]| is_refused(&Guest::new().import(import).file(), "import", words);
    refuses(r#"(import "env" "socket" (func))"#, &["`env.socket`", "linker"]);
    refuses(r#"(import "innkeeper:guest/network@0.1.0" "open" (func))"#, &["`innkeeper:guest/network@0.1.0.open`"]);
    refuses(r#"(import "__wbindgen_placeholder__" "now" (func))"#, &["`__wbindgen_placeholder__.now`", "`js`"]);
}

#[test]
fn g02_an_import_that_the_contract_does_not_have_is_refused() {
    let guest = Guest::new().import(r#"(import "innkeeper:guest/clock@0.1.0" "now" (func (result i64)))"#);
    is_refused(&guest.file(), "contract", &["now"]);
}

/// Where nothing follows any more but names and remarks about the producer: cut there, a file says all it said.
fn complete_at(file: &[u8]) -> Vec<u64> {
    let (mut depth, mut ends) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(file) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::CustomSection(section) if depth == 0 && !section.name().starts_with("component-type") => {
                ends.push(section.range().end);
            }
            other if depth == 0 => {
                if let Some((_, range)) = other.as_section() {
                    ends = vec![range.end];
                }
            }
            _ => {}
        }
    }
    ends
}

#[test]
fn m09_a_file_that_was_cut_off_anywhere_never_becomes_a_module() {
    for file in [Guest::new().import(LOG).file(), as_component(&Guest::new())] {
        let complete = complete_at(&file);
        for end in (1..file.len()).filter(|&end| !complete.contains(&(end as u64))) {
            let error = refused(&file[..end]);
            let known = ["truncated", "invalid", "contract"].contains(&error.category());
            assert!(known, "cut at {end} of {}: {}", file.len(), sentence(&error));
        }
        assert!(matches!(refused(&file[..file.len() / 2]), LoadError::Truncated { .. }));
    }
    is_refused(&[], "truncated", &["is empty"]);
}

#[test]
fn m09_a_file_in_which_bytes_are_wrong_never_brings_the_host_down() {
    let file = Guest::new().file();
    for at in (8..file.len()).step_by(11) {
        let mut bytes = file.clone();
        bytes[at] ^= 0xff;
        if let Err(error) = ENGINE.load(&bytes) {
            assert!(!sentence(&error).is_empty());
        }
    }
}

#[test]
fn another_kind_of_file_is_called_by_its_name() {
    is_refused(b"\x7fELF\x02\x01\x01\0\0\0\0", "not-wasm", &["not WebAssembly", "ELF"]);
    is_refused(b"<!doctype html><title>404</title>", "not-wasm", &["an HTML page"]);
    is_refused(b"(module)", "not-wasm", &[".wat", "wasm-tools parse"]);
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    is_refused(&vec![0; MAX_SIZE + 1], "too-large", &["16777217 bytes", "strip"]);
}

#[test]
fn another_version_of_the_contract_is_named() {
    let words = ["innkeeper:guest@0.2.0", "this host serves 0.1.0"];
    is_refused(&Guest::new().version("0.2.0").file(), "contract-version", &words);
    is_refused(&as_component(&Guest::new().version("0.2.0")), "contract-version", &words);
    let import = LOG.replace("@0.1.0", "@0.2.0");
    is_refused(&Guest::new().version("0.2.0").import(&import).file(), "contract-version", &words);
}

#[test]
fn a_core_module_without_the_contract_is_refused() {
    is_refused(&Guest::new().core(), "contract", &["carries no contract", "component-type"]);
}

#[test]
fn a_module_without_reconcile_is_refused() {
    is_refused(&Guest::new().without_reconcile().file(), "contract", &["does not export `reconcile`"]);
    is_refused(&wat::parse_str("(component)").unwrap(), "contract", &["does not export `describe`"]);
}

#[test]
fn a_component_whose_exports_have_other_types_is_refused() {
    let component = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (export "describe" (func $f)) (export "reconcile" (func $f)))"#;
    is_refused(&wat::parse_str(component).unwrap(), "contract", &["are not those of innkeeper:guest@0.1.0"]);
}

#[test]
fn a_describe_that_loops_is_stopped_by_the_time() {
    let guest = Guest::new().describe("(loop $l (br $l))");
    is_refused(&guest.file(), "describe", &["`describe` failed", "limit of time"]);
}

#[test]
fn a_describe_that_traps_is_refused_with_its_last_words() {
    let guest = Guest::new()
        .import(LOG)
        .item(r#"(data (i32.const 4096) "no kind")"#)
        .describe("(call $log (i32.const 3) (i32.const 4096) (i32.const 7)) (unreachable)");
    is_refused(&guest.file(), "describe", &["the guest trapped", "`unreachable`", "its last words: no kind"]);
}

#[test]
fn a_describe_that_calls_an_import_is_refused() {
    let reached = r#"(import "innkeeper:guest/clock@0.1.0" "reached" (func $reached (param i64) (result i32)))"#;
    let guest = Guest::new().import(reached).describe("(drop (call $reached (i64.const 0)))");
    is_refused(&guest.file(), "describe", &["called `clock.reached`"]);
    let guest = Guest::new().import(LOG).describe("(call $log (i32.const 1) (i32.const 0) (i32.const 0))");
    is_refused(&guest.file(), "describe", &["called `log.write`"]);
}

#[test]
fn a_describe_that_lies_is_refused() {
    is_refused(&Guest::new().name("No Label").file(), "manifest", &["\"No Label\" is no DNS label"]);
}
