//! A bundle by itself: what its workers come to, their variables, and what goes when they go.

use std::collections::BTreeSet;

use innkeeper_suites::{House, condition, uid};
use serde_json::{Value, json};

use crate::{CORNER_CHILDREN, account, builds, change, deploy, house, house_with_corner, ports_of};

const CHILDREN: [(&str, &str); 3] =
    [("Deployment", "corner-depl"), ("Service", "corner-svc"), ("Ingress", "corner-ingress")];

fn pod(house: &House) -> Value {
    house.get("Deployment", "corner-depl")["spec"]["template"].clone()
}

fn all_gone(house: &House) -> bool {
    CHILDREN.iter().all(|(kind, name)| house.find(kind, name).is_none())
}

#[test]
fn workers_01_an_account_has_a_bundle_with_its_pull_secret_and_no_workers_and_no_deployment_yet() {
    let house = house();
    house.apply(&account("acme"));
    house.wait_for_condition("WorkerAccount", "acme", "Ready", "True");
    house.wait_for_condition("WorkerBundle", "acme", "Ready", "True");
    let spec = house.get("WorkerBundle", "acme")["spec"].clone();
    assert_eq!(spec, json!({"deploymentName": "acme", "podTemplate": {"imagePullSecret": "registry-key"}}));
    house.wait_until_quiet();
    assert!(house.list("Deployment", "").is_empty());
    assert!(house.list("Job", "").is_empty(), "there is nothing to build");
}

