//! The private room of the generated bindings. Nothing outside this crate names it, but for the export
//! macro behind [`guest!`](crate::guest), and the guests for tests, which look at kinds that no type names.
#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    reason = "generated from wit/, where every word is explained; the ABI passes raw pointers"
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "reconciler",
    pub_export_macro: true,
    export_macro_name: "export_reconciler",
    default_bindings_module: "innkeeper_sdk::bindings",
    additional_derives: [PartialEq, Eq, Clone],
    generate_all,
});

#[cfg(target_arch = "wasm32")]
pub(crate) use innkeeper::guest::clock;
pub(crate) use innkeeper::guest::{about, cluster, log, reconcile_types, types};
