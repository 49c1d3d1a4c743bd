//! The guest author's laboratory: the same core as in production, around a simulated API server, in one process.
//!
//! A [`Lab`] holds a cluster of which nobody else knows, the host's decision making and real modules. What somebody does
//! to the cluster is done at once, with everything that follows from it; time passes when it is told to. A scenario file
//! says the same as YAML (see [`scenario`]), a [`Story`] in Rust. What decides is a [`Guest`]: a module, or a function that
//! is called natively.

mod guest;
pub mod lab;
pub mod scenario;
pub mod server;
mod story;
mod workloads;
pub mod yaml;

pub use guest::{Guest, Sight};
#[cfg(feature = "wasm")]
pub use innkeeper_guest::{Engine, Module};
pub use lab::{Broken, Fate, Lab, Link};
pub use story::Story;

/// Which of some words was meant, if any is like it.
pub(crate) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |known: &'a str| (strsim::damerau_levenshtein(&word.to_lowercase(), &known.to_lowercase()), known);
    let (distance, nearest) = known.into_iter().map(near).min()?;
    (distance <= word.chars().count().div_ceil(3)).then_some(nearest)
}
