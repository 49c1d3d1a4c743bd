//! Modules that are wrong on purpose, made from text.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::cluster::repository;

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
    let mut bytes = plain(&text);
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(repository().join("wit")).expect("the contract is WIT");
    let world = resolve.select_world(&[package], Some("reconciler")).expect("the contract has the world reconciler");
    embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8, false)
        .expect("the world can be embedded");
    bytes
}
