//! Promises A05, A06, A08, D01, G01, G02, G04, G08, S01, S02, M02 and M09, on a real API server. Each test's name
//! begins with the number of its promise.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod a05_nothing_changed;
mod a06_admission;
mod a06_drift;
mod a06_others;
mod a08_order;
mod a08_prune;
mod bench;
mod d01_finalizers;
mod g01_fresh_instances;
mod g02_no_wasi;
mod g04_no_opinion;
mod g08_frozen;
mod m02_swapping;
mod m09_half_files;
mod s01_conditions;
mod s02_status_writes;
