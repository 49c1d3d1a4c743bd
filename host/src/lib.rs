//! A Kubernetes operator whose reconcile logic is WebAssembly that can be swapped while it runs.
//!
//! This crate wires the rooms together: `cluster` (the API server) and `guest` (wasm modules) around
//! `core` (everything that is decided). The command line is the only thing it adds.

pub mod cli;
mod guests;
mod logs;
mod place;
mod plan;
mod reconciler;
mod run;
mod wasm;
