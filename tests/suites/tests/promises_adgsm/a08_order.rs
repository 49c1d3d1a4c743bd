//! A08: deletions come after every apply has succeeded, a removal before a wave comes before it, and after a
//! failed apply nothing is pruned.

use innkeeper_controlplane::Request;
use innkeeper_suites::{House, uid};
use serde_json::json;

use crate::bench::{A_WHILE, Bench, KIND, config_map, invalid_config_map, position, service, told};

fn is_delete(request: &Request) -> bool {
    request.verb == "delete"
}

#[test]
fn a08_children_no_longer_wanted_go_after_every_apply() {
    let house = House::shared();
    Bench::new("tidy")
        .child(config_map("old-one", "one"))
        .child(service("old-two"))
        .child(config_map("changed", "one"))
        .apply_ready(&house);
    house.wait_until_quiet();
    let mark = house.mark();
    Bench::new("tidy")
        .child(config_map("changed", "two"))
        .child(config_map("new", "one"))
        .child_with(service("later"), json!({"wave": 3}))
        .apply(&house);
    house.eventually("the old children are gone", || {
        house.find("ConfigMap", "old-one").is_none() && house.find("Service", "old-two").is_none()
    });
    house.wait_for_condition(KIND, "tidy", "Ready", "True");
    let requests = house.requests_since(&mark);
    let first_delete = requests.iter().position(is_delete).unwrap();
    for (resource, name) in [("configmaps", "changed"), ("configmaps", "new"), ("services", "later")] {
        let applied = position(&requests, "patch", resource, name);
        assert!(applied.is_some_and(|at| at < first_delete), "{name} is applied first:\n{}", told(&requests));
    }
    let deletes: Vec<&Request> = requests.iter().filter(|r| is_delete(r)).collect();
    assert_eq!(deletes.len(), 2, "each is deleted once, and nothing else:\n{}", told(&requests));
}

#[test]
fn a08_a_removal_before_a_wave_comes_before_that_wave() {
    let house = House::shared();
    let first = || Bench::new("tidy").child(config_map("first", "one"));
    first().child(config_map("old", "one")).apply_ready(&house);
    house.wait_until_quiet();
    let mark = house.mark();
    let old = uid(&house.get("ConfigMap", "old"));
    let removal = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "old", "uid": old, "beforeWave": 1});
    Bench::new("tidy")
        .child(config_map("first", "two"))
        .child_with(config_map("second", "one"), json!({"wave": 1}))
        .with("remove", json!([removal]))
        .apply(&house);
    house.eventually("the second wave is there", || house.find("ConfigMap", "second").is_some());
    house.wait_for_condition(KIND, "tidy", "Ready", "True");
    assert!(house.find("ConfigMap", "old").is_none());
    let requests = house.requests_since(&mark);
    let at =
        |verb, name| position(&requests, verb, "configmaps", name).unwrap_or_else(|| panic!("{}", told(&requests)));
    let (first, removed, second) = (at("patch", "first"), at("delete", "old"), at("patch", "second"));
    assert!(first < removed && removed < second, "wave 0, the removal, wave 1:\n{}", told(&requests));
}

#[test]
fn a08_after_a_failed_apply_nothing_is_pruned() {
    let house = House::shared();
    Bench::new("tidy").child(config_map("old", "one")).apply_ready(&house);
    house.wait_until_quiet();
    let mark = house.mark();
    Bench::new("tidy").child(config_map("new", "one")).child(invalid_config_map("broken")).apply(&house);
    let message = house.wait_for_condition(KIND, "tidy", "Stalled", "True");
    assert!(message.contains("broken"), "it says which child: {message}");
    std::thread::sleep(A_WHILE);
    let requests = house.requests_since(&mark);
    assert!(requests.iter().any(|r| r.name.as_deref() == Some("broken") && r.code == 422), "{}", told(&requests));
    assert!(!requests.iter().any(is_delete), "nothing is deleted:\n{}", told(&requests));
    assert!(house.find("ConfigMap", "old").is_some() && house.find("ConfigMap", "new").is_some());

    Bench::new("tidy").child(config_map("new", "one")).child(config_map("broken", "mended")).apply(&house);
    house.eventually("the old child is gone", || house.find("ConfigMap", "old").is_none());
    house.wait_for_condition(KIND, "tidy", "Ready", "True");
}
