//! D04: deleting a namespace that holds objects and children does not hang.

use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::bench::{
    Bench, CHILDREN, GUEST, SKIP, SLOW, alone, child, child_with, config_map, let_go, permit_everywhere,
};

fn delete_namespace(house: &House, name: &str) {
    house.begin_deletion("namespace", name);
}

fn is_gone(house: &House, name: &str) {
    house.eventually(&format!("namespace {name} is gone"), || match house.find("Namespace", name) {
        None => Ok(()),
        Some(there) => Err(there["status"].to_string()),
    });
}

/// A child beside its object, and one in that namespace.
fn near_and_far(name: &str, elsewhere: &str) -> Value {
    json!([child(name), child_with(name, 1, &json!({"namespace": elsewhere}))])
}

#[test]
fn d04_a_namespace_goes_with_its_objects_and_their_children() {
    let house = alone(&["final-bench"]);
    house.start_host();
    permit_everywhere(&house, "final-bench");
    let elsewhere = house.another_namespace();
    for name in ["one", "two", "three"] {
        let bench = Bench { house: &house, kind: "FinalBench", name };
        bench.apply_ready(&json!({"children": near_and_far(name, &elsewhere), "finished": true}));
        assert_eq!(bench.finalizers(), [CHILDREN, GUEST]);
    }
    delete_namespace(&house, house.namespace());
    is_gone(&house, house.namespace());
    for name in ["one", "two", "three"] {
        assert!(config_map(&house, &elsewhere, name).is_none(), "what is elsewhere goes too");
    }
}

#[test]
fn d04_what_cannot_be_made_in_a_namespace_that_goes_is_told_and_tried_seldom() {
    let house = alone(&["final-bench"]);
    house.start_host();
    let bench = Bench { house: &house, kind: "FinalBench", name: "wants" };
    bench.apply_ready(&json!({"children": [child("wants")]}));
    delete_namespace(&house, house.namespace());
    bench.says("Stalled", "ChildFailed", &["ConfigMap", "being terminated", SKIP]);
    // A back-off that begins at 5 ms has a dozen tries in ten seconds, of two requests each; a loop has hundreds.
    let mark = house.mark();
    std::thread::sleep(std::time::Duration::from_secs(10));
    let tries = house.requests_since(&mark).iter().filter(|r| r.resource == "configmaps").count();
    assert!(tries < 50, "{tries} requests in ten seconds");
    bench.skip();
    is_gone(&house, house.namespace());
}

#[test]
fn d04_a_namespace_goes_whose_children_belong_to_objects_elsewhere() {
    let house = alone(&["workbench"]);
    house.start_host();
    permit_everywhere(&house, "workbench");
    let elsewhere = house.another_namespace();
    let bench = Bench { house: &house, kind: "Workbench", name: "outside" };
    bench.apply_ready(&json!({"children": near_and_far("outside", &elsewhere)}));
    // It stays for a while, in which nothing can be made in it.
    let held = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "namespace": elsewhere, "finalizers": [SLOW]}});
    house.kubectl_with(&["create", "--namespace", &elsewhere, "-f", "-"], &held.to_string());
    delete_namespace(&house, &elsewhere);
    bench.says("Stalled", "ChildFailed", &["being terminated"]);
    let other = Bench { house: &house, kind: "Workbench", name: "other" };
    other.apply_ready(&json!({"children": [child("other")]}));
    let_go(&house, &elsewhere, "held");
    is_gone(&house, &elsewhere);
    bench.delete();
    bench.is_gone();
}

#[test]
fn d04_a_crd_goes_when_its_last_object_is_finished() {
    let house = alone(&["final-bench"]);
    house.start_host();
    permit_everywhere(&house, "final-bench");
    let elsewhere = house.another_namespace();
    let [quick, slow] = ["quick", "slow"].map(|name| Bench { house: &house, kind: "FinalBench", name });
    quick.apply_ready(&json!({"children": near_and_far("quick", &elsewhere), "finished": true}));
    slow.apply_ready(&json!({"children": near_and_far("slow", &elsewhere)}));
    let crd = "finalbenches.test.innkeeper.dev";
    house.kubectl(&["delete", "crd", crd, "--wait=false"]);
    quick.is_gone();
    slow.says("Reconciling", "Finalizing", &[SKIP]);
    slow.change(&json!({"finished": true}));
    house.crd_ends(crd);
    house.host_says(&["FinalBench.test.innkeeper.dev", "its controller stopped"]);
    for name in ["quick", "slow"] {
        assert!(config_map(&house, &elsewhere, name).is_none(), "its children went before it");
    }
    house.apply_crds();
    quick.apply_ready(&json!({"children": [child("quick")]}));
}
