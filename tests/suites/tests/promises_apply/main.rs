//! The promises A (applying) that are about how a child is changed, waited for, handed over and made anew, and
//! what else an outcome may ask for. Each test of a promise carries its number in docs/promises.md.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod a07_waves;
mod a09_immutable;
mod a10_failures;
mod a11_reach;
mod a12_release;
mod bench;
mod contributions;
mod own;
mod replace;
