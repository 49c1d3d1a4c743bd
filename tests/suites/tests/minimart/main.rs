//! Minimart, helm style, kept on a real API server. Each test carries the number of the behaviour in the system's
//! specification; `all` are those of every system.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod behaviours;
mod everywhere;
mod hand_edits;
mod lifetimes;
mod toggles;
mod values;

use innkeeper_suites::{House, condition};
use serde_json::Value;

/// The kind that these tests are about.
const KIND: &str = "Minimart";
/// The object of the example, its name, and its children as they must be.
const SHOP: &str = include_str!("../../../../examples/minimart/shop.yaml");
const NAME: &str = "minimart-sample";
const SHOP_CHILDREN: &str = include_str!("shop.children.yaml");

/// The shared house; its host has the guest.
fn house() -> House {
    House::serving(&["minimart"])
}

/// A house with the example in it, ready.
fn house_with_shop() -> House {
    let house = house();
    house.apply(SHOP);
    ready(&house, NAME);
    house
}

/// Waits until that shop is ready.
fn ready(house: &House, name: &str) {
    house.wait_for_condition(KIND, name, "Ready", "True");
}

/// Changes fields of the spec of the example by merge patch, as a person would.
fn change(house: &House, spec: &str) {
    house.patch("minimart", NAME, &format!(r#"{{"spec": {spec}}}"#));
}

/// The example's child of that kind; its children are named as it is.
fn child(house: &House, kind: &str) -> Value {
    house.get(kind, NAME)
}

/// The status and the message of a condition of the example.
fn told(house: &House, kind: &str) -> (String, String) {
    let one = condition(&house.get(KIND, NAME), kind).unwrap_or_default();
    let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
    (text("status"), text("message"))
}
