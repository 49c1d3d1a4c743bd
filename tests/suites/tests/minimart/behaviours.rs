//! Applying, changing, deleting, and what the conditions tell.

use std::collections::BTreeSet;

use innkeeper_suites::{House, uid};

use crate::{KIND, NAME, SHOP, SHOP_CHILDREN, change, child, house, house_with_shop, ready, told};

#[test]
fn minimart_01_the_sample_makes_its_four_children_one_pod_and_a_node_port() {
    let house = house_with_shop();
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
    assert_eq!(house.list("Pod", "app.kubernetes.io/instance=minimart-sample").len(), 1);
    let port = child(&house, "Service")["spec"]["ports"][0].clone();
    assert!(port["port"] == 80 && port["nodePort"].as_u64().is_some_and(|port| port > 0), "{port}");
}

#[test]
fn minimart_02_deleting_it_removes_all_of_them() {
    let house = house_with_shop();
    change(&house, r#"{"autoscaling": {"enabled": true}, "ingress": {"enabled": true}}"#);
    house.eventually("it has an Ingress", || house.find("Ingress", NAME).is_some());
    let owner = uid(&house.get(KIND, NAME));
    house.delete("minimart", NAME);
    house.wait_until_gone(&owner);
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    let kinds = ["Deployment", "Service", "ConfigMap", "ServiceAccount", "HorizontalPodAutoscaler", "Ingress"];
    for kind in kinds {
        assert!(house.find(kind, NAME).is_none(), "{kind}");
    }
}

#[test]
fn minimart_04_the_deployment_follows_replica_count_and_image_tag() {
    let house = house_with_shop();
    let deployment = || child(&house, "Deployment");
    change(&house, r#"{"replicaCount": 3}"#);
    house.eventually("3 Pods are ready", || deployment()["status"]["readyReplicas"] == 3);
    change(&house, r#"{"image": {"tag": "1.0.2"}}"#);
    house.eventually("every Pod has the new image", || {
        let pods = house.list("Pod", "");
        let images: BTreeSet<String> =
            pods.iter().map(|pod| pod["spec"]["containers"][0]["image"].to_string()).collect();
        if images == ["\"samutup/minimart:1.0.2\"".to_owned()].into() { Ok(()) } else { Err(format!("{images:?}")) }
    });
    assert_eq!(deployment()["spec"]["replicas"], 3);
    change(&house, r#"{"replicaCount": 0}"#);
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    ready(&house, NAME);
}

#[test]
fn minimart_05_its_conditions_and_the_deployed_release_tell_how_the_release_stands() {
    let house = house_with_shop();
    house.wait_for_condition(KIND, NAME, "Initialized", "True");
    house.wait_for_condition(KIND, NAME, "Deployed", "True");
    house.wait_for_condition(KIND, NAME, "ReleaseFailed", "False");
    let release = house.get(KIND, NAME)["status"]["deployedRelease"].clone();
    assert_eq!((&release["chart"], &release["version"]), (&"minimart".into(), &"0.1.0".into()), "{release}");

    change(&house, r#"{"autoscaling": {"enabled": true, "minReplicas": 5, "maxReplicas": 2}}"#);
    let why = house.wait_for_condition(KIND, NAME, "ReleaseFailed", "True");
    for word in ["HorizontalPodAutoscaler", NAME, "must be greater than or equal to"] {
        assert!(why.contains(word), "it says {word}: {why}");
    }
    house.wait_for_condition(KIND, NAME, "Ready", "False");
    assert_eq!(told(&house, "Deployed").0, "True", "what was deployed before still is");
    assert_eq!(house.get(KIND, NAME)["status"]["deployedRelease"], release);

    change(&house, r#"{"autoscaling": {"maxReplicas": 6}}"#);
    house.wait_for_condition(KIND, NAME, "ReleaseFailed", "False");
    ready(&house, NAME);
}

#[test]
fn minimart_06_a_child_deleted_by_hand_comes_back() {
    let house = house_with_shop();
    for kind in ["Deployment", "Service", "ConfigMap", "ServiceAccount"] {
        let before = uid(&child(&house, kind));
        house.begin_deletion(kind, NAME);
        house.eventually(&format!("there is a new {kind}"), || {
            house.find(kind, NAME).is_some_and(|child| uid(&child) != before)
        });
    }
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
    ready(&house, NAME);
}

#[test]
fn minimart_10_two_of_them_in_a_namespace_do_not_collide() {
    let house = house_with_shop();
    house.apply(&SHOP.replace(NAME, "corner").replace("replicaCount: 1", "replicaCount: 2"));
    ready(&house, "corner");
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
    let pods_of = |service: &str| -> BTreeSet<String> {
        let slices = house.list("EndpointSlice", &format!("kubernetes.io/service-name={service}"));
        let endpoints = slices.iter().filter_map(|slice| slice["endpoints"].as_array()).flatten();
        endpoints.map(|endpoint| endpoint["targetRef"]["uid"].to_string()).collect()
    };
    house.eventually("each Service leads to its own Pods", || {
        let (one, other) = (pods_of(NAME), pods_of("corner-minimart"));
        if one.len() == 1 && other.len() == 2 && one.is_disjoint(&other) {
            Ok(())
        } else {
            Err(format!("{one:?} {other:?}"))
        }
    });
}

#[test]
fn minimart_10_of_two_that_want_one_name_the_second_says_so_and_touches_nothing() {
    let house = house();
    let named = |name: &str| SHOP.replace(NAME, name).replace("spec:", "spec:\n  fullnameOverride: shop");
    house.apply(&named("first"));
    ready(&house, "first");
    let owner = uid(&house.get("Deployment", "shop"));
    house.apply(&named("second"));
    let why = house.wait_for_condition(KIND, "second", "ReleaseFailed", "True");
    assert!(why.contains("shop"), "{why}");
    house.wait_for_condition(KIND, "second", "Stalled", "True");
    house.wait_until_quiet();
    assert_eq!(uid(&house.get("Deployment", "shop")), owner);
    ready(&house, "first");
    the_first_goes_and_the_second_takes_over(&house);
}

fn the_first_goes_and_the_second_takes_over(house: &House) {
    house.delete("minimart", "first");
    ready(house, "second");
    house.wait_for_condition(KIND, "second", "ReleaseFailed", "False");
}
