//! The promises Q (the queue), kept on a real API server. Each test carries the number of its promise in
//! docs/promises.md.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bench;
mod dry_run;
mod q01_fairness;
mod q04_hot_loops;
mod q06_annotations;
mod q06_sweeps;
