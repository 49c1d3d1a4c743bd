//! D03: an object goes also when its guest is absent, broken or replaced, from labels and annotations; unless
//! the guest finalizes, and then it says what it waits for, and how a person lets it go without.

use innkeeper_suites::{House, guest};
use serde_json::json;

use crate::bench::{Bench, CHILDREN, GUEST, SKIP, alone, child, child_with, config_map, permit_everywhere, position};

/// The host ends, and starts again with a folder of modules that is empty, in a cluster that keeps none.
fn without_modules(house: &House) {
    house.host().kill();
    house.lose_kept_modules();
    let empty = tempfile::tempdir().unwrap();
    house.begin_host_on(empty.path(), &house.host_kubeconfig()).wait_until_ready();
}

#[test]
fn d03_an_object_goes_with_its_children_while_no_module_is_there() {
    let house = alone(&["workbench"]);
    house.start_host();
    permit_everywhere(&house, "workbench");
    let elsewhere = house.another_namespace();
    let bench = Bench { house: &house, kind: "Workbench", name: "orphan" };
    let far = |name, wave| child_with(name, wave, &json!({"namespace": elsewhere}));
    bench.apply_ready(&json!({"children": [far("first", 0), far("second", 1)]}));
    assert_eq!(bench.finalizers(), [CHILDREN]);
    without_modules(&house);
    let mark = house.mark();
    bench.delete();
    bench.is_gone();
    let requests = house.requests_everywhere_since(&mark);
    let order = ["second", "first"].map(|name| position(&requests, "delete", "configmaps", name));
    assert!(order.is_sorted(), "the waves are read from the children: {order:?}");
    assert!(config_map(&house, &elsewhere, "first").is_none() && config_map(&house, &elsewhere, "second").is_none());
}

#[test]
fn d03_an_object_waits_for_a_guest_that_is_absent_until_a_person_lets_it_go() {
    let house = alone(&["final-bench"]);
    house.start_host();
    let bench = Bench { house: &house, kind: "FinalBench", name: "waits" };
    bench.apply_ready(&json!({"children": [child("waits")]}));
    let owner = bench.uid();
    without_modules(&house);
    bench.delete();
    bench.says("Stalled", "GuestMissing", &["No module", SKIP]);
    bench.is_told("GuestMissing", &["No module", SKIP]);
    assert_eq!(bench.finalizers(), [GUEST]);
    assert!(house.find("ConfigMap", "waits").is_some(), "nothing is deleted before");
    house.kubectl(&["annotate", "finalbench", "waits", "innkeeper.dev/skip-finalize=no"]);
    house.wait_until_quiet();
    assert_eq!(bench.finalizers(), [GUEST], "only `true` says so");
    house.kubectl(&["annotate", "finalbench", "waits", "--overwrite", SKIP]);
    bench.is_gone();
    house.wait_until_gone(&owner);
}

#[test]
fn d03_an_object_waits_for_a_guest_that_is_broken_until_a_person_lets_it_go() {
    let house = alone(&["final-bench"]);
    house.start_host();
    permit_everywhere(&house, "final-bench");
    let elsewhere = house.another_namespace();
    let bench = Bench { house: &house, kind: "FinalBench", name: "broken" };
    bench.apply_ready(&json!({"children": [child_with("broken", 0, &json!({"namespace": elsewhere}))]}));
    bench.change(&json!({"behaviour": "Trap"}));
    bench.delete();
    bench.says("Stalled", "GuestTrapped", &["the spec says that this guest traps", SKIP]);
    bench.is_told("GuestTrapped", &[SKIP]);
    assert!(config_map(&house, &elsewhere, "broken").is_some(), "its guest may need it");
    bench.change(&json!({"behaviour": "Invalid"}));
    bench.says("Stalled", "Invalid", &["the spec says: wrong", SKIP]);
    assert_eq!(bench.finalizers().len(), 2);
    bench.skip();
    bench.is_gone();
    assert!(config_map(&house, &elsewhere, "broken").is_none(), "its children go before it all the same");
}

#[test]
fn d03_an_object_does_not_wait_for_a_module_that_finalizes_no_more() {
    let house = alone(&["final-bench"]);
    house.start_host();
    let [going, staying] = ["going", "staying"].map(|name| Bench { house: &house, kind: "FinalBench", name });
    for bench in [going, staying] {
        bench.apply_ready(&json!({"children": [child(bench.name)]}));
        assert_eq!(bench.finalizers(), [GUEST]);
    }
    going.delete();
    going.says("Reconciling", "Finalizing", &[SKIP]);
    house.modules().put("final-bench.wasm", &guest("unfinal-bench"));
    going.is_gone();
    staying.eventually("it has no finalizer", |object| object["metadata"]["finalizers"].is_null());
}

#[test]
fn d03_an_object_goes_with_its_children_while_its_reconciler_makes_no_sense() {
    let house = alone(&["workbench"]);
    house.start_host();
    permit_everywhere(&house, "workbench");
    let elsewhere = house.another_namespace();
    let bench = Bench { house: &house, kind: "Workbench", name: "astray" };
    bench.apply_ready(&json!({"children": [child_with("astray", 0, &json!({"namespace": elsewhere}))]}));
    let wrong = json!({"spec": {"for": {"group": "test.innkeeper.dev", "kind": "FinalBench"}}}).to_string();
    house.patch("reconciler", "workbench", &wrong);
    house.eventually("the Reconciler says that it makes no sense", || {
        let reconciler = house.get("Reconciler", "workbench");
        innkeeper_suites::condition(&reconciler, "Stalled").is_some_and(|c| c["reason"] == "WrongKind")
    });
    bench.delete();
    bench.is_gone();
    assert!(config_map(&house, &elsewhere, "astray").is_none());
}
