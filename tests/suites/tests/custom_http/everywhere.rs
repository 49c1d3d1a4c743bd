//! What every system must do: labels and selectors, status and columns, bad values.

use innkeeper_suites::{House, condition, uid};
use serde_json::{Value, json};

use crate::{KIND, WEB, WEB_CHILDREN, change, house_with_web};

#[test]
fn custom_http_all_01_children_carry_the_usual_labels_and_selectors_are_unique_per_object() {
    let house = house_with_web();
    house.apply(&WEB.replace("name: web", "name: shop"));
    house.wait_for_condition(KIND, "shop", "Ready", "True");
    let mut selectors = Vec::new();
    for name in ["web", "shop"] {
        for (kind, child) in
            [("Deployment", name.to_owned()), ("Service", name.to_owned()), ("ConfigMap", format!("{name}-configmap"))]
        {
            let labels = house.get(kind, &child)["metadata"]["labels"].clone();
            assert_eq!(labels["app.kubernetes.io/name"], "custom-http", "{kind} {child}");
            assert_eq!(labels["app.kubernetes.io/instance"], name, "{kind} {child}");
            assert_eq!(labels["app.kubernetes.io/managed-by"], "innkeeper", "{kind} {child}");
        }
        let deployment = house.get("Deployment", name);
        let selector = deployment["spec"]["selector"]["matchLabels"].clone();
        assert_eq!(house.get("Service", name)["spec"]["selector"], selector, "the Service selects the same Pods");
        selectors.push(selector);
    }
    assert_ne!(selectors[0], selectors[1]);
    for selector in selectors {
        assert_eq!(house.list("Pod", &as_text(&selector)).len(), 2, "{selector}");
    }
}

#[test]
fn custom_http_all_02_its_status_follows_kstatus_and_kubectl_shows_what_a_person_looks_for() {
    let house = house_with_web();
    let object = house.get(KIND, "web");
    assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
    for (kind, status) in [("Ready", "True"), ("Reconciling", "False"), ("Stalled", "False")] {
        let one = condition(&object, kind).unwrap_or_else(|| panic!("there is no condition {kind}"));
        assert_eq!(one["status"], status, "{one}");
        assert!(one["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{one}");
    }
    house.kubectl(&["wait", "--for=condition=Ready", "kindcustomhttp/web"]);

    let crd = house.get("CustomResourceDefinition", "kindcustomhttps.groupsp.measutosh.dev");
    let short = crd["spec"]["names"]["shortNames"][0].as_str().expect("the kind has a short name").to_owned();
    let table = house.kubectl(&["get", &short]);
    let header = table.lines().next().unwrap_or_default();
    for column in ["NAME", "WANTED", "RUNNING", "PORT", "DNS", "READY", "AGE"] {
        assert!(header.contains(column), "there is no column {column}:\n{table}");
    }
    let dns = format!("web.{}.svc.cluster.local", house.namespace());
    house.eventually("kubectl shows what is wanted, what runs, the port and the DNS name", || {
        let table = house.kubectl(&["get", &short]);
        let row: Vec<_> = table.lines().nth(1).unwrap_or_default().split_whitespace().take(5).collect();
        if row == ["web", "2", "2", "8090", &dns] { Ok(()) } else { Err(table) }
    });
    assert!(house.kubectl(&["get", "innkeeper"]).contains("web"), "the category innkeeper holds it");
}

#[test]
fn custom_http_all_03_bad_values_are_refused_with_the_name_of_their_field() {
    let house = House::shared();
    for (field, good, bad) in [
        ("spec.replicaCount", "replicaCount: 2", "replicaCount: -1"),
        ("spec.port", "port: 8090", "port: 70000"),
        ("spec.port", "port: 8090", "port: 0"),
        ("spec.port", "port: 8090", "port: http"),
        ("spec.replicaCount", "  replicaCount: 2\n", ""),
    ] {
        let why = house.apply_is_refused(&WEB.replacen(good, bad, 1));
        assert!(why.contains(field), "{bad}: {why}");
    }
    // A Service's name must be a DNS label that begins with a letter, a label's value has at most 63 characters.
    for bad in ["1web", "web.one", &"w".repeat(64)] {
        let yaml = WEB.replace("name: web", &format!("name: {bad:?}"));
        let why = house.apply_is_refused(&yaml);
        assert!(why.contains("name"), "{bad}: {why}");
    }
    assert!(house.list(KIND, "").is_empty());
}

#[test]
fn custom_http_all_03_a_name_as_long_as_it_may_be_and_any_text_of_a_file_work() {
    let house = House::shared();
    let (name, odd) = ("w".repeat(63), "it's \"ä\" ✓; $(rm -rf /) `id` $$\n\ttab: {x}\n");
    let spec = json!({"replicaCount": 0, "port": 65535, "configMapData": {"hostports": odd, "empty": ""}});
    let api = "groupsp.measutosh.dev/v1";
    house.apply(&json!({"apiVersion": api, "kind": KIND, "metadata": {"name": name}, "spec": spec}).to_string());
    house.wait_for_condition(KIND, &name, "Ready", "True");
    assert_eq!(house.get("Service", &name)["spec"]["ports"][0]["port"], 65535);
    let files = house.get("ConfigMap", &format!("{name}-configmap"))["data"].clone();
    assert_eq!(files, json!({"hostports": odd, "empty": ""}));
}

#[test]
fn custom_http_all_03_what_the_api_server_refuses_is_shown_without_a_hot_loop_and_the_rest_keeps_running() {
    let house = house_with_web();
    let (deployment, data) =
        (uid(&house.get("Deployment", "web")), house.get("ConfigMap", "web-configmap")["data"].clone());
    change(&house, "web", r#"{"configMapData": {"not a key": "words"}}"#);
    let message = house.wait_for_condition(KIND, "web", "Stalled", "True");
    for word in ["ConfigMap", "web-configmap", "not a key", "a valid config key must consist of"] {
        assert!(message.contains(word), "the condition says {word}: {message}");
    }
    let writes = house.writes_during(std::time::Duration::from_secs(10));
    // Back-off begins at 5 ms and doubles, with jitter: some twelve tries. A loop would make hundreds.
    assert!(writes.len() <= 20, "there is a hot loop: {writes:#?}");
    assert_eq!(uid(&house.get("Deployment", "web")), deployment);
    assert_eq!(house.get("ConfigMap", "web-configmap")["data"], data, "what ran before is as it was");
    house.eventually("the Pods keep running", || house.list("Pod", "").len() == 2);

    change(&house, "web", r#"{"configMapData": {"not a key": null}}"#);
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
    house.wait_for_condition(KIND, "web", "Ready", "True");
}

/// A map of labels as a selector.
fn as_text(labels: &Value) -> String {
    let pairs = labels.as_object().into_iter().flatten();
    pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect::<Vec<_>>().join(",")
}
