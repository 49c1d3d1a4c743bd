//! The suite of this crate: against a server that misbehaves on demand, and against a real API server.

mod connecting;
mod fake;
mod manifests;
mod real;
mod real_actions;
mod real_crd;
mod real_events;
mod real_outage;
mod real_watch;
mod requests;
mod things;
mod watches;
