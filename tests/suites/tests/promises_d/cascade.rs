//! `kubectl delete --cascade=…`: what a person asks for is respected, with and without finalizers of ours.

use innkeeper_suites::{House, uid};
use serde_json::{Value, json};

use crate::bench::{Bench, CHILDREN, GUEST, alone, child, child_with, config_map, permit_everywhere};

fn near_and_far(name: &str, elsewhere: &str) -> Value {
    json!([child(name), child_with(name, 1, &json!({"namespace": elsewhere}))])
}

fn delete(bench: Bench<'_>, cascade: &str) {
    let cascade = format!("--cascade={cascade}");
    bench.house.kubectl(&["delete", bench.kind, bench.name, &cascade, "--wait=false"]);
}

/// The child beside its object is there, and nobody owns it.
fn is_orphaned(house: &House, name: &str) {
    house.eventually("its child has lost its owner", || {
        house.get("ConfigMap", name)["metadata"]["ownerReferences"].is_null()
    });
}

#[test]
fn d02_foreground_deletion_ends_with_all_children_gone_first() {
    let house = alone(&["final-bench"]);
    house.garbage_collection_knows_every_kind();
    house.start_host();
    permit_everywhere(&house, "final-bench");
    let elsewhere = house.another_namespace();
    let bench = Bench { house: &house, kind: "FinalBench", name: "front" };
    bench.apply_ready(&json!({"children": near_and_far("front", &elsewhere)}));
    let before = uid(&house.get("ConfigMap", "front"));
    delete(bench, "foreground");
    // Kubernetes deletes what it can reach at once. When it has done that, the guest gets back what it asks for.
    house.eventually("the near child was deleted, and is made anew", || {
        house.find("ConfigMap", "front").is_some_and(|found| uid(&found) != before)
    });
    house.wait_until_quiet();
    assert_eq!(bench.finalizers(), [CHILDREN, GUEST], "Kubernetes' part is done, and nobody fights");
    assert!(config_map(&house, &elsewhere, "front").is_some(), "what only the host can reach waits for the guest");
    bench.change(&json!({"finished": true}));
    bench.is_gone();
    assert!(config_map(&house, &elsewhere, "front").is_none() && house.find("ConfigMap", "front").is_none());
}

#[test]
fn d02_orphaned_children_stay() {
    let house = alone(&["final-bench"]);
    house.garbage_collection_knows_every_kind();
    house.start_host();
    permit_everywhere(&house, "final-bench");
    let elsewhere = house.another_namespace();
    let bench = Bench { house: &house, kind: "FinalBench", name: "bereft" };
    bench.apply_ready(&json!({"children": near_and_far("bereft", &elsewhere)}));
    assert_eq!(bench.finalizers(), [CHILDREN, GUEST]);
    delete(bench, "orphan");
    is_orphaned(&house, "bereft");
    bench.eventually("only its guest is waited for", |object| object["metadata"]["finalizers"] == json!([GUEST]));
    house.wait_until_quiet();
    // Its guest asks for nothing any more: even then they stay.
    bench.change(&json!({"children": []}));
    house.wait_until_quiet();
    bench.change(&json!({"finished": true}));
    bench.is_gone();
    house.wait_until_quiet();
    assert!(config_map(&house, &elsewhere, "bereft").is_some());
    is_orphaned(&house, "bereft");
}

#[test]
fn d02_children_that_were_orphaned_while_the_host_was_down_stay() {
    let house = alone(&["cluster-bench"]);
    house.garbage_collection_knows_every_kind();
    house.start_host();
    permit_everywhere(&house, "cluster-bench");
    let bench = Bench { house: &house, kind: "ClusterBench", name: "left" };
    let owned = child_with("left", 0, &json!({"namespace": house.namespace()}));
    bench.apply_ready(&json!({ "children": [owned] }));
    assert_eq!(bench.finalizers(), [CHILDREN]);
    house.host().kill();
    delete(bench, "orphan");
    is_orphaned(&house, "left");
    bench.eventually("Kubernetes is done", |object| object["metadata"]["finalizers"] == json!([CHILDREN]));
    house.start_host();
    bench.is_gone();
    house.wait_until_quiet();
    is_orphaned(&house, "left");
}
