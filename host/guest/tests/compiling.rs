//! Compiling in a process of its own: whatever becomes of that process, the host is told in words.
#![allow(clippy::unwrap_used, reason = "a test fails so")]

mod support;

use std::time::Duration;

use innkeeper_guest::{Bounds, Compiler, Engine, LoadError};
use support::{Guest, sentence};

/// Why a module is refused where this shell script compiles. Its input is the module.
fn refused(script: &str) -> LoadError {
    let bounds = Bounds { cpu_s: 7, memory: 300 << 20, wall: Duration::from_secs(60) };
    refused_within(script, bounds)
}

fn refused_within(script: &str, bounds: Bounds) -> LoadError {
    let arguments = vec!["-c".into(), script.into()];
    let compiler = Compiler { program: "/bin/sh".into(), arguments, environment: Vec::new(), bounds };
    let engine = Engine::with(None, Some(compiler)).unwrap();
    engine.load(&Guest::new().file()).unwrap_err()
}

fn says(error: &LoadError, category: &str, words: &[&str]) {
    let sentence = sentence(error);
    for word in words {
        assert!(sentence.contains(word), "{word:?} is not in: {sentence}");
    }
    assert_eq!(error.category(), category, "{sentence}");
}

#[test]
fn g03_a_compiler_that_the_kernel_ended_names_the_bound() {
    says(&refused("kill -XCPU $$"), "compile-bound", &["used more than 7 s of CPU time"]);
    let words = "echo 'memory allocation of 4096 bytes failed' >&2; kill -ABRT $$";
    says(&refused(words), "compile-bound", &["used more than 300 MiB of memory"]);
    says(&refused(r"cat >/dev/null; printf '\002'"), "compile-bound", &["used more than 300 MiB of memory"]);
}

#[test]
fn g03_a_compiler_that_never_ends_is_ended() {
    let bounds = Bounds { wall: Duration::from_millis(300), ..Bounds::default() };
    says(&refused_within("exec sleep 600", bounds), "compile-bound", &["took longer than"]);
}

#[test]
fn a_compiler_that_crashes_brings_nobody_down() {
    says(&refused("kill -SEGV $$"), "compiler", &["ended without an answer", "signal: 11"]);
    let panicked = "cat >/dev/null; echo 'thread main panicked' >&2; exit 101";
    says(&refused(panicked), "compiler", &["exit status: 101", "thread main panicked"]);
    says(&refused("cat >/dev/null"), "compiler", &["ended without an answer", "it said nothing"]);
}

#[test]
fn what_the_compiler_finds_wrong_is_told_in_its_words() {
    let error = refused(r"cat >/dev/null; printf '\001import\nit imports this and that'");
    says(&error, "import", &["it imports this and that"]);
}

#[test]
fn code_that_this_host_cannot_run_is_not_run() {
    says(&refused(r"cat >/dev/null; printf '\000words'"), "compile", &["cannot be compiled"]);
}

#[test]
fn a_program_that_is_not_there_is_told() {
    let bounds = Bounds::default();
    let compiler =
        Compiler { program: "/nowhere/innkeeper".into(), arguments: Vec::new(), environment: Vec::new(), bounds };
    let engine = Engine::with(None, Some(compiler)).unwrap();
    let error = engine.load(&Guest::new().file()).unwrap_err();
    says(&error, "compiler", &["cannot be started", "No such file"]);
}
