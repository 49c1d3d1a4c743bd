//! Promises of modules that arrive by the cluster, by kubectl or from a web server, on a real API server. Each test's
//! name begins with the number of its promise.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod by_kubectl;
mod every_source;
mod gone;
mod m01_api;
mod m01_config_map;
mod m01_push;
mod m01_url;
mod m02_reports;
mod m03_kills;
mod m03_swaps;
mod m04_rollback;
mod m05_plan;
mod m05_required;
mod m06_kills;
mod m06_rollouts;
mod m07_kinds;
mod m08_crds;
mod m09_pushes;
mod m10_approval;
mod pusher;
mod told;
mod web_server;