#[test]
fn workers_02_a_bundle_with_workers_has_a_deployment_a_headless_service_and_an_ingress() {
    let house = house_with_corner();
    house.wait_for_children("WorkerBundle", "corner", CORNER_CHILDREN);
    change(&house, "wb", "corner", r#"{"workers": [{"workerName": "only", "workerNumber": 7070}]}"#);
    house.eventually("the port is another one, in place", || {
        let ports = house.get("Service", "corner-svc")["spec"]["ports"].clone();
        let paths = house.get("Ingress", "corner-ingress")["spec"]["rules"][0]["http"]["paths"].clone();
        let ours = pod(&house)["spec"]["containers"][0]["ports"].clone();
        [&ports, &paths, &ours].iter().all(|list| list.as_array().is_some_and(|list| list.len() == 1))
            && ports[0]["port"] == 7070
            && ours[0]["containerPort"] == 7070
            && paths[0]["path"] == "/only"
    });
    house.wait_for_condition("WorkerBundle", "corner", "Ready", "True");
}

#[test]
fn workers_03_every_workers_secret_reaches_the_container_with_its_prefix() {
    let house = house_with_corner();
    house.kubectl(&["create", "secret", "generic", "more", "--from-literal=A=b"]);
    let first = r#"{"workerName": "first", "workerNumber": 8080, "envPrefix": "WASM_WORKER_", "secretRef": "corner-variables"}"#;
    let second = r#"{"workerName": "second", "workerNumber": 9090, "envPrefix": "SECOND_", "secretRef": "more"}"#;
    change(&house, "wb", "corner", &format!(r#"{{"workers": [{first}, {second}]}}"#));
    let wanted = json!([
        {"prefix": "WASM_WORKER_", "secretRef": {"name": "corner-variables"}},
        {"prefix": "SECOND_", "secretRef": {"name": "more"}},
    ]);
    house.eventually("both reach it", || pod(&house)["spec"]["containers"][0]["envFrom"] == wanted);
    house.wait_for_condition("WorkerBundle", "corner", "SecretsFound", "True");

    house.delete("secret", "more");
    let message = house.wait_for_condition("WorkerBundle", "corner", "SecretsFound", "False");
    assert!(message.contains("more"), "{message}");
}

/// A house in which the script of account `acme` is built, and has the Secret `variables`.
fn house_with_variables() -> House {
    let house = house();
    house.kubectl(&["create", "secret", "generic", "variables", "--from-literal=A=b"]);
    house.apply(&account("acme"));
    let mut script = crate::deployment("hello", 1);
    script["spec"]["template"]["secretRef"] = json!("variables");
    house.apply(&script.to_string());
    builds::succeed_with(&house, "acme", &["hello"]);
    house
}

#[test]
fn workers_03_the_scripts_of_an_account_have_their_variables_with_the_prefix_wasm_worker() {
    let house = house_with_variables();
    house.eventually("there is a Deployment", || house.find("Deployment", "acme-depl").is_some());
    let container = house.get("Deployment", "acme-depl")["spec"]["template"]["spec"]["containers"][0].clone();
    assert_eq!(container["envFrom"], json!([{"prefix": "WASM_WORKER_", "secretRef": {"name": "variables"}}]));
}

#[test]
fn workers_06_changed_contents_of_a_secret_roll_the_deployment_without_a_build() {
    let house = house_with_variables();
    builds::are_served(&house, "acme");
    let sets = || house.list("ReplicaSet", "").iter().map(uid).collect::<BTreeSet<_>>();
    house.eventually("a Pod runs", || {
        house.get("Deployment", "acme-depl")["status"]["readyReplicas"] == 1 && sets().len() == 1
    });
    let (before, jobs, image) = (sets(), builds::jobs(&house, "acme"), builds::wanted_image(&house, "acme"));

    // Who only labels it changes nothing.
    house.kubectl(&["label", "secret", "variables", "a=b"]);
    house.wait_until_quiet();
    assert_eq!(sets(), before);

    house.patch("secret", "variables", r#"{"stringData": {"A": "c"}}"#);
    house.eventually("it is rolled", || sets().len() == 2);
    house.wait_for_condition("WorkerBundle", "acme", "Ready", "True");
    house.wait_until_quiet();
    assert_eq!(sets().len(), 2, "once");
    assert_eq!((builds::jobs(&house, "acme"), builds::wanted_image(&house, "acme")), (jobs, image));
}

#[test]
fn workers_14_deleting_a_bundle_removes_its_children_and_leaves_secrets_alone() {
    let house = house_with_corner();
    let secret = house.get("Secret", "corner-variables");
    let owner = uid(&house.get("WorkerBundle", "corner"));
    house.delete("workerbundle", "corner");
    house.wait_until_gone(&owner);
    assert!(all_gone(&house));
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    assert_eq!(house.get("Secret", "corner-variables"), secret);
}

#[test]
fn workers_14_removing_all_workers_removes_them_too() {
    let house = house_with_corner();
    change(&house, "wb", "corner", r#"{"workers": []}"#);
    house.eventually("all are gone", || all_gone(&house));
    house.wait_for_condition("WorkerBundle", "corner", "Ready", "True");
    assert!(house.find("Secret", "corner-variables").is_some());
}

#[test]
fn workers_14_when_the_last_script_of_an_account_goes_its_deployment_goes() {
    let house = crate::house_serving(&["hello"]);
    house.eventually("it is served", || house.find("Deployment", "acme-depl").is_some());
    house.delete("workerdeployment", "hello");
    house.eventually("nothing is served", || {
        ports_of(&house.get("WorkerBundle", "acme")).is_empty() && house.find("Deployment", "acme-depl").is_none()
    });
    house.eventually("nothing is built", || house.list("Job", "").is_empty());
    deploy(&house, &["hello"], 1);
    builds::succeed_with(&house, "acme", &["hello"]);
    house.eventually("it is served again", || house.find("Deployment", "acme-depl").is_some());
}

#[test]
fn workers_02_workers_without_an_image_wait_and_what_runs_keeps_running() {
    let house = house_with_corner();
    let before = uid(&house.get("Deployment", "corner-depl"));
    change(&house, "wb", "corner", r#"{"podTemplate": {"image": null}}"#);
    house.wait_for_condition("WorkerBundle", "corner", "Ready", "False");
    let ready = condition(&house.get("WorkerBundle", "corner"), "Ready").unwrap();
    assert_eq!(ready["reason"], "NoImage", "{ready}");
    house.wait_until_quiet();
    assert_eq!(uid(&house.get("Deployment", "corner-depl")), before);
    change(&house, "wb", "corner", r#"{"podTemplate": {"image": "registry.example.com/corner:1"}}"#);
    house.wait_for_children("WorkerBundle", "corner", CORNER_CHILDREN);
}
