//! What every system must do: labels and selectors, status and columns, bad values.

use std::time::Duration;

use innkeeper_suites::{condition, uid};

use crate::{CORNER, CORNER_CHILDREN, account, builds, change, deployment, house, house_serving, house_with_corner};

#[test]
fn workers_all_01_children_carry_the_usual_labels_and_selectors_are_unique_per_object() {
    let house = house_serving(&["hello"]);
    house.apply(&CORNER.replace("corner", "other"));
    house.wait_for_condition("WorkerBundle", "other", "Ready", "True");
    house.eventually("it is served", || house.find("Ingress", "acme-ingress").is_some());
    let mut selectors = Vec::new();
    for (name, kind, child) in [
        ("worker-bundle", "Deployment", "acme-depl"),
        ("worker-bundle", "Service", "acme-svc"),
        ("worker-bundle", "Ingress", "acme-ingress"),
        ("worker-account", "WorkerBundle", "acme"),
        ("worker-account", "JobBuilder", "acme"),
    ] {
        let labels = house.get(kind, child)["metadata"]["labels"].clone();
        assert_eq!(labels["app.kubernetes.io/name"], name, "{kind}");
        assert_eq!(labels["app.kubernetes.io/instance"], "acme", "{kind}");
        assert_eq!(labels["app.kubernetes.io/managed-by"], "innkeeper", "{kind}");
        assert_eq!(labels["accounts"], "a1", "{kind}");
    }
    for kind in ["Job", "WorkerRelease"] {
        let all = house.list(kind, "accounts=a1,app.kubernetes.io/managed-by=innkeeper,app.kubernetes.io/name");
        assert_eq!(all.len(), 1, "{kind}");
    }
    for bundle in ["acme", "other"] {
        let selector = house.get("Deployment", &format!("{bundle}-depl"))["spec"]["selector"]["matchLabels"].clone();
        assert_eq!(house.get("Service", &format!("{bundle}-svc"))["spec"]["selector"], selector);
        let pairs = selector.as_object().unwrap().iter();
        let text: Vec<String> = pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap())).collect();
        house.eventually("one Pod is selected", || house.list("Pod", &text.join(",")).len() == 1);
        selectors.push(selector);
    }
    assert_ne!(selectors[0], selectors[1]);
}

#[test]
fn workers_all_02_status_follows_kstatus_and_kubectl_shows_what_a_person_looks_for() {
    let house = house_serving(&["hello"]);
    let release = house.list("WorkerRelease", "")[0]["metadata"]["name"].as_str().unwrap().to_owned();
    for (kind, name, short, columns) in [
        ("WorkerDeployment", "hello", "wd", ["SCRIPT", "ACTIVE", "RELEASES"]),
        ("WorkerRelease", &release, "wr", ["SCRIPT", "DATE", "ACCOUNT"]),
        ("WorkerAccount", "acme", "wa", ["BUNDLE", "IMAGE", "BUILT"]),
        ("JobBuilder", "acme", "jb", ["IMAGE", "BUNDLE", "PHASE"]),
        ("WorkerBundle", "acme", "wb", ["DEPLOYMENT", "WORKERS", "RUNNING"]),
    ] {
        house.wait_for_condition(kind, name, "Ready", "True");
        let object = house.get(kind, name);
        assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"], "{kind}");
        for (told, status) in [("Reconciling", "False"), ("Stalled", "False")] {
            let one = condition(&object, told).unwrap_or_else(|| panic!("{kind} has no condition {told}"));
            assert_eq!(one["status"], status, "{kind}: {one}");
        }
        let table = house.kubectl(&["get", short]);
        for word in columns.into_iter().chain(["READY", "AGE", name]) {
            assert!(table.contains(word), "there is no {word}:\n{table}");
        }
        let named = format!("{}.api.", kind.to_lowercase());
        assert!(house.kubectl(&["get", "innkeeper", "-o", "name"]).contains(&named), "{kind} is of the category");
    }
}

