//! Small guests, written by hand in the text form of WebAssembly, with the contract embedded as an SDK does.
//!
//! A guest here returns its manifest from fixed bytes, and its answer from bytes at [`ANSWER`] that its
//! code may change. Left as they are, they are an outcome that asks for nothing.

#![allow(dead_code, unreachable_pub, clippy::panic, reason = "each test target uses a part of this")]

use std::path::Path;
use std::sync::LazyLock;

use innkeeper_core::contract::{Limits, Phase, Request};
use innkeeper_core::world::World;
use innkeeper_guest::{Answer, Engine, LoadError, Module};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where a guest's answer lies in its memory: byte 0 says outcome or failure, from byte 8 on it follows.
pub const ANSWER: u32 = 512;
/// The outcome's list of children: address and length.
pub const CHILDREN: u32 = ANSWER + 8;
/// The outcome's status: whether there is one, address, length.
pub const STATUS: u32 = ANSWER + 8 + 32;

const MANIFEST: u32 = 1024;
const TEXT: u32 = 2048;
const HEAP: u32 = 65536;

/// One engine for all tests of a target, as a host has one.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().expect("an engine"));

/// A guest to be.
pub struct Guest {
    wit: String,
    name: String,
    imports: String,
    items: String,
    describe: String,
    reconcile: String,
    exports: &'static str,
}

/// The text of the contract, as one file. Only the one that holds the world says what the package is.
fn contract() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let file = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the contract");
    let others = ["imports.wit", "about.wit", "reconcile.wit"].map(file);
    let bodies = others.iter().filter_map(|text| Some(text.split_once(';')?.1));
    file("reconciler.wit") + &bodies.collect::<String>()
}

impl Guest {
    /// A guest that asks for nothing.
    pub fn new() -> Self {
        Self {
            wit: contract(),
            name: "tiny".into(),
            imports: String::new(),
            items: String::new(),
            describe: String::new(),
            reconcile: String::new(),
            exports: r#"(export "describe" (func $describe)) (export "reconcile" (func $reconcile))"#,
        }
    }

    /// Its name.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Built for another version of the contract.
    pub fn version(mut self, version: &str) -> Self {
        self.wit = self.wit.replace("@0.1.0", &format!("@{version}"));
        self
    }

    /// Imports, as text.
    pub fn import(mut self, import: &str) -> Self {
        self.imports.push_str(import);
        self
    }

    /// Globals, functions, data, a start function, as text.
    pub fn item(mut self, item: &str) -> Self {
        self.items.push_str(item);
        self
    }

    /// What `describe` does before it answers.
    pub fn describe(mut self, code: &str) -> Self {
        self.describe = code.into();
        self
    }

    /// What `reconcile` does before it answers. Its parameters are `$phase`, `$object`, `$object-len` and
    /// eight more.
    pub fn reconcile(mut self, code: &str) -> Self {
        self.reconcile = code.into();
        self
    }

    /// Without the export `reconcile`.
    pub fn without_reconcile(mut self) -> Self {
        self.exports = r#"(export "describe" (func $describe))"#;
        self
    }

    /// Its core module, without the contract's section.
    pub fn core(&self) -> Vec<u8> {
        let Self { wit: _, name, imports, items, describe, reconcile, exports } = self;
        let (manifest, text) = manifest(name);
        wat::parse_str(format!(
            r#"(module
                {imports}
                (memory (export "memory") 2)
                (global $heap (mut i32) (i32.const {HEAP}))
                (func (export "cabi_realloc") (param $old i32) (param $old-len i32) (param $align i32) (param $len i32)
                    (result i32) (local $at i32)
                    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                    (global.set $heap (i32.add (local.get $at) (local.get $len)))
                    (block $fits
                        (br_if $fits (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
                        (drop (memory.grow (i32.add (i32.shr_u (local.get $len) (i32.const 16)) (i32.const 1)))))
                    (local.get $at))
                (data (i32.const {MANIFEST}) "{manifest}")
                (data (i32.const {TEXT}) "{text}")
                (func $describe (result i32) {describe} (i32.const {MANIFEST}))
                (func $reconcile (param $phase i32) (param $object i32) (param $object-len i32)
                    (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {reconcile} (i32.const {ANSWER}))
                {items}
                {exports})"#,
            manifest = escaped(&manifest),
            text = escaped(&text),
        ))
        .expect("a module in text form")
    }

    /// The file: a core module that carries the contract.
    pub fn file(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("reconciler.wit", &self.wit).expect("a contract");
        let world = resolve.select_world(&[package], Some("reconciler")).expect("the world");
        let mut bytes = self.core();
        embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8, false).expect("room for a section");
        bytes
    }

    /// Loaded.
    pub fn load(&self) -> Module {
        ENGINE.load(&self.file()).unwrap_or_else(|error| panic!("{}", sentence(&error)))
    }

    /// Loaded and called.
    pub fn call(&self, limits: &Limits) -> Answer {
        call(&self.load(), limits)
    }
}

/// A manifest's bytes, and the text to which they point.
fn manifest(name: &str) -> (Vec<u8>, Vec<u8>) {
    let (mut text, mut record) = (Vec::new(), Vec::new());
    for word in [name, "1.0.0", "example.com", "v1", "Tiny"] {
        record.extend((TEXT + text.len() as u32).to_le_bytes());
        record.extend((word.len() as u32).to_le_bytes());
        text.extend(word.bytes());
    }
    // No CRD, four empty lists, two times no.
    record.resize(88, 0);
    (record, text)
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A question about some object.
pub fn request() -> Request {
    let object = r#"{"apiVersion":"example.com/v1","kind":"Tiny","metadata":{"name":"a"}}"#.into();
    let (children, contributions, removals) = Default::default();
    Request { phase: Phase::Apply, object, config: "{}".into(), children, contributions, removals }
}

/// Calls a module in an empty world.
pub fn call(module: &Module, limits: &Limits) -> Answer {
    ENGINE.call(module, request(), World::default(), limits)
}

/// Why a file is refused.
pub fn refused(bytes: &[u8]) -> LoadError {
    ENGINE.load(bytes).expect_err("it should be refused")
}

/// An error with its sources.
pub fn sentence(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|source| format!(": {}", sentence(source)));
    format!("{error}{}", source.unwrap_or_default())
}
