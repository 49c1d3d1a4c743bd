//! S01: Ready, Reconciling and Stalled, with observedGeneration, by kstatus.

use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

use crate::bench::{A_WHILE, Bench, KIND, config_map, deployment, invalid_config_map};

/// Waits until the three conditions have these statuses, all of the object's generation.
fn conditions_are(house: &House, wanted: [&str; 3]) -> Value {
    let mut bench = Value::Null;
    house.eventually(&format!("Ready, Reconciling, Stalled are {wanted:?}"), || {
        bench = house.get(KIND, "seen");
        let all = ["Ready", "Reconciling", "Stalled"].map(|kind| condition(&bench, kind).unwrap_or_default());
        let generation = &bench["metadata"]["generation"];
        let is_so =
            all.iter().zip(wanted).all(|(c, status)| c["status"] == status && c["observedGeneration"] == *generation);
        if is_so { Ok(()) } else { Err(bench["status"].to_string()) }
    });
    assert_eq!(bench["status"]["observedGeneration"], bench["metadata"]["generation"]);
    bench
}

const READY: [&str; 3] = ["True", "False", "False"];
const RECONCILING: [&str; 3] = ["False", "True", "False"];
const STALLED: [&str; 3] = ["False", "False", "True"];

#[test]
fn s01_ready_only_when_every_child_is_current() {
    let house = House::shared();
    // Its Pods fit on no Node until one has that label.
    let label = house.namespace();
    let mut waiting = deployment("seen");
    waiting["spec"]["template"]["spec"]["nodeSelector"] = json!({label: "yes"});
    Bench::new("seen").child(config_map("seen", "one")).child(waiting).apply(&house);
    let bench = conditions_are(&house, RECONCILING);
    let message = condition(&bench, "Ready").unwrap()["message"].to_string();
    assert!(message.contains("Deployment") && message.contains("seen"), "it says which child: {message}");
    std::thread::sleep(A_WHILE);
    conditions_are(&house, RECONCILING);
    house.kubectl(&["label", "nodes", "--all", &format!("{label}=yes")]);
    conditions_are(&house, READY);
    house.kubectl(&["label", "nodes", "--all", &format!("{label}-")]);
}

#[test]
fn s01_ready_only_when_the_guest_does_not_hold_it_back() {
    let house = House::shared();
    let bench = || Bench::new("seen").child(config_map("seen", "one"));
    bench().with("hold", json!({"reason": "WarmingUp", "message": "the oven is cold"})).apply(&house);
    let held = conditions_are(&house, RECONCILING);
    let ready = condition(&held, "Ready").unwrap();
    assert_eq!((&ready["reason"], &ready["message"]), (&json!("WarmingUp"), &json!("the oven is cold")));
    bench().apply(&house);
    conditions_are(&house, READY);
}

#[test]
fn s01_a_child_that_is_refused_stalls_its_object() {
    let house = House::shared();
    Bench::new("seen").child(config_map("fine", "one")).child(invalid_config_map("broken")).apply(&house);
    let bench = conditions_are(&house, STALLED);
    let message = condition(&bench, "Stalled").unwrap()["message"].to_string();
    assert!(message.contains("broken"), "it says which child: {message}");
    Bench::new("seen").child(config_map("fine", "one")).apply(&house);
    conditions_are(&house, READY);
}

#[test]
fn s01_a_keep_child_that_is_gone_does_not_count() {
    let house = House::shared();
    let fine = || Bench::new("seen").child(config_map("fine", "one"));
    fine().child(config_map("kept", "one")).apply(&house);
    conditions_are(&house, READY);
    fine().child_with(config_map("kept", "two"), json!({"policy": "Keep"})).apply(&house);
    conditions_are(&house, READY);
    assert_eq!(house.get("ConfigMap", "kept")["data"]["word"], "one", "it is kept as it is");
    house.delete("configmap", "kept");
    house.wait_until_quiet();
    conditions_are(&house, READY);
    assert!(house.find("ConfigMap", "kept").is_none(), "it is never created");
}
