//! What every system must do: labels and selectors, status and columns, bad values.

use std::time::Duration;

use innkeeper_suites::{condition, uid};
use serde_json::Value;

use crate::{KIND, NAME, SHOP, SHOP_CHILDREN, change, child, house, house_with_shop, ready};

#[test]
fn minimart_all_01_children_carry_the_usual_labels_and_selectors_are_unique_per_object() {
    let house = house_with_shop();
    house.apply(&SHOP.replace(NAME, "corner"));
    ready(&house, "corner");
    let mut selectors = Vec::new();
    for (name, fullname) in [(NAME, NAME), ("corner", "corner-minimart")] {
        for kind in ["Deployment", "Service", "ConfigMap", "ServiceAccount"] {
            let labels = house.get(kind, fullname)["metadata"]["labels"].clone();
            assert_eq!(labels["app.kubernetes.io/name"], "minimart", "{kind}");
            assert_eq!(labels["app.kubernetes.io/instance"], name, "{kind}");
            assert_eq!(labels["app.kubernetes.io/managed-by"], "innkeeper", "{kind}");
            assert_eq!(labels["helm.sh/chart"], "minimart-0.1.0", "{kind}");
        }
        let selector = house.get("Deployment", fullname)["spec"]["selector"]["matchLabels"].clone();
        assert_eq!(house.get("Service", fullname)["spec"]["selector"], selector);
        let pairs = selector.as_object().unwrap().iter();
        let text: Vec<String> = pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap())).collect();
        assert_eq!(house.list("Pod", &text.join(",")).len(), 1, "{selector}");
        selectors.push(selector);
    }
    assert_ne!(selectors[0], selectors[1]);
}

#[test]
fn minimart_all_02_its_status_follows_kstatus_and_kubectl_shows_what_a_person_looks_for() {
    let house = house_with_shop();
    let object = house.get(KIND, NAME);
    assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
    for (kind, status) in [("Ready", "True"), ("Reconciling", "False"), ("Stalled", "False")] {
        let one = condition(&object, kind).unwrap_or_else(|| panic!("there is no condition {kind}"));
        assert_eq!(one["status"], status, "{one}");
    }
    house.kubectl(&["wait", "--for=condition=Deployed", "minimart/minimart-sample"]);
    let table = house.kubectl(&["get", "mini"]);
    for word in ["SHOP", "IMAGE", "RUNNING", "DEPLOYED", "READY", "AGE", "samutup/minimart:1.0.1"] {
        assert!(table.contains(word), "there is no {word}:\n{table}");
    }
    assert!(house.kubectl(&["get", "innkeeper"]).contains(NAME), "the category innkeeper holds it");
}

#[test]
fn minimart_all_03_bad_values_are_refused_with_the_name_of_their_field() {
    let house = house();
    for (field, good, bad) in [
        ("spec.replicaCount", "replicaCount: 1", "replicaCount: -1"),
        ("spec.service.port", "port: 80", "port: 70000"),
        ("spec.service.port", "port: 80", "port: 0"),
        ("spec.service.type", "type: NodePort", "type: Magic"),
        ("spec.apps.rest.stat", "stat: /minimart-stat", "stat: minimart-stat"),
        ("spec.fullnameOverride", "replicaCount: 1", "fullnameOverride: not.a.name"),
        ("spec.nameOverride", "replicaCount: 1", "nameOverride: Shop"),
    ] {
        let why = house.apply_is_refused(&SHOP.replacen(good, bad, 1));
        assert!(why.contains(field), "{bad}: {why}");
    }
    for bad in ["1shop", "shop.one"] {
        let why = house.apply_is_refused(&SHOP.replace(NAME, bad));
        assert!(why.contains("the name becomes a Service's"), "{bad}: {why}");
    }
    assert!(house.list(KIND, "").is_empty());
}

#[test]
fn minimart_all_03_what_the_api_server_refuses_is_shown_without_a_hot_loop_and_the_rest_keeps_running() {
    let house = house_with_shop();
    let before = child(&house, "Deployment");
    change(&house, r#"{"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}"#);
    let message = house.wait_for_condition(KIND, NAME, "Stalled", "True");
    for word in ["Deployment", NAME, "must be less than or equal to memory limit"] {
        assert!(message.contains(word), "the condition says {word}: {message}");
    }
    let why = house.wait_for_condition(KIND, NAME, "ReleaseFailed", "True");
    assert!(why.contains("must be less than or equal to memory limit"), "{why}");
    let writes = house.writes_during(Duration::from_secs(10));
    // Back-off begins at 5 ms and doubles, with jitter: some twelve tries. A loop would make hundreds.
    assert!(writes.len() <= 20, "there is a hot loop: {writes:#?}");
    let after = child(&house, "Deployment");
    assert_eq!((uid(&after), &after["spec"]), (uid(&before), &before["spec"]), "what ran before is as it was");
    house.eventually("the Pod keeps running", || house.list("Pod", "").len() == 1);

    change(&house, r#"{"resources": null}"#);
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
    ready(&house, NAME);
}

#[test]
fn minimart_all_03_a_name_as_long_as_it_may_be_has_children_with_legal_names() {
    let house = house();
    let name = format!("shop-{}", "x".repeat(58));
    house.apply(&SHOP.replace(NAME, &name));
    ready(&house, &name);
    let children: Vec<Value> = house.list("Service", "");
    let cut = format!("shop-{}", "x".repeat(58));
    assert_eq!(children[0]["metadata"]["name"], cut[..63]);
}
