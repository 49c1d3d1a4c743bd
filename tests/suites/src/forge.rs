//! Modules that are wrong on purpose, made from text.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::cluster::repository;

/// Where the answer of a [`guest`] lies in its memory: byte 0 says outcome or failure, from byte 8 on it follows.
pub const ANSWER: u32 = 512;
/// Where the status is in that answer: whether there is one, its address, its length.
pub const STATUS: u32 = ANSWER + 8 + 32;

const MANIFEST: u32 = 1024;
const TEXT: u32 = 2048;

/// A module that says nothing of the contract, from its text.
pub fn plain(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text is WebAssembly")
}

/// A guest of the contract whose `describe` does this (WebAssembly text), and which imports that besides.
pub fn module(imports: &str, describe: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (func (export "describe") (result i32) {describe})
            (func (export "reconcile") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable))"#
    );
    embedded(plain(&text), "0.1.0")
}

/// A guest that says it is the module `hostile` and serves the kind Hostile. It asks for nothing, after it did
/// this (WebAssembly text); `items` are tables, functions, data and a start function.
pub fn guest(items: &str, reconcile: &str) -> Vec<u8> {
    embedded(core_guest(items, reconcile), "0.1.0")
}

/// The same, built for another version of the contract.
pub fn guest_of_version(version: &str) -> Vec<u8> {
    embedded(core_guest("", ""), version)
}

/// Modules that may not be: what each is called, and words of the reason why it is refused.
pub fn refused() -> Vec<(&'static str, Vec<u8>, &'static [&'static str])> {
    let wasi = r#"(import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))"#;
    let start = "(func $begin (loop $l (br $l))) (start $begin)";
    let hog = "(func $begin (loop $l (drop (memory.grow (i32.const 100))) (br $l))) (start $begin)";
    vec![
        ("wasi", module(wasi, "unreachable"), &["wasi_snapshot_preview1.random_get"]),
        ("older", guest_of_version("0.0.9"), &["innkeeper:guest@0.0.9", "0.1.0"]),
        ("newer", guest_of_version("7.0.0"), &["innkeeper:guest@7.0.0", "0.1.0"]),
        ("world", plain("(component)"), &["does not export `describe`"]),
        ("trap", module("", "unreachable"), &["describe", "trap"]),
        ("loop", module("", "(loop (br 0)) unreachable"), &["describe", "limit of time"]),
        ("start", guest(start, ""), &["describe", "limit of time"]),
        ("table", guest("(table $t 50000000 funcref)", ""), &["table"]),
        ("memory", guest(hog, ""), &["describe", "limit of memory"]),
        ("shared", guest("(memory $shared 1 1 shared)", ""), &["shared"]),
    ]
}

fn core_guest(items: &str, reconcile: &str) -> Vec<u8> {
    let (mut words, mut record) = (String::new(), Vec::new());
    for word in ["hostile", "6.6.6", "test.innkeeper.dev", "v1", "Hostile"] {
        record.extend((TEXT + u32::try_from(words.len()).unwrap_or(0)).to_le_bytes());
        record.extend(u32::try_from(word.len()).unwrap_or(0).to_le_bytes());
        words += word;
    }
    // No CRD, four empty lists, two times no.
    record.resize(88, 0);
    let record: String = record.iter().map(|byte| format!("\\{byte:02x}")).collect();
    // What it allocates is never given back: a call is short.
    plain(&format!(
        r#"(module
            (memory (export "memory") 4)
            (global $heap (mut i32) (i32.const 65536))
            (func (export "cabi_realloc") (param i32 i32 i32) (param $len i32) (result i32) (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get $at) (local.get $len)))
                (local.get $at))
            (data (i32.const {MANIFEST}) "{record}")
            (data (i32.const {TEXT}) "{words}")
            (func (export "describe") (result i32) (i32.const {MANIFEST}))
            (func (export "reconcile") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                {reconcile} (i32.const {ANSWER}))
            {items})"#
    ))
}

/// The module with the section that says which contract it was built for.
fn embedded(mut module: Vec<u8>, version: &str) -> Vec<u8> {
    let folder = repository().join("wit");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("the contract is there").flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let mut texts = files.iter().map(|file| std::fs::read_to_string(file.path()).expect("the contract is text"));
    // As one file: only the first may say what the package is.
    let first = texts.next().expect("the contract has files");
    let rest: String = texts.filter_map(|text| Some(text.split_once(';')?.1.to_owned())).collect();
    let wit = (first + &rest).replace("@0.1.0", &format!("@{version}"));
    let mut resolve = Resolve::default();
    let package = resolve.push_str("contract.wit", &wit).expect("the contract is WIT");
    let world = resolve.select_world(&[package], Some("reconciler")).expect("the contract has the world reconciler");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .expect("the world can be embedded");
    module
}
