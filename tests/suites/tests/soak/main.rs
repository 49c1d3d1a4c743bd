//! Every system in one cluster with one host, and people who do to them whatever they like, in any order. After each
//! round there are exactly the children that a small model of each system says, and nothing else. A model follows what
//! is done and shares nothing with guests, SDK or host.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod custom_http;
mod goop;
mod life;
mod memcached;
mod minimart;
mod rocketlab;
mod system;
mod town;
mod workers;
