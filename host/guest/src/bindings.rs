//! The one room for what is generated from `wit/`; everything else of this crate speaks core's words.
#![allow(clippy::all, unreachable_pub, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "reconciler",
    imports: { default: trappable },
});
