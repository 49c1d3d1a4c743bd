//! Children that a guest replaces: deleted and created anew, once, by uid.

use innkeeper_suites::{House, uid};
use serde_json::{Value, json};

use crate::bench::{Bench, config_map, deeds, is_quiet, stalled};

fn replacing(name: &str, uid: &str) -> Value {
    json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid}])
}

#[test]
fn replace_makes_the_very_child_that_is_meant_anew_and_only_once() {
    let house = House::shared();
    let bench = || Bench::new("one").child(config_map("paper", "mine")).child(config_map("pencil", "mine"));
    bench().apply_ready(&house);
    let before = uid(&house.get("ConfigMap", "paper"));
    let pencil = uid(&house.get("ConfigMap", "pencil"));
    house.wait_until_quiet();
    let mark = house.mark();
    bench().with("replace", replacing("paper", &before)).apply_ready(&house);
    house.eventually("it is another", || house.find("ConfigMap", "paper").is_some_and(|now| uid(&now) != before));
    house.wait_for_condition("Workbench", "one", "Ready", "True");
    let after = uid(&house.get("ConfigMap", "paper"));
    // The outcome still asks for it.
    is_quiet(&house);
    assert_eq!(uid(&house.get("ConfigMap", "paper")), after);
    assert_eq!(uid(&house.get("ConfigMap", "pencil")), pencil);
    let done = deeds(&house, &mark, "configmaps");
    let told: Vec<&str> = done.iter().map(String::as_str).filter(|deed| !deed.starts_with("get")).collect();
    assert_eq!(told, ["delete 200", "patch 201"]);
}

#[test]
fn replace_of_what_is_not_asked_for_refuses_the_outcome() {
    let house = House::shared();
    Bench::new("one").child(config_map("paper", "mine")).with("replace", replacing("other", "u")).apply(&house);
    stalled(&house, "one", "OutcomeRefused", &["replace", "other", "must be asked for too"]);
    assert!(house.find("ConfigMap", "paper").is_none(), "nothing is written");
}
