//! The laboratory: what its API server does, and that a guest runs in it as in production.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

mod applying;
mod cluster;
mod deleting;
mod h01;
mod h02;
mod refusing;

use std::path::PathBuf;

/// The guest custom-http, as `make guests` builds it.
fn custom_http() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    let file = target.join("guests/custom-http.wasm");
    assert!(file.is_file(), "{} is not built: make guests", file.display());
    file
}
