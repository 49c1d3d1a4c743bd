//! The laboratory: what its API server does, and that a guest runs in it as in production.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

mod applying;
mod cluster;
mod deleting;
mod ground;
mod h01;
mod h02;
mod hostile;
mod planning;
mod refusing;
mod watching;

use std::path::PathBuf;

use serde_json::{Value, json};

/// A module, as `make guests test-guests` builds it.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    let file = target.join(name);
    assert!(file.is_file(), "{} is not built: make guests test-guests", file.display());
    file
}

fn custom_http() -> PathBuf {
    built("guests/custom-http.wasm")
}

/// A Deployment of that image.
fn image(name: &str) -> Value {
    json!({"spec": {"template": {"spec": {"containers": [{"image": name}]}}}})
}
