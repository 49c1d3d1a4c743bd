//! Q01: kinds share workers fairly, and a storm of one starves no other.

use innkeeper_suites::{House, condition};
use serde_json::json;

use crate::bench::{KIND, OTHER, apply, bench, children, config_map};

/// How many objects loop. Each burns ten seconds of a thread whenever its guest is called, and more of them wait
/// for a thread than could be called while a test waits.
const STORM: usize = 60;

#[test]
fn q01_a_kind_whose_guest_burns_its_whole_time_starves_no_other() {
    let house = House::alone(&["final-bench", "workbench"]);
    let host = house.start_host_with(&["--calls", "2"]);
    let limits = json!({"spec": {"limits": {"time": "10s"}}}).to_string();
    house.patch("reconciler", "workbench", &limits);
    let loops = json!({"behaviour": "Loop"});
    let storm: Vec<_> = (0..STORM).map(|n| bench(KIND, &format!("loop-{n}"), &loops)).collect();
    apply(&house, &storm);
    house.eventually("the storm is on: a guest has burnt its time", || stalled(&house) > 0);

    apply(&house, &[bench(OTHER, "calm", &children(&[config_map("calm", "first")]))]);
    house.wait_for_condition(OTHER, "calm", "Ready", "True");
    apply(&house, &[bench(OTHER, "calm", &children(&[config_map("calm", "second")]))]);
    house.eventually("a change takes effect", || house.get("ConfigMap", "calm")["data"]["text"] == "second");
    let called = stalled(&house);
    assert!(called < STORM / 2, "the storm was still on: {called} of {STORM} had been called");
    assert!(host.is_healthy());
    // The next test need not live with the storm.
    house.kubectl(&["delete", "workbenches.test.innkeeper.dev", "--all", "--wait=false"]);
}

/// How many objects say that their guest ran out of time.
fn stalled(house: &House) -> usize {
    let is_stalled = |object: &serde_json::Value| {
        condition(object, "Stalled").is_some_and(|c| c["status"] == "True" && c["reason"] == "GuestLimitExceeded")
    };
    house.list(KIND, "").iter().filter(|object| is_stalled(object)).count()
}
