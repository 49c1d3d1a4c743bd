//! The eight behaviours of the specification.

use std::collections::BTreeSet;

use innkeeper_suites::{House, uid};
use serde_json::Value;

use crate::{KIND, WEB, WEB_CHILDREN, change, house_with_web};

#[test]
fn custom_http_01_applied_it_has_its_three_children() {
    let house = House::shared();
    house.apply(WEB);
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
    house.wait_for_condition(KIND, "web", "Ready", "True");
    let owner = uid(&house.get(KIND, "web"));
    for (kind, name) in [("Deployment", "web"), ("Service", "web"), ("ConfigMap", "web-configmap")] {
        let owners = house.get(kind, name)["metadata"]["ownerReferences"].clone();
        assert_eq!((&owners[0]["uid"], &owners[0]["controller"]), (&owner.as_str().into(), &true.into()), "{kind}");
    }
}

#[test]
fn custom_http_02_the_deployment_follows_replica_count_down_to_zero() {
    let house = house_with_web();
    let has = |count: u64| house.get("Deployment", "web")["spec"]["replicas"] == count;
    change(&house, "web", r#"{"replicaCount": 3}"#);
    house.eventually("the Deployment has 3 replicas", || has(3));
    house.eventually("3 of them are ready", || house.get("Deployment", "web")["status"]["readyReplicas"] == 3);
    change(&house, "web", r#"{"replicaCount": 0}"#);
    house.eventually("the Deployment has no replicas", || has(0));
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    house.wait_for_condition(KIND, "web", "Ready", "True");
    assert!(has(0), "0 stays 0");
}

#[test]
fn custom_http_02_kubectl_scale_by_hand_is_put_back() {
    let house = house_with_web();
    house.kubectl(&["scale", "deployment", "web", "--replicas=5"]);
    house.eventually("the Deployment has 2 replicas again", || house.get("Deployment", "web")["spec"]["replicas"] == 2);
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
}

#[test]
fn custom_http_03_a_changed_port_changes_the_service_in_place() {
    let house = house_with_web();
    let before = house.get("Service", "web");
    change(&house, "web", r#"{"port": 8091}"#);
    house
        .eventually("the Service has the new port", || house.get("Service", "web")["spec"]["ports"][0]["port"] == 8091);
    house.wait_for_condition(KIND, "web", "Ready", "True");
    let after = house.get("Service", "web");
    assert_eq!(uid(&after), uid(&before), "it is the same Service");
    assert_eq!(after["spec"]["ports"].as_array().map(Vec::len), Some(1), "{}", after["spec"]);
    assert_eq!(after["spec"]["ports"][0]["targetPort"], "http");
}

#[test]
fn custom_http_04_the_config_map_follows_and_no_pod_is_rolled() {
    let house = house_with_web();
    let pods = pods_of(&house, "web");
    let hash = pod_template_hashes(&house);
    assert_eq!((pods.len(), hash.len()), (2, 1));
    let data = || house.get("ConfigMap", "web-configmap")["data"].clone();

    change(&house, "web", r#"{"configMapData": {"greeting": "good day"}}"#);
    house.eventually("a value follows", || data()["greeting"] == "good day");
    assert!(!data()["hostports"].is_null(), "the other key stays");

    change(&house, "web", r#"{"configMapData": {"hostports": null}}"#);
    house.eventually("a removed key goes", || data()["hostports"].is_null());
    assert_eq!(data()["greeting"], "good day");

    change(&house, "web", r#"{"configMapData": null}"#);
    house.eventually("all keys go", || data().as_object().is_none_or(serde_json::Map::is_empty));

    house.wait_for_condition(KIND, "web", "Ready", "True");
    assert_eq!(pods_of(&house, "web"), pods, "the same Pods run");
    assert_eq!(pod_template_hashes(&house), hash, "there was no other ReplicaSet");
}

#[test]
fn custom_http_05_deleted_it_takes_its_children_along() {
    let house = house_with_web();
    let owner = uid(&house.get(KIND, "web"));
    house.delete("kindcustomhttp", "web");
    house.wait_until_gone(&owner);
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    for kind in ["Deployment", "Service", "ConfigMap"] {
        let left = house.list(kind, "app.kubernetes.io/instance=web");
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn custom_http_06_an_object_that_is_already_gone_leads_to_no_action_and_no_error() {
    let house = House::shared();
    let names: Vec<String> = (0..20).map(|n| format!("gone-{n}")).collect();
    let all: Vec<String> = names.iter().map(|name| WEB.replace("name: web", &format!("name: {name}"))).collect();
    house.apply(&all.join("---\n"));
    // The host is in the middle of them.
    house.kubectl(&["delete", "kindcustomhttp", "--all", "--wait=false"]);
    house.eventually("the objects are gone", || house.list(KIND, "").is_empty());
    let left = || ["Deployment", "Service", "ConfigMap"].map(|kind| house.list(kind, MANAGED).len());
    house.eventually("no child is left", || left() == [0; 3]);
    house.wait_until_quiet();
    assert_eq!(left(), [0; 3], "nothing comes back");
    let complaints = house.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn custom_http_07_two_objects_in_one_namespace_keep_their_endpoints_apart() {
    let house = house_with_web();
    house.apply(&WEB.replace("name: web", "name: shop").replace("replicaCount: 2", "replicaCount: 3"));
    house.wait_for_condition(KIND, "shop", "Ready", "True");
    for (name, count) in [("web", 2), ("shop", 3)] {
        let pods = pods_of(&house, name);
        assert_eq!(pods.len(), count, "{name}");
        house.eventually(&format!("the endpoints of {name} are its Pods and no other"), || {
            let there = endpoints_of(&house, name);
            if there == pods { Ok(()) } else { Err(format!("they are {there:?}, its Pods are {pods:?}")) }
        });
    }
}

#[test]
fn custom_http_08_its_status_says_replicas_wanted_and_ready_and_the_dns_name() {
    let house = house_with_web();
    let status = |field: &str| house.get(KIND, "web")["status"][field].clone();
    house.eventually("2 of 2 replicas are ready", || status("replicas") == 2 && status("readyReplicas") == 2);
    assert_eq!(status("dnsName"), format!("web.{}.svc.cluster.local", house.namespace()));
    change(&house, "web", r#"{"replicaCount": 1}"#);
    house.eventually("1 of 1 replicas is ready", || status("replicas") == 1 && status("readyReplicas") == 1);
}

/// The label that every child carries.
const MANAGED: &str = "app.kubernetes.io/managed-by=innkeeper";

/// The uids of the Pods that the Deployment of that name has, by its ReplicaSets.
fn pods_of(house: &House, deployment: &str) -> BTreeSet<String> {
    let owned = |object: &Value, owner: &str| object["metadata"]["ownerReferences"][0]["uid"] == owner;
    let deployment = uid(&house.get("Deployment", deployment));
    let sets: Vec<String> = house.list("ReplicaSet", "").iter().filter(|s| owned(s, &deployment)).map(uid).collect();
    let pods = house.list("Pod", "");
    pods.iter()
        .filter(|pod| sets.iter().any(|set| owned(pod, set)) && pod["metadata"]["deletionTimestamp"].is_null())
        .map(uid)
        .collect()
}

/// The hashes of every Pod template that there is or was.
fn pod_template_hashes(house: &House) -> BTreeSet<String> {
    let sets = house.list("ReplicaSet", "");
    sets.iter().map(|set| set["metadata"]["labels"]["pod-template-hash"].to_string()).collect()
}

/// The uids of the Pods to which a Service leads.
fn endpoints_of(house: &House, service: &str) -> BTreeSet<String> {
    let slices = house.list("EndpointSlice", &format!("kubernetes.io/service-name={service}"));
    let endpoints = slices.iter().filter_map(|slice| slice["endpoints"].as_array()).flatten();
    endpoints.map(|endpoint| endpoint["targetRef"]["uid"].as_str().unwrap_or("no Pod").to_owned()).collect()
}
