//! Deleting and making again, and the host's own restart.

use innkeeper_suites::{House, uid};

use crate::{CORNER, GUESTS, account, builds, deploy, house_serving};

#[test]
fn workers_all_05_deleting_leaves_nothing_behind() {
    let house = house_serving(&["hello"]);
    house.eventually("it is served", || house.find("Ingress", "acme-ingress").is_some());
    let owners =
        [("WorkerAccount", "acme"), ("WorkerBundle", "acme"), ("JobBuilder", "acme"), ("WorkerDeployment", "hello")]
            .map(|(kind, name)| uid(&house.get(kind, name)));
    house.delete("workeraccount", "acme");
    house.delete("workerdeployment", "hello");
    for owner in &owners {
        house.wait_until_gone(owner);
    }
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    house.wait_until_quiet();
    for kind in ["WorkerBundle", "JobBuilder", "WorkerRelease", "Job", "Deployment", "Service", "Ingress"] {
        assert!(house.list(kind, "").is_empty(), "{kind}");
    }
}

#[test]
fn workers_all_05_deleting_and_creating_again_at_once_works() {
    let house = house_serving(&["hello"]);
    let first = uid(&house.get("WorkerAccount", "acme"));
    house.delete("workeraccount", "acme");
    house.apply(&account("acme"));
    house.delete("workerdeployment", "hello");
    deploy(&house, &["hello"], 1);
    assert_ne!(uid(&house.get("WorkerAccount", "acme")), first);
    house.wait_until_gone(&first);
    // Another account has built nothing yet, whatever the one before had.
    builds::succeed_with(&house, "acme", &["hello"]);
    builds::are_served(&house, "acme");
    house.wait_for_condition("WorkerBundle", "acme", "Ready", "True");
}

#[test]
fn workers_all_06_a_restart_of_the_host_writes_nothing_and_builds_nothing() {
    let house = House::alone(&GUESTS);
    house.start_host();
    builds::by_hand(&house);
    house.apply(CORNER);
    house.apply(&account("acme"));
    deploy(&house, &["hello", "zebra"], 1);
    builds::succeed_with(&house, "acme", &["hello", "zebra"]);
    deploy(&house, &["hello"], 2);
    builds::fails(&house, &builds::begun_of(&house, "acme", "http://store.example/hello/2.js"));
    house.wait_for_condition("WorkerAccount", "acme", "Built", "False");
    for bundle in ["acme", "corner"] {
        house.wait_for_condition("WorkerBundle", bundle, "Ready", "True");
    }
    house.wait_until_quiet();
    house.restart_reads_and_writes_nothing();
}
