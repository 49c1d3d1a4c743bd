//! A12: a field handed over keeps its live value.

use innkeeper_suites::{House, uid};
use serde_json::{Value, json};

use crate::bench::{Bench, MANAGER, deeds, deployment, holders, is_quiet, patch};

const REPLICAS: &str = "/f:spec/f:replicas";

fn web(replicas: Option<u32>) -> Value {
    // No node has such a label: its Pods wait, and nothing but its spec matters here.
    let mut web = deployment("web", "web", &json!({"nowhere": "yes"}));
    if let Some(replicas) = replicas {
        web["spec"]["replicas"] = replicas.into();
    }
    web
}

fn released() -> Value {
    json!({"release": ["spec.replicas"]})
}

fn live(house: &House) -> Value {
    house.find("Deployment", "web").unwrap_or_default()
}

/// Waits until our entry holds replicas, or does not.
fn named(house: &House, is_ours: bool) {
    house.eventually(&format!("replicas are ours: {is_ours}"), || {
        let live = live(house);
        let held = holders(&live, REPLICAS).iter().any(|manager| manager == MANAGER);
        if live.is_object() && held == is_ours { Ok(()) } else { Err(live.to_string()) }
    });
}

#[test]
fn a12_a_field_handed_over_keeps_its_live_value_and_is_then_somebody_elses_to_set() {
    let house = House::shared();
    Bench::new("one").child(web(Some(5))).apply(&house);
    named(&house, true);
    let before = uid(&live(&house));
    house.wait_until_quiet();
    let mark = house.mark();
    Bench::new("one").child_with(web(None), released()).apply(&house);
    named(&house, false);
    is_quiet(&house);
    assert_eq!(live(&house)["spec"]["replicas"], 5, "not its default");
    assert_eq!((uid(&live(&house)), holders(&live(&house), REPLICAS)), (before, vec!["innkeeper.released".to_owned()]));
    assert_eq!(deeds(&house, &mark, "deployments"), ["get 200", "patch 200", "patch 200"], "one two applies");

    // kubectl scale, or an autoscaler.
    let mark = house.mark();
    house.kubectl(&["scale", "deployment", "web", "--replicas=7"]);
    house.wait_until_quiet();
    assert_eq!(live(&house)["spec"]["replicas"], 7);
    assert_eq!(deeds(&house, &mark, "deployments"), Vec::<String>::new(), "nobody looks or writes for it");
    // A later change of ours keeps it too.
    let mut changed = web(None);
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/app:2".into();
    Bench::new("one").child_with(changed, released()).apply(&house);
    house.eventually("the image is new", || {
        live(&house).pointer("/spec/template/spec/containers/0/image") == Some(&json!("example.com/app:2"))
    });
    assert_eq!(live(&house)["spec"]["replicas"], 7);
    // Named again it is ours again.
    Bench::new("one").child(web(Some(2))).apply(&house);
    house.eventually("it is as named", || live(&house)["spec"]["replicas"] == 2);
}

#[test]
fn a12_a_field_that_is_not_handed_over_falls_back_to_its_default() {
    let house = House::shared();
    Bench::new("one").child(web(Some(5))).apply(&house);
    named(&house, true);
    Bench::new("one").child(web(None)).apply(&house);
    house.eventually("it has its default", || live(&house)["spec"]["replicas"] == 1);
}

#[test]
fn a12_fields_handed_over_one_after_another_stay_all_and_so_does_a_key_of_a_map_of_ours() {
    let house = House::shared();
    let map = |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map"}, "data": data});
    let bench = |data: Value| {
        let more = json!({"release": ["data.a", "data.\"b.c\""], "shared": ["data"]});
        Bench::new("one").child_with(map(data), more).apply_ready(&house);
    };
    bench(json!({"a": "1", "b.c": "2", "d": "3"}));
    for (data, left) in [(json!({"b.c": "2", "d": "3"}), ["a"].as_slice()), (json!({"d": "3"}), &["a", "b.c"])] {
        bench(data.clone());
        house.eventually(&format!("{left:?} are handed over"), || {
            let live = house.find("ConfigMap", "map").unwrap_or_default();
            let theirs = |key: &&str| holders(&live, &format!("/f:data/f:{key}")) == ["innkeeper.released"];
            if left.iter().all(theirs) { Ok(()) } else { Err(live["metadata"]["managedFields"].to_string()) }
        });
        assert_eq!(house.get("ConfigMap", "map")["data"], json!({"a": "1", "b.c": "2", "d": "3"}));
    }
    patch(&house, "configmap", "map", "somebody", &json!({"data": {"a": "theirs"}}));
    is_quiet(&house);
    assert_eq!(house.get("ConfigMap", "map")["data"]["a"], "theirs");
}
