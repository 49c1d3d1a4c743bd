//! Everything Innkeeper decides, as plain data and functions: no I/O, no async, no clock.
//!
//! `cluster` turns watch events into the inputs of this crate and its actions into requests; `guest`
//! answers its questions; a test, a model checker or a replay can stand in for both. Time is an input.

pub mod action;
pub mod binding;
pub mod cause;
pub mod conditions;
pub mod contract;
pub mod engine;
pub mod exclusive;
pub mod fields;
mod json;
pub mod kind;
pub mod kstatus;
pub mod names;
pub mod object;
pub mod pairs;
mod parts;
pub mod paths;
pub mod pending;
pub mod permissions;
pub mod picture;
pub mod plan;
mod pool;
pub mod print;
pub mod query;
pub mod queue;
pub mod reconciler;
pub mod refusal;
pub mod resource;
pub mod rollout;
pub mod selector;
pub mod share;
pub mod shelf;
mod shown;
pub mod step;
pub mod store;
pub mod upgrade;
pub mod wanted;
pub mod watch;
pub mod world;
