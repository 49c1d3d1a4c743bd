//! A09: a change to an immutable field is done by delete and create where the policy allows it and a dry run of the
//! new one passed, else reported with the field's name; what ran before keeps running.

use innkeeper_controlplane::Fault;
use innkeeper_suites::{House, LIMIT, uid};
use serde_json::{Value, json};

use crate::bench::{Bench, KIND, deeds, deployment, is_quiet, stalled};

fn recreate() -> Value {
    json!({"policy": "Recreate"})
}

/// A Deployment that selects these Pods; the selector is immutable.
fn selecting(app: &str) -> Value {
    deployment("web", app, &json!({}))
}

fn selects(house: &House, app: &str) -> bool {
    house.find("Deployment", "web").is_some_and(|d| d["spec"]["selector"]["matchLabels"]["app"] == app)
}

#[test]
fn a09_without_the_policy_it_is_reported_with_the_fields_name_and_what_ran_keeps_running() {
    let house = House::shared();
    Bench::new("one").child(selecting("first")).apply_ready(&house);
    let before = uid(&house.get("Deployment", "web"));
    let mark = house.mark();
    Bench::new("one").child(selecting("second")).with("verdicts", json!(true)).apply(&house);
    stalled(&house, "one", "ChildFailed", &["web", "spec.selector", "immutable"]);
    let after = house.get("Deployment", "web");
    assert_eq!((uid(&after), &after["spec"]["selector"]["matchLabels"]["app"]), (before, &json!("first")));
    let done = deeds(&house, &mark, "deployments");
    assert!(done.iter().all(|deed| deed == "patch 422"), "it is tried, and nothing else: {done:?}");
    house.eventually("the guest is told", || {
        let told = house.get(KIND, "one")["status"]["verdicts"]["children"][0].clone();
        let told = told.as_str().unwrap_or_default().to_owned();
        if told.contains("Failed") && told.contains("spec.selector") { Ok(()) } else { Err(told) }
    });
    // What can be changed in place goes on to be.
    let mut changed = selecting("first");
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/app:2".into();
    Bench::new("one").child(changed).apply_ready(&house);
}

#[test]
fn a09_under_recreate_it_is_rehearsed_then_deleted_and_created_anew() {
    let house = House::shared();
    Bench::new("one").child_with(selecting("first"), recreate()).apply_ready(&house);
    let before = uid(&house.get("Deployment", "web"));
    house.wait_until_quiet();
    let mark = house.mark();
    Bench::new("one").child_with(selecting("second"), recreate()).apply_ready(&house);
    assert!(selects(&house, "second"));
    assert_ne!(uid(&house.get("Deployment", "web")), before);
    let done = deeds(&house, &mark, "deployments");
    let told: Vec<&str> = done.iter().map(String::as_str).filter(|deed| !deed.starts_with("get")).collect();
    assert_eq!(told, ["patch 422", "dry-run 201", "delete 200", "patch 201"]);
    let names: Vec<Value> =
        house.list("ReplicaSet", "app=first").iter().map(|r| r["metadata"]["name"].clone()).collect();
    house.eventually("what belonged to the old one goes with it", || house.list("ReplicaSet", "app=first").is_empty());
    assert!(names.len() <= 1, "{names:?}");
    is_quiet(&house);
}

#[test]
fn a09_a_change_that_can_be_made_in_place_is_made_in_place_also_under_recreate() {
    let house = House::shared();
    Bench::new("one").child_with(selecting("first"), recreate()).apply_ready(&house);
    let before = uid(&house.get("Deployment", "web"));
    let mut changed = selecting("first");
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/app:2".into();
    Bench::new("one").child_with(changed, recreate()).apply_ready(&house);
    assert_eq!(uid(&house.get("Deployment", "web")), before);
}

#[test]
fn a09_what_the_api_server_would_not_create_leaves_what_ran_as_it_was() {
    let house = House::shared();
    Bench::new("one").child_with(selecting("first"), recreate()).apply_ready(&house);
    let before = uid(&house.get("Deployment", "web"));
    let mark = house.mark();
    let mut wrong = selecting("second");
    wrong["spec"]["template"]["metadata"]["labels"]["app"] = "third".into();
    Bench::new("one").child_with(wrong, recreate()).apply(&house);
    stalled(&house, "one", "ChildFailed", &["web", "cannot be made anew", "spec.template.metadata.labels"]);
    let done = deeds(&house, &mark, "deployments");
    assert!(done.contains(&"dry-run 422".to_owned()), "{done:?}");
    assert!(!done.iter().any(|deed| deed.starts_with("delete")), "{done:?}");
    assert_eq!(uid(&house.get("Deployment", "web")), before);
    // A good one goes on from there.
    Bench::new("one").child_with(selecting("second"), recreate()).apply_ready(&house);
    assert!(selects(&house, "second"));
}

/// A Service with a node port of its own and that address.
fn service(address: &str, port: u32) -> Value {
    let ports = json!([{"name": "http", "port": 80, "nodePort": port}]);
    let spec = json!({"type": "NodePort", "clusterIP": address, "ports": ports});
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
}

#[test]
fn a09_what_only_the_old_one_holds_does_not_count_and_what_another_holds_does() {
    let house = House::shared();
    Bench::new("one").child_with(service("10.0.77.1", 30_977), recreate()).apply_ready(&house);
    let before = uid(&house.get("Service", "web"));
    let mark = house.mark();
    Bench::new("one").child_with(service("10.0.77.2", 30_977), recreate()).apply_ready(&house);
    let after = house.get("Service", "web");
    assert_eq!(
        (&after["spec"]["clusterIP"], &after["spec"]["ports"][0]["nodePort"]),
        (&json!("10.0.77.2"), &json!(30_977))
    );
    assert_ne!(uid(&after), before);
    let done = deeds(&house, &mark, "services");
    assert!(done.contains(&"dry-run 422".to_owned()), "the port is still held by the old one: {done:?}");

    let mut other = service("10.0.77.3", 30_978);
    other["metadata"]["name"] = "other".into();
    house.apply(&other.to_string());
    let mark = house.mark();
    Bench::new("one").child_with(service("10.0.77.4", 30_978), recreate()).apply(&house);
    stalled(&house, "one", "ChildFailed", &["web", "30978", "already allocated"]);
    let done = deeds(&house, &mark, "services");
    assert!(!done.iter().any(|deed| deed.starts_with("delete")), "what ran keeps running: {done:?}");
    assert_eq!(uid(&house.get("Service", "web")), uid(&after));
}

#[test]
fn a09_a_host_that_is_killed_on_the_way_comes_to_the_same_end() {
    let house = House::alone(&["workbench"]);
    // The refused apply, the deletion, the new one: before each is sent, and before its answer.
    let faults = (1..=3).flat_map(|n| [Fault::BeforeWrite(n), Fault::AfterWrite(n)]);
    for (n, fault) in faults.enumerate() {
        let proxy = house.start_host_behind_a_proxy();
        let (old, new) = (format!("v{n}"), format!("v{}", n + 1));
        Bench::new("one").child_with(selecting(&old), recreate()).apply_ready(&house);
        house.wait_until_quiet();
        proxy.count_only(|sent| sent.resource() == Some("deployments") && !sent.is_dry_run());
        let caught = proxy.arm(fault);
        Bench::new("one").child_with(selecting(&new), recreate()).apply(&house);
        caught.wait(*LIMIT).unwrap();
        house.host().kill();
        drop(proxy);
        house.start_host();
        house.wait_for_condition(KIND, "one", "Ready", "True");
        assert!(selects(&house, &new), "{fault:?}");
    }
    is_quiet(&house);
}