#[test]
fn workers_all_03_bad_values_are_refused_with_the_name_of_their_field() {
    let house = house();
    let good = deployment("hello", 1).to_string();
    for (field, yaml) in [
        ("spec.releaseHistoryLimit", good.replace(r#""spec":{"#, r#""spec":{"releaseHistoryLimit":-1,"#)),
        ("spec.template.compatibilityDate", good.replace("2026-01-01", "soon")),
        ("spec.template.scriptUrls", good.replace("http://", "file://")),
        ("spec.template.scriptName", good.replace(r#""scriptName":"hello""#, r#""scriptName":"../etc""#)),
        (
            "spec.workerBundleName",
            account("acme").replace(r#""workerBundleName":"acme""#, r#""workerBundleName":"A b""#),
        ),
        (
            "spec.deploymentName",
            CORNER.replace("deploymentName: corner", &format!("deploymentName: {}", "d".repeat(56))),
        ),
        ("spec.workers[1].workerNumber", CORNER.replace("9090", "70000")),
        ("spec.workers[1].workerNumber", CORNER.replace("9090", "0")),
        ("the same workerNumber", CORNER.replace("9090", "8080")),
        ("the same workerName", CORNER.replace("second", "first")),
        ("spec.workers[0].envPrefix", CORNER.replace("WASM_WORKER_", "1-")),
        ("spec.workers[0].secretRef", CORNER.replace("corner-variables", "not..a.name")),
        ("spec.podTemplate.image", CORNER.replace("registry.example.com/corner:1", " corner:1")),
    ] {
        let why = house.apply_is_refused(&yaml);
        assert!(why.contains(field), "{field}: {why}");
    }
    let builder = r#"{"apiVersion": "api.job-builder/v1alpha1", "kind": "JobBuilder", "metadata": {"name": "b"}, "spec":
        {"scriptUrls": ["http://a/1.js"], "scriptNames": ["a", "b"], "targetImage": "a:1", "workerBundleName": "b"}}"#;
    let why = house.apply_is_refused(builder);
    assert!(why.contains("scriptUrls and scriptNames go together"), "{why}");
}

#[test]
fn workers_all_03_a_bad_edit_leaves_what_runs_as_it_is() {
    let house = house_with_corner();
    house.wait_until_quiet();
    let before = house.get("Deployment", "corner-depl");
    for spec in [
        r#"{"workers": [{"workerName": "first", "workerNumber": 70000}]}"#,
        r#"{"deploymentName": "Not A Name"}"#,
        r#"{"podTemplate": {"image": "a b"}}"#,
    ] {
        let patch = format!(r#"{{"spec": {spec}}}"#);
        house.kubectl_is_refused(&["patch", "workerbundle", "corner", "--type=merge", "-p", &patch]);
    }
    let writes = house.writes_during(Duration::from_secs(3));
    assert!(writes.is_empty(), "{writes:#?}");
    let after = house.get("Deployment", "corner-depl");
    assert_eq!((uid(&after), &after["spec"]), (uid(&before), &before["spec"]));
}

#[test]
fn workers_all_03_long_names_and_names_with_dots_work() {
    let house = house();
    let (far, long) = ("a.long".to_owned() + &".name".repeat(30), "l".repeat(63));
    for name in [far.as_str(), &long] {
        house.apply(&deployment("hello", 1).to_string().replace(r#""name":"hello""#, &format!(r#""name":{name:?}"#)));
        house.wait_for_condition("WorkerDeployment", name, "Ready", "False");
    }
    house.apply(&account("acme").replace(r#""name":"acme""#, &format!(r#""name":{far:?}"#)));
    let job = builds::begun_with(&house, &far, &["hello"]);
    assert!(job.len() <= 63, "a Job's Pods carry its name as a label: {job}");
    builds::succeeds(&house, &job);
    house.wait_for_condition("WorkerAccount", &far, "Ready", "True");
    house.wait_for_condition("WorkerBundle", "acme", "Ready", "True");
    let labels = house.get("Deployment", "acme-depl")["metadata"]["labels"].clone();
    assert_eq!(labels["app.kubernetes.io/instance"], "acme", "{labels}");
    for name in [far.as_str(), &long] {
        house.wait_for_condition("WorkerDeployment", name, "Ready", "True");
    }
}

#[test]
fn workers_all_04_of_two_bundles_that_want_one_name_the_second_says_so_and_touches_nothing() {
    let house = house_with_corner();
    let owner = uid(&house.get("Deployment", "corner-depl"));
    house.apply(&CORNER.replace("name: corner\n", "name: second\n").replace("corner:1", "second:1"));
    let why = house.wait_for_condition("WorkerBundle", "second", "Stalled", "True");
    assert!(why.contains("corner-depl") && why.contains("WorkerBundle"), "{why}");
    house.wait_until_quiet();
    house.wait_for_children("WorkerBundle", "corner", CORNER_CHILDREN);
    assert_eq!(uid(&house.get("Deployment", "corner-depl")), owner);
    house.delete("workerbundle", "corner");
    house.wait_for_condition("WorkerBundle", "second", "Ready", "True");
}

#[test]
fn workers_all_03_a_selector_that_is_none_is_told_and_what_is_served_stays() {
    let house = house_serving(&["hello"]);
    let before = house.get("WorkerBundle", "acme")["spec"].clone();
    change(&house, "wa", "acme", r#"{"workerReleaseSelector": {"matchLabels": {"accounts": "a b"}}}"#);
    let message = house.wait_for_condition("WorkerAccount", "acme", "Stalled", "True");
    assert!(message.contains("spec.workerReleaseSelector") && message.contains("a b"), "{message}");
    house.wait_until_quiet();
    assert_eq!(house.get("WorkerBundle", "acme")["spec"], before);
    change(&house, "wa", "acme", r#"{"workerReleaseSelector": {"matchLabels": {"accounts": "a1"}}}"#);
    house.wait_for_condition("WorkerAccount", "acme", "Ready", "True");
}

#[test]
fn workers_all_03_what_the_api_server_refuses_is_shown_without_a_hot_loop_and_the_rest_runs() {
    let house = house();
    house.kubectl(&["create", "quota", "none", "--hard=count/ingresses.networking.k8s.io=0"]);
    house.kubectl(&["wait", "--for=jsonpath={.status.hard}", "quota/none"]);
    house.kubectl(&["create", "secret", "generic", "corner-variables", "--from-literal=GREETING=hello"]);
    house.apply(CORNER);
    house.eventually("it says what is refused, in the API server's words", || {
        let ready = condition(&house.get("WorkerBundle", "corner"), "Ready").unwrap_or_default();
        let message = ready["message"].as_str().unwrap_or_default().to_owned();
        let all = ["Ingress", "corner-ingress", "exceeded quota: none"];
        if all.iter().all(|word| message.contains(word)) { Ok(()) } else { Err(message) }
    });
    let writes = house.writes_during(Duration::from_secs(10));
    // Back-off begins at 5 ms and doubles, with jitter: some twelve tries. A loop would make hundreds.
    assert!(writes.len() <= 20, "there is a hot loop: {writes:#?}");
    house.eventually("what was not refused runs", || {
        house.get("Deployment", "corner-depl")["status"]["readyReplicas"] == 1
    });
    house.kubectl(&["delete", "quota", "none"]);
    // Who changes it tries it at once.
    house.kubectl(&["annotate", "workerbundle", "corner", "again=please"]);
    house.wait_for_children("WorkerBundle", "corner", CORNER_CHILDREN);
    house.wait_for_condition("WorkerBundle", "corner", "Ready", "True");
}
