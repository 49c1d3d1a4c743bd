//! Bad input: each has one clear message (what, which, why, what to do), nothing crashes, nothing is deleted
//! that nobody asked to delete, and the other kinds go on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cache;
mod cluster;
mod kinds;
mod modules;
mod start;

use innkeeper_suites::House;

/// The kind that goes on while something else is wrong.
const KIND: &str = "KindCustomHttp";
const WEB: &str = include_str!("../custom_http/web.yaml");
const WEB_CHILDREN: &str = include_str!("../custom_http/web.children.yaml");

/// Applies the object `web`, and sees it kept: so its kind goes on.
fn custom_http_goes_on(house: &House) {
    house.apply(WEB);
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
    house.wait_for_condition(KIND, "web", "Ready", "True");
    assert!(house.host().exited().is_none(), "the host runs");
    assert!(house.host().is_healthy(), "the host is healthy");
}

/// Changes the object `web` and sees the change arrive: so the module that decides for it is in service.
fn a_change_arrives(house: &House, replicas: u32) {
    let spec = format!(r#"{{"spec": {{"replicaCount": {replicas}}}}}"#);
    house.patch("kindcustomhttp", "web", &spec);
    house.eventually("the Deployment follows", || house.get("Deployment", "web")["spec"]["replicas"] == replicas);
}
