//! KindCustomHttp, the peering HTTP server, kept on a real API server. Each test carries the number of the
//! behaviour in the system's specification; `all` are those of every system.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod behaviours;
mod everywhere;
mod hand_edits;
mod lifetimes;

use innkeeper_suites::House;

/// The kind that these tests are about.
const KIND: &str = "KindCustomHttp";
/// The object that most tests apply, and its children as they must be.
const WEB: &str = include_str!("web.yaml");
const WEB_CHILDREN: &str = include_str!("web.children.yaml");

/// A house with the object `web` in it, ready.
fn house_with_web() -> House {
    let house = House::shared();
    house.apply(WEB);
    house.wait_for_condition(KIND, "web", "Ready", "True");
    house
}

/// Changes fields of the spec of an object by merge patch, as a person would.
fn change(house: &House, name: &str, spec: &str) {
    house.patch("kindcustomhttp", name, &format!(r#"{{"spec": {spec}}}"#));
}
