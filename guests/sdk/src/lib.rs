//! Write an Innkeeper guest as one typed function.
//!
//! A guest decides for one kind of Kubernetes object. It is a function: it is given the object, may look
//! at others, and answers with the children that should exist and the status to show. The host makes the
//! cluster so. Same inputs, same answer: there is no clock, no network and no memory of an earlier call.
//!
//! ```
//! use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
//! use k8s_openapi::api::core::v1::ConfigMap;
//! use kube::CustomResource;
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
//! #[kube(group = "example.com", version = "v1", kind = "Greeting", namespaced)]
//! struct GreetingSpec {
//!     text: String,
//! }
//!
//! innkeeper_sdk::guest!(reconcile, Manifest::of::<Greeting>().applies::<ConfigMap>());
//!
//! fn reconcile(cx: &Context<Greeting>) -> Result<Outcome, Failure> {
//!     let data = [("text".to_owned(), cx.object().spec.text.clone())].into();
//!     let mut outcome = Outcome::new();
//!     outcome.child(ConfigMap { metadata: cx.meta(cx.name(), "greeting"), data: Some(data), ..Default::default() });
//!     Ok(outcome)
//! }
//! # fn main() {}
//! ```
//!
//! | to | see |
//! |---|---|
//! | say what the module is and wants | [`Manifest`], [`guest!`] |
//! | look at the object, its configuration, its children, others | [`Context`] |
//! | ask for children, status, conditions, events | [`Outcome`] |
//! | say that it cannot be done | [`Failure`] |
//! | label and name things | [`names`] |
//! | keep containers from what they need not do, hand them texts as they are | [`pods`] |
//! | merge what is said over defaults | [`values`] |
//! | select by what a user wrote | [`selector`] |
//! | test without a cluster | [`Context::for_test`], [`testing`], and the laboratory (docs/test-your-guest.md) |
//!
//! Feature `allocator` (default): the guest's allocator, made for one call. Without it a guest may bring its own.
//!
//! Maps: use `BTreeMap`, whose order is always the same. Times: keep them in the status and ask
//! [`Context::reached`].

#[doc(hidden)]
pub mod bindings;
mod child;
mod context;
mod contribution;
mod crd;
mod exclusive;
mod failure;
mod guest;
mod instant;
mod json;
mod kind;
mod log;
mod manifest;
#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
mod memory;
pub mod names;
mod outcome;
mod path;
pub mod pods;
mod reads;
mod seen;
pub mod selector;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod values;
mod world;

pub use bindings::about::Scope;
pub use bindings::reconcile_types::{Adopt, ConditionStatus, Phase, Policy, State, Verdict};
pub use bindings::types::{Key, Kind};
pub use child::Child;
pub use context::Context;
pub use contribution::Contribution;
pub use failure::{Failure, ReadError};
#[doc(hidden)]
pub use guest::Described;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use guest::reconciled;
pub use instant::Instant;
pub use kind::Object;
pub use log::Log;
pub use manifest::Manifest;
#[doc(hidden)]
pub use manifest::{Crd, NoCrd, OfType};
pub use outcome::{Outcome, Removal};
pub use reads::{Children, Get, List};
pub use seen::{Addressed, Seen};
#[doc(hidden)]
pub use world::World;
