//! The five behaviours of the page.

use innkeeper_suites::{House, condition, uid};
use serde_json::{Value, json};

use super::{HOT, HOT_CHILDREN, KIND, house_with_hot};
use crate::change;
use crate::everywhere::an_edited_child_is_put_right;

/// The names of the Pods with its labels, in order.
fn pods(house: &House) -> Vec<String> {
    let pods = house.list("Pod", "app.kubernetes.io/name=memcached,app.kubernetes.io/instance=hot");
    let mut names: Vec<String> = pods.iter().map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Waits until there are so many Pods and the status lists them.
fn wait_for_nodes(house: &House, count: usize) -> Vec<String> {
    let mut names = Vec::new();
    house.eventually(&format!("the status lists {count} Pods"), || {
        names = pods(house);
        let nodes = house.get(KIND, "hot")["status"]["nodes"].clone();
        if names.len() == count && nodes == json!(names) { Ok(()) } else { Err(format!("{nodes}, and {names:?}")) }
    });
    names
}

#[test]
fn memcached_01_a_deployment_of_three_and_size_follows() {
    let house = crate::house();
    house.apply(&HOT.replace("spec:\n  size: 3", "spec: {}"));
    house.wait_for_children(KIND, "hot", HOT_CHILDREN);
    house.wait_for_condition(KIND, "hot", "Ready", "True");
    for size in [5, 1] {
        change(&house, "memcached", "hot", &json!({"size": size}));
        let has = |field: &str| house.get("Deployment", "hot").pointer(field).cloned();
        house.eventually(&format!("the Deployment has {size} replicas"), || has("/spec/replicas") == Some(size.into()));
        house.eventually("they are ready", || has("/status/readyReplicas") == Some(size.into()));
    }
}

#[test]
fn memcached_01_the_server_listens_on_another_port_if_told_so() {
    let house = house_with_hot();
    change(&house, "memcached", "hot", &json!({"containerPort": 11222}));
    let container = || house.get("Deployment", "hot")["spec"]["template"]["spec"]["containers"][0].clone();
    house.eventually("the container has that port, and no other", || {
        let ports = container()["ports"].clone();
        ports.as_array().is_some_and(|ports| ports.len() == 1) && ports[0]["containerPort"] == 11222
    });
    assert_eq!(container()["args"], json!(["-p", "11222"]));
    assert_eq!(container()["command"], json!(["memcached", "-m=64", "-o", "modern", "-v"]));
}

#[test]
fn memcached_02_an_edit_of_the_deployment_by_hand_is_reverted() {
    let house = house_with_hot();
    let container = |there: &Value| there["spec"]["template"]["spec"]["containers"][0].clone();
    let edit = |path: &str, value: Value| json!([{"op": "replace", "path": path, "value": value}]);
    let deployment = ("Deployment", "hot");
    an_edited_child_is_put_right(&house, deployment, &edit("/spec/replicas", json!(7)), |d| d["spec"]["replicas"] == 3);
    let image = edit("/spec/template/spec/containers/0/image", json!("redis"));
    an_edited_child_is_put_right(&house, deployment, &image, |d| container(d)["image"] == "memcached:1.6-alpine");
    let name = edit("/spec/template/spec/containers/0/name", json!("stranger"));
    an_edited_child_is_put_right(&house, deployment, &name, |d| {
        d["spec"]["template"]["spec"]["containers"].as_array().map(Vec::len) == Some(1)
            && container(d)["name"] == "memcached"
    });
    let more = json!([{"op": "add", "path": "/spec/template/spec/initContainers",
        "value": [{"name": "stranger", "image": "redis"}]}]);
    an_edited_child_is_put_right(&house, deployment, &more, |d| {
        d["spec"]["template"]["spec"]["initContainers"].as_array().is_none_or(Vec::is_empty)
    });
    house.wait_for_children(KIND, "hot", HOT_CHILDREN);
}

#[test]
fn memcached_02_a_deletion_of_the_deployment_is_undone() {
    let house = house_with_hot();
    let before = uid(&house.get("Deployment", "hot"));
    house.begin_deletion("deployment", "hot");
    house.eventually("there is a new one", || house.find("Deployment", "hot").is_some_and(|d| uid(&d) != before));
    house.wait_for_children(KIND, "hot", HOT_CHILDREN);
    house.wait_for_condition(KIND, "hot", "Ready", "True");
}

#[test]
fn memcached_03_status_nodes_lists_the_pods_and_follows_them() {
    let house = house_with_hot();
    let three = wait_for_nodes(&house, 3);
    change(&house, "memcached", "hot", &json!({"size": 5}));
    wait_for_nodes(&house, 5);
    change(&house, "memcached", "hot", &json!({"size": 1}));
    let one = wait_for_nodes(&house, 1);
    house.delete("pod", &one[0]);
    let other = wait_for_nodes(&house, 1);
    assert_ne!(one, other);
    assert_eq!(three.len(), 3);
}

#[test]
fn memcached_03_status_nodes_is_an_empty_list_when_there_are_no_pods() {
    let house = crate::house();
    house.kubectl(&["create", "quota", "nothing", "--hard=pods=0"]);
    house.apply(HOT);
    house.eventually("the status has an empty list", || house.get(KIND, "hot")["status"]["nodes"] == json!([]));
}

#[test]
fn memcached_03_pods_of_others_are_not_listed() {
    let house = house_with_hot();
    house.apply(&HOT.replace("name: hot", "name: cold"));
    house.wait_for_condition(KIND, "cold", "Ready", "True");
    wait_for_nodes(&house, 3);
    assert!(house.list("Pod", "").len() == 6);
}

#[test]
fn memcached_04_even_sizes_are_refused_with_a_readable_message() {
    let house = crate::house();
    for size in [2, 4] {
        let why = house.apply_is_refused(&HOT.replace("size: 3", &format!("size: {size}")));
        assert!(why.contains("spec.size") && why.contains("the size must be odd: 1, 3 or 5"), "{why}");
    }
    house.apply(HOT);
    let why = house.kubectl_is_refused(&["patch", "mc", "hot", "--type=merge", "-p", r#"{"spec":{"size":4}}"#]);
    assert!(why.contains("odd"), "{why}");
    assert_eq!(house.get(KIND, "hot")["spec"]["size"], 3);
}

/// Its Deployment has the name that it says.
const RIVAL: &str = r"
apiVersion: charts.samutup.com/v1alpha1
kind: Minimart
metadata: {name: hot}
spec: {fullnameOverride: hot}
";
const RIVAL_KIND: &str = "Minimart";

/// The first has the Deployment; the second reports the conflict, and the first is not touched.
fn the_second_reports_the_conflict(first: (&str, &str), second: (&str, &str)) {
    let house = crate::house();
    house.apply(first.1);
    house.wait_for_condition(first.0, "hot", "Ready", "True");
    house.wait_until_quiet();
    let before = house.get("Deployment", "hot");
    house.apply(second.1);
    let message = house.wait_for_condition(second.0, "hot", "Stalled", "True");
    for word in ["Deployment", "hot", first.0] {
        assert!(message.contains(word), "the condition names {word}: {message}");
    }
    assert_eq!(condition(&house.get(second.0, "hot"), "Stalled").unwrap()["reason"], "Conflict");
    let there = house.get("Deployment", "hot");
    assert_eq!((uid(&there), &there["spec"]), (uid(&before), &before["spec"]), "it is as it was");
    assert_eq!(there["metadata"]["ownerReferences"], before["metadata"]["ownerReferences"]);
    assert_eq!(condition(&house.get(first.0, "hot"), "Ready").unwrap()["status"], "True");

    house.delete(first.0, "hot");
    house.wait_for_condition(second.0, "hot", "Ready", "True");
    let owner = uid(&house.get(second.0, "hot"));
    assert_eq!(house.get("Deployment", "hot")["metadata"]["ownerReferences"][0]["uid"], owner, "now it is its own");
}

#[test]
fn memcached_05_the_second_to_want_the_deployments_name_reports_the_conflict() {
    the_second_reports_the_conflict((KIND, HOT), (RIVAL_KIND, RIVAL));
}

#[test]
fn memcached_05_the_order_makes_no_difference() {
    the_second_reports_the_conflict((RIVAL_KIND, RIVAL), (KIND, HOT));
}
