//! Suites that prove Innkeeper's promises against a real API server: the house that they share.
//!
//! A [`House`] is a cluster with a host in it. The cluster is real (see `tests/controlplane`), the host is
//! a process as people run it, and everything that a test does to them goes through kubectl or the API.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a fixture fails its test by panicking")]

mod applying;
pub mod bench;
mod between;
mod client;
mod cluster;
mod command;
mod elsewhere;
mod expected;
pub mod exposition;
pub mod forge;
mod hands;
mod host;
mod house;
mod kinds;
mod modules;
mod patience;
mod quiet;

use serde_json::Value;

pub use command::trace_at;
pub use exposition::Family;
pub use host::{Answer, Host, binary};
pub use house::House;
pub use modules::{Modules, guest, padded, rebuilt, reworded};
pub use patience::{LIMIT, Look, OBJECT_UID};

pub(crate) use patience::pause;

/// The uid of an object.
pub fn uid(object: &Value) -> String {
    object["metadata"]["uid"].as_str().expect("every object has a uid").to_owned()
}

/// What a text of YAML says, which is one document.
pub fn yaml(text: &str) -> Value {
    expected::documents(text).into_iter().next().unwrap_or_default()
}

/// One condition of an object's status.
pub fn condition(object: &Value, kind: &str) -> Option<Value> {
    object["status"]["conditions"].as_array()?.iter().find(|one| one["type"] == kind).cloned()
}
