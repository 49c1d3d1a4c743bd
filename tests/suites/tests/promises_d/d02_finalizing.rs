//! D02: the finalize phase runs until the guest says that it is finished. Each of its outcomes is carried out as
//! any other.

use innkeeper_suites::uid;
use serde_json::json;

use crate::bench::{Bench, GUEST, SKIP, alone, child, position};

#[test]
fn d02_a_guest_finalizes_in_rounds_until_it_is_finished() {
    let house = alone(&["final-bench"]);
    house.start_host();
    let bench = Bench { house: &house, kind: "FinalBench", name: "rounds" };
    let there = |name: &str| house.find("ConfigMap", name).is_some();
    bench.apply_ready(&json!({"children": [child("store"), child("web")]}));
    let owner = bench.uid();

    // First round: it asks for what it had, and for time.
    bench.delete();
    bench.says("Reconciling", "Finalizing", &["waits until its guest has finished", SKIP]);
    house.wait_until_quiet();
    assert!(there("store") && there("web"), "what it still asks for stays");

    // Second round: one child is not needed any more, another one is.
    let mark = house.mark();
    bench.change(&json!({"children": [child("store"), child("sweeper")], "status": {"round": 2}}));
    house.eventually("the web is gone, and the sweeper is there", || !there("web") && there("sweeper"));
    let requests = house.requests_since(&mark);
    let (made, pruned) =
        (position(&requests, "patch", "configmaps", "sweeper"), position(&requests, "delete", "configmaps", "web"));
    assert!(made < pruned, "pruned is after every apply");
    bench.eventually("its status is shown", |object| object["status"]["round"] == 2);

    // Third round: it wants the sweeper removed, by its uid, and says that it is not finished.
    let sweeper = uid(&house.get("ConfigMap", "sweeper"));
    let removal = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "sweeper", "uid": sweeper});
    bench.change(&json!({"children": [child("store")], "remove": [removal]}));
    house.eventually("the sweeper is gone", || !there("sweeper"));
    house.wait_until_quiet();
    assert_eq!(bench.finalizers(), [GUEST]);
    assert!(there("store"));

    // It is finished: then its object goes, and what is left of its children.
    bench.change(&json!({"children": [], "remove": [], "finished": true}));
    bench.is_gone();
    house.wait_until_gone(&owner);
}

#[test]
fn d02_a_guest_that_says_later_is_asked_again_until_it_is_finished() {
    let house = alone(&["final-bench"]);
    house.start_host();
    let bench = Bench { house: &house, kind: "FinalBench", name: "later" };
    bench.apply_ready(&json!({"children": [child("later")]}));
    bench.change(&json!({"behaviour": "Retry"}));
    bench.delete();
    bench.says("Reconciling", "GuestRetry", &["the spec says: later", SKIP]);
    assert!(house.find("ConfigMap", "later").is_some(), "there is no outcome, so nothing goes");
    bench.change(&json!({"behaviour": "Normal", "requeueAfterMs": 300, "finished": false}));
    bench.says("Reconciling", "Finalizing", &[SKIP]);
    assert_eq!(bench.finalizers(), [GUEST]);
    bench.change(&json!({"finished": true}));
    bench.is_gone();
}
