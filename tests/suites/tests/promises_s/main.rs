//! Promises S03, S04 and S05, on a real API server: what the host tells people. Each test's name begins with
//! the number of its promise.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bench;
mod s03_events;
mod s04_metrics;
mod s05_trace;
