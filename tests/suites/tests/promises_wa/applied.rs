//! A01: children are applied by server-side apply with the kind's own field manager; forced only where the store
//! proves the child ours, with its uid.

use innkeeper_suites::House;
use serde_json::json;

use crate::bench::{
    KUBECTL, MANAGER, bench_with, children_of, config_map, lines, wait_until_ready, widen, within, writes_of,
};

/// Whether the query of a request says this.
fn says(uri: &str, pair: &str) -> bool {
    uri.split_once('?').is_some_and(|(_, query)| query.split('&').any(|one| one == pair))
}

#[test]
fn a01_a_free_name_is_claimed_by_one_apply_without_force() {
    let house = House::shared();
    let mark = house.mark();
    house.apply(&bench_with("one", &[config_map("paper", "first")]));
    wait_until_ready(&house, "one");
    let writes = writes_of(&house, &mark, "configmaps");
    assert_eq!(writes.len(), 1, "one write makes a child:\n{}", lines(&writes));
    let (verb, uri) = (&writes[0].verb, &writes[0].uri);
    assert_eq!((verb.as_str(), writes[0].code), ("patch", 201), "it is an apply that creates:\n{}", lines(&writes));
    assert!(says(uri, &format!("fieldManager={MANAGER}")), "{uri}");
    assert!(!says(uri, "force=true"), "a name that was free is not forced: {uri}");
}

#[test]
fn a01_only_what_is_ours_is_forced_and_always_by_the_manager_of_the_kind() {
    let house = House::shared();
    house.apply(&bench_with("one", &[config_map("paper", "first")]));
    wait_until_ready(&house, "one");
    for change in ["by its object", "by hand"] {
        let mark = house.mark();
        if change == "by hand" {
            house.kubectl(&[
                "patch",
                "configmap",
                "paper",
                "--type=merge",
                "--patch",
                r#"{"data": {"text": "theirs"}}"#,
            ]);
        } else {
            let spec = json!({"spec": children_of(&[config_map("paper", "second")])}).to_string();
            house.patch(KUBECTL, "one", &spec);
        }
        house.eventually(&format!("a change {change} is applied"), || {
            !writes_of(&house, &mark, "configmaps").is_empty()
        });
        house.eventually("it says what its object wants", || {
            house.get("ConfigMap", "paper")["data"] == json!({"text": "second"})
        });
        for write in writes_of(&house, &mark, "configmaps") {
            assert_eq!((write.verb.as_str(), write.code), ("patch", 200), "{write} {}", write.uri);
            assert!(says(&write.uri, "force=true"), "what is ours is forced: {}", write.uri);
            assert!(says(&write.uri, &format!("fieldManager={MANAGER}")), "{}", write.uri);
        }
    }
}

#[test]
fn a01_the_fields_of_a_child_belong_to_the_kind_by_server_side_apply_wherever_it_is() {
    let house = House::shared();
    widen(&house, "workbench");
    let elsewhere = house.another_namespace();
    let children = [config_map("near", "mine"), within(config_map("far", "mine"), &elsewhere)];
    house.apply(&bench_with("one", &children));
    wait_until_ready(&house, "one");
    for (name, namespace) in [("near", house.namespace()), ("far", &elsewhere)] {
        let arguments = ["get", "configmap", name, "--namespace", namespace, "--output=json", "--show-managed-fields"];
        let live: serde_json::Value = serde_json::from_str(&house.kubectl(&arguments)).unwrap();
        let entries = live["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        let managers: Vec<_> = entries.iter().map(|one| (one["manager"].as_str(), one["operation"].as_str())).collect();
        assert_eq!(managers, [(Some(MANAGER), Some("Apply"))], "{name}: nobody else owns fields of it");
        assert!(entries[0]["fieldsV1"]["f:data"]["f:text"].is_object(), "{name}: {}", entries[0]);
    }
}
