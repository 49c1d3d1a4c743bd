//! D02: children go in reverse wave order, each wave gone before the next; waiting holds no worker.

use innkeeper_suites::OBJECT_UID;
use serde_json::json;

use crate::bench::{Bench, CHILDREN, SLOW, alone, child_with, config_map, let_go, permit_everywhere, position};

/// Three waves of ConfigMaps in a namespace; the last has two, of which one goes when it is let go.
fn in_waves(namespace: &str) -> serde_json::Value {
    let of = |name, wave, more: &serde_json::Value| {
        let mut metadata = more.clone();
        metadata["namespace"] = namespace.into();
        child_with(name, wave, &metadata)
    };
    let slow = json!({"finalizers": [SLOW]});
    json!({"children": [of("base", 0, &json!({})), of("middle", 1, &json!({})), of("top", 2, &json!({})), of("slow", 2, &slow)]})
}

/// The bench goes, and its children go in order.
fn goes_in_order(bench: Bench<'_>, namespace: &str) {
    let house = bench.house;
    assert_eq!(bench.finalizers(), [CHILDREN]);
    let there = |name: &str| config_map(house, namespace, name).is_some();
    let mark = house.mark();
    bench.delete();
    bench.says("Reconciling", "Deleting", &[&format!("ConfigMap {namespace}/slow (held by {SLOW})")]);
    house.wait_until_quiet();
    assert!(there("base") && there("middle") && !there("top"), "the waves before wait for the last one");
    let_go(house, namespace, "slow");
    bench.is_gone();
    let requests = house.requests_everywhere_since(&mark);
    let order = ["slow", "middle", "base"].map(|name| position(&requests, "delete", "configmaps", name));
    assert!(order.is_sorted(), "{order:?}");
    assert!(!["base", "middle", "top", "slow"].iter().any(|name| there(name)), "they went before their object");
}

#[test]
fn d02_ordered_children_go_wave_by_wave() {
    let house = alone(&["cluster-bench"]);
    house.start_host();
    permit_everywhere(&house, "cluster-bench");
    let bench = Bench { house: &house, kind: "ClusterBench", name: "ordered" };
    bench.apply_ready(&in_waves(house.namespace()));
    goes_in_order(bench, house.namespace());
}

#[test]
fn d02_children_that_garbage_collection_cannot_reach_go_wave_by_wave() {
    let house = alone(&["workbench"]);
    house.start_host();
    permit_everywhere(&house, "workbench");
    let elsewhere = house.another_namespace();
    let bench = Bench { house: &house, kind: "Workbench", name: "far" };
    bench.apply_ready(&in_waves(&elsewhere));
    goes_in_order(bench, &elsewhere);
}

#[test]
fn d02_objects_that_wait_for_their_children_hold_up_nobody() {
    // More than are in work at once.
    const MANY: usize = 70;
    let house = alone(&["workbench"]);
    house.start_host();
    permit_everywhere(&house, "workbench");
    let elsewhere = house.another_namespace();
    let slow = json!({"namespace": elsewhere, "finalizers": [SLOW]});
    let benches: Vec<_> = (0..MANY)
        .map(|n| {
            let spec = json!({"children": [child_with(&format!("slow-{n}"), 0, &slow)]});
            let metadata = json!({"name": format!("slow-{n}"), "labels": {"slow": "yes"}});
            json!({"apiVersion": "test.innkeeper.dev/v1", "kind": "Workbench", "metadata": metadata, "spec": spec})
        })
        .collect();
    house.apply(&json!({"apiVersion": "v1", "kind": "List", "items": benches}).to_string());
    house.kubectl(&["wait", "--for=condition=Ready", "--timeout=90s", "workbench", "--selector=slow=yes"]);
    house.kubectl(&["delete", "workbench", "--selector=slow=yes", "--wait=false"]);
    let going = || house.list("Workbench", "slow=yes");
    house.eventually("every child is marked for deletion", || {
        let all = house.list_everywhere("ConfigMap", OBJECT_UID);
        let all: Vec<_> = all.iter().filter(|child| child["metadata"]["namespace"] == elsewhere).collect();
        all.len() == MANY && all.iter().all(|child| child["metadata"]["deletionTimestamp"].is_string())
    });
    let other = Bench { house: &house, kind: "Workbench", name: "quick" };
    other.apply_ready(&json!({"children": [child_with("quick", 0, &json!({}))]}));
    assert_eq!(going().len(), MANY, "they wait");
    for n in 0..MANY {
        let_go(&house, &elsewhere, &format!("slow-{n}"));
    }
    house.eventually("all of them are gone", || going().is_empty());
}
