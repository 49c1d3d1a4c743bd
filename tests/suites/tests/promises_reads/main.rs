//! The promises about what guests read (W03, W05, W07) and about calls that nothing asks for (G07), kept on a real
//! API server. Each test carries the number of its promise in docs/promises.md.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod absent;
mod bench;
mod reads;
mod skips;
mod watches;
