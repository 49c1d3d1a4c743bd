//! The promises W (watching) and A (applying), kept on a real API server. Each test carries the number of its
//! promise in docs/promises.md.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod applied;
mod as_kubectl;
mod bench;
mod called;
mod checked;
mod crowds;
mod moments;
mod own_kind;
mod quiet;
mod recorded;
mod removals;
mod restarts;
mod strangers;
mod watched;
