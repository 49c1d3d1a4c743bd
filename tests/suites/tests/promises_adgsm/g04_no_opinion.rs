//! G04: a guest that failed, trapped, ran out or is absent has no opinion.

use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

use crate::bench::{A_WHILE, Bench, KIND, config_map, service};

/// A bench with children and a status of its own, settled.
fn content() -> Bench {
    Bench::new("mute")
        .child(config_map("mute", "one"))
        .child(service("mute"))
        .with("status", json!({"word": "content"}))
}

/// The status but for the host's own conditions.
fn own_status(object: &Value) -> Value {
    let mut status = object["status"].clone();
    let is_own = |c: &Value| !["Ready", "Reconciling", "Stalled"].contains(&c["type"].as_str().unwrap_or_default());
    if let Some(list) = status["conditions"].as_array_mut() {
        list.retain(is_own);
    }
    status.as_object_mut().unwrap().remove("observedGeneration");
    status
}

/// The children as they are, without what changes by itself.
fn children(house: &House) -> [Value; 2] {
    [house.get("ConfigMap", "mute"), house.get("Service", "mute")]
}

/// The guest is asked for other children and fails instead: nothing changes but the host's conditions.
fn a_failure_changes_nothing(behaviour: &str, status: &str, reason: &str) {
    let house = House::shared();
    content().apply_ready(&house);
    house.wait_until_quiet();
    let (before, kept) = (house.get(KIND, "mute"), children(&house));
    assert_eq!(own_status(&before)["word"], "content");
    let failing = Bench::new("mute").child(config_map("other", "two")).with("status", json!({"word": "other"}));
    failing.with("behaviour", json!(behaviour)).apply(&house);
    house.eventually("the host has looked at it", || {
        let bench = house.get(KIND, "mute");
        condition(&bench, "Ready").unwrap()["observedGeneration"] == bench["metadata"]["generation"]
    });
    std::thread::sleep(A_WHILE);
    let after = house.get(KIND, "mute");
    assert_eq!(children(&house), kept, "nothing is changed or deleted");
    assert!(house.find("ConfigMap", "other").is_none(), "nothing is applied");
    assert_eq!(own_status(&after), own_status(&before), "the last status stays");
    let said = condition(&after, status).unwrap();
    assert_eq!((&said["status"], &said["reason"]), (&json!("True"), &json!(reason)), "{said}");
    assert_eq!(condition(&after, "Ready").unwrap()["status"], "False");

    // When it has an opinion again, that one counts.
    Bench::new("mute").child(config_map("other", "two")).with("status", json!({"word": "other"})).apply_ready(&house);
    house.eventually("the old children are gone", || {
        house.find("ConfigMap", "mute").is_none() && house.find("Service", "mute").is_none()
    });
    assert_eq!(house.get(KIND, "mute")["status"]["word"], "other");
}

#[test]
fn g04_a_guest_that_trapped_has_no_opinion() {
    a_failure_changes_nothing("Trap", "Stalled", "GuestTrapped");
}

#[test]
fn g04_a_guest_that_ran_out_of_time_has_no_opinion() {
    a_failure_changes_nothing("Loop", "Stalled", "GuestLimitExceeded");
}

#[test]
fn g04_a_guest_that_says_retry_has_no_opinion() {
    a_failure_changes_nothing("Retry", "Reconciling", "GuestRetry");
}

#[test]
fn g04_a_guest_that_says_invalid_has_no_opinion() {
    a_failure_changes_nothing("Invalid", "Stalled", "Invalid");
}

#[test]
fn g04_a_guest_that_is_absent_has_no_opinion() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    content().apply_ready(&house);
    house.wait_until_quiet();
    let (before, kept) = (house.get(KIND, "mute"), children(&house));
    house.host().kill();
    house.modules().remove("workbench.wasm");
    house.lose_kept_modules();
    house.start_host();
    Bench::new("mute").child(config_map("other", "two")).with("status", json!({"word": "other"})).apply(&house);
    house.kubectl(&["annotate", "configmap", "mute", "somebody=was-here"]);
    house.kubectl(&["annotate", "configmap", "mute", "somebody-"]);
    assert_eq!(house.writes_during(A_WHILE), Vec::<String>::new(), "nothing is written for it");
    let data = |children: &[Value; 2]| (children[0]["data"].clone(), children[1]["spec"].clone());
    assert_eq!(data(&children(&house)), data(&kept));
    assert!(house.find("ConfigMap", "other").is_none());
    assert_eq!(own_status(&house.get(KIND, "mute")), own_status(&before), "the last status stays");
    let loaded = condition(&house.get("Reconciler", "workbench"), "Loaded").unwrap();
    assert_eq!(loaded["reason"], "ModuleMissing", "{loaded}");

    house.modules().put("workbench.wasm", &innkeeper_suites::guest("workbench"));
    house.eventually("its guest is back and is heard", || house.find("ConfigMap", "mute").is_none());
    house.wait_for_condition(KIND, "mute", "Ready", "True");
}
