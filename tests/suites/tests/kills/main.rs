//! The host killed -9 between any two writes of the lives of four objects: before a write is sent, and before its
//! answer arrives; each at every write by `make soak`. Each time a new host ends with the children of a fixed YAML file, no strays,
//! and then rests (promise O02).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod first_start;
mod life;
mod lives;
