//! The host killed -9 at every write of the lives of three objects, once before the write is sent and once
//! before its answer arrives. Each time a new host ends with the children of a fixed YAML file, no strays,
//! and then rests (promise O02).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod first_start;
mod life;
mod lives;
