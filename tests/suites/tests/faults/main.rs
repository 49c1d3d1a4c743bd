//! Faults to survive: the API server, the network and other people's doings at their worst. After each there are
//! exactly the children of a fixed YAML file, no strays, no update is lost, and the host rests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod admission;
mod answers;
mod busy_hands;
mod connections;
mod forgotten;
mod restored;
mod rights;
mod storm;
mod street;
