//! Testing a guest natively, without a cluster and without wasm.
//!
//! ```
//! # use innkeeper_sdk::{Context, Failure, Outcome};
//! # use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
//! # fn reconcile(cx: &Context<Namespace>) -> Result<Outcome, Failure> {
//! #     let mut outcome = Outcome::new();
//! #     outcome.child(ConfigMap { metadata: cx.meta("hello", "greeting"), ..Default::default() });
//! #     Ok(outcome)
//! # }
//! let cx = Context::for_test(Namespace::default()).with_config(&serde_json::json!({"color": "red"}));
//! let outcome = reconcile(&cx).unwrap();
//! assert!(outcome.wants::<ConfigMap>("hello").is_some());
//! ```
//!
//! Reads are answered from the objects that the test laid out, as the host would: in the view asked for,
//! sorted, selected by labels and fields.
#![allow(clippy::panic, reason = "a fixture fails its test by panicking")]

mod answer;
mod cluster;
mod context;
mod crd_file;
mod guest;
mod selector;
mod view;

pub use answer::Condition;
pub use context::TestContext;
pub use crd_file::crd_is_current;
pub use guest::Guest;
