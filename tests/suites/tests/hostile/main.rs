//! Hostile guests. Whatever one does: a condition and an Event of its object name the bound (or what is wrong) and
//! the module, what ran before stays as it was, other kinds are kept meanwhile, and the host lives.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bounds;
mod compiling;
mod inn;
mod modules;
mod texts;
mod wishes;
