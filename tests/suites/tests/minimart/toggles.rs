//! Parts of the chart that are switched on and off, and the Service's type there and back.

use innkeeper_suites::{House, uid};
use serde_json::Value;

use crate::{KIND, NAME, change, child, house_with_shop, ready};

const SCALER: &str = "HorizontalPodAutoscaler";

fn replicas(house: &House) -> Value {
    child(house, "Deployment")["spec"]["replicas"].clone()
}

fn shop_with_three_pods() -> House {
    let house = house_with_shop();
    change(&house, r#"{"replicaCount": 3}"#);
    house.eventually("3 Pods are ready", || child(&house, "Deployment")["status"]["readyReplicas"] == 3);
    ready(&house, NAME);
    house
}

#[test]
fn minimart_07_switching_autoscaling_on_never_lowers_what_runs_and_nobody_fights_the_scaler() {
    let house = shop_with_three_pods();
    // How many Pods it was told to have is counted by the generation of its ReplicaSet.
    let told = || house.list("ReplicaSet", "")[0]["metadata"]["generation"].clone();
    let before = told();
    change(&house, r#"{"autoscaling": {"enabled": true}}"#);
    house.eventually("there is a scaler", || house.find(SCALER, NAME).is_some());
    house.wait_until_quiet();
    assert_eq!(replicas(&house), 3);
    assert_eq!(told(), before, "they were never any other number");

    house.kubectl(&["scale", "deployment", NAME, "--replicas=5"]);
    house.wait_until_quiet();
    assert_eq!(replicas(&house), 5, "replicas are not ours");
    change(&house, r#"{"autoscaling": {"minReplicas": 6}}"#);
    house.eventually("the scaler has raised them", || replicas(&house) == 6);
    house.wait_until_quiet();
    assert_eq!(replicas(&house), 6);
}

#[test]
fn minimart_07_switching_autoscaling_off_removes_the_scaler_and_replica_count_counts_again() {
    let house = shop_with_three_pods();
    change(&house, r#"{"autoscaling": {"enabled": true}}"#);
    house.eventually("there is a scaler", || house.find(SCALER, NAME).is_some());
    house.kubectl(&["scale", "deployment", NAME, "--replicas=5"]);
    ready(&house, NAME);
    change(&house, r#"{"autoscaling": {"enabled": false}}"#);
    house.eventually("the scaler is gone", || house.find(SCALER, NAME).is_none());
    house.eventually("3 replicas are wanted again", || replicas(&house) == 3);
    house.kubectl(&["scale", "deployment", NAME, "--replicas=7"]);
    house.eventually("they are ours again", || replicas(&house) == 3);
}

#[test]
fn minimart_08_ingress_and_service_account_come_and_go_and_nothing_else_does() {
    let house = house_with_shop();
    let others = || ["Service", "ConfigMap"].map(|kind| child(&house, kind)["metadata"]["resourceVersion"].clone());
    let (before, deployment) = (others(), uid(&child(&house, "Deployment")));
    let pods = || house.list("Pod", "").iter().map(uid).collect::<Vec<_>>();
    let running = pods();

    change(&house, r#"{"ingress": {"enabled": true, "hosts": [{"host": "shop.example", "paths": ["/", "/more"]}]}}"#);
    house.eventually("there is an Ingress", || house.find("Ingress", NAME).is_some());
    let rule = child(&house, "Ingress")["spec"]["rules"][0].clone();
    assert_eq!(rule["host"], "shop.example");
    assert_eq!(rule["http"]["paths"].as_array().map(Vec::len), Some(2), "{rule}");
    change(&house, r#"{"ingress": {"enabled": false}}"#);
    house.eventually("the Ingress is gone", || house.find("Ingress", NAME).is_none());
    assert_eq!(pods(), running, "no Pod is another one");

    change(&house, r#"{"serviceAccount": {"create": false}}"#);
    house.eventually("the ServiceAccount is gone", || house.find("ServiceAccount", NAME).is_none());
    let account = || child(&house, "Deployment")["spec"]["template"]["spec"]["serviceAccountName"].clone();
    assert_eq!(account(), "default");
    change(&house, r#"{"serviceAccount": {"create": true, "name": "clerk"}}"#);
    house.eventually("there is a ServiceAccount again", || house.find("ServiceAccount", "clerk").is_some());
    house.eventually("the Pods are to use it", || account() == "clerk");
    ready(&house, NAME);
    assert_eq!((others(), uid(&child(&house, "Deployment"))), (before, deployment));
}

#[test]
fn minimart_09_node_port_to_cluster_ip_and_back_keeps_the_cluster_ip_and_makes_no_loop() {
    let house = house_with_shop();
    let service = || child(&house, "Service");
    let (address, id) = (service()["spec"]["clusterIP"].clone(), uid(&service()));
    for (kind, has_node_port) in [("ClusterIP", false), ("NodePort", true), ("ClusterIP", false)] {
        change(&house, &format!(r#"{{"service": {{"type": "{kind}"}}}}"#));
        house.eventually(&format!("it is a {kind}"), || service()["spec"]["type"] == kind);
        house.wait_for_condition(KIND, NAME, "ReleaseFailed", "False");
        ready(&house, NAME);
        let now = service();
        assert_eq!((&now["spec"]["clusterIP"], uid(&now)), (&address, id.clone()));
        assert_eq!(now["spec"]["ports"][0]["nodePort"].is_u64(), has_node_port, "{}", now["spec"]);
        assert_eq!(now["spec"]["ports"].as_array().map(Vec::len), Some(1));
    }
    house.wait_until_quiet();
}
