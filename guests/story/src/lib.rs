//! Stories about a guest, for `#[test]`: its Rust function in the laboratory, natively.
//!
//! ```
//! use serde_json::json;
//!
//! let web = "{apiVersion: groupsp.measutosh.dev/v1, kind: KindCustomHttp, metadata: {name: web},
//!             spec: {replicaCount: 2, port: 80}}";
//! innkeeper_story::of(custom_http::guest())
//!     .when_applied(web)
//!     .then("Deployment/web", json!({"spec": {"replicas": 2}}))
//!     .then_condition("KindCustomHttp/web", "Ready", "True");
//! ```
//!
//! What the host decides is the very code of production, as it is for a module; the guest is called as the function
//! that it is, so that a debugger and a coverage tool see it. What only wasm has is not there: limits of time, memory
//! and size, and a fresh instance for each call. Instead each question is asked twice, and a function that answers
//! otherwise the second time fails. With the feature `wasm`, `Story::of(file)` tells the same story of a module.

use innkeeper_sdk::bindings;

#[path = "../../../host/guest/src/convert.rs"]
mod convert;
mod sight;

use std::rc::Rc;

pub use innkeeper_harness::{Guest, Link, Story};
pub use innkeeper_sdk::testing::Guest as Function;

/// A story about a guest as it is in Rust; `guest()` is what `innkeeper_sdk::guest!` adds to the crate.
#[track_caller]
pub fn of(guest: Function) -> Story {
    Story::about(native(guest))
}

/// The guest as a laboratory takes it, for [`Story::when_another_takes_over`].
pub fn native(guest: Function) -> Guest {
    let manifest = convert::manifest(guest.describe().clone());
    Guest::native(manifest, move |request, sight| {
        let answer = guest.reconcile(convert::request(request.clone()), Rc::new(sight::Shown(sight.clone())));
        answer.map(convert::outcome).map_err(convert::failure)
    })
}
