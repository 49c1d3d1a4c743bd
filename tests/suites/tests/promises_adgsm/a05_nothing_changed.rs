//! A05: when nothing changed there is no write and no live read, also right after a restart.

use innkeeper_suites::House;
use serde_json::json;

use crate::bench::{A_WHILE, Bench, KIND, config_map, deployment, service, told};

/// A bench with children of several kinds, settled.
fn settled() -> House {
    let house = House::alone(&["workbench"]);
    house.start_host();
    Bench::new("calm")
        .child(config_map("calm", "one"))
        .child(deployment("calm"))
        .child_with(service("calm"), json!({"wave": 1}))
        .with("status", json!({"word": "calm"}))
        .apply_ready(&house);
    house.wait_until_quiet();
    house
}

/// What the host asked for in a while after this was done; watches and discovery are not asked about.
fn asked_after(house: &House, verbs: &[&str], deed: impl FnOnce()) -> String {
    let mark = house.mark();
    deed();
    std::thread::sleep(A_WHILE);
    // What another test left, and goes with its namespace only now, is not asked about.
    let requests = house.requests_since(&mark);
    let counted = |verb: &str| verbs.contains(&verb);
    told(&requests.into_iter().filter(|r| !r.resource.is_empty() && counted(&r.verb)).collect::<Vec<_>>())
}

const READS_AND_WRITES: [&str; 6] = ["get", "create", "update", "patch", "delete", "deletecollection"];

#[test]
fn a05_a_touch_that_changes_nothing_makes_no_call() {
    let house = settled();
    let all = [&READS_AND_WRITES[..], &["list"]].concat();
    let asked = asked_after(&house, &all, || {
        house.kubectl(&["label", "workbench", "calm", "touched=yes"]);
        house.kubectl(&["annotate", "workbench", "calm", "touched=yes"]);
    });
    assert_eq!(asked, "", "the host asked the API server for something");
    // A child that changes in a way that is not ours leads to a call too.
    let asked = asked_after(&house, &all, || {
        house.kubectl(&["annotate", "configmap", "calm", "somebody=was-here"]);
    });
    assert_eq!(asked, "", "the host asked the API server for something");
    // And the host did look: it follows a change.
    Bench::new("calm").child(config_map("calm", "two")).apply_ready(&house);
    house.eventually("the change arrives", || house.get("ConfigMap", "calm")["data"]["word"] == "two");
}

#[test]
fn a05_a_restart_reads_no_child_and_writes_nothing() {
    let house = settled();
    house.host().kill();
    let before = house.get(KIND, "calm");
    let asked = asked_after(&house, &READS_AND_WRITES, || {
        house.start_host();
    });
    assert_eq!(asked, "", "the host asked the API server for something");
    assert_eq!(house.get(KIND, "calm"), before);
    // The host that came back keeps the kind.
    Bench::new("calm").child(config_map("calm", "two")).apply_ready(&house);
    assert_eq!(house.get("ConfigMap", "calm")["data"]["word"], "two");
}
