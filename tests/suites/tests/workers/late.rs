//! What comes in an unexpected order: releases before their account, deployments after newer ones.

use innkeeper_suites::{condition, uid};
use serde_json::json;

use crate::{account, builds, deploy, deployment, house, house_serving};

#[test]
fn workers_12_a_release_that_arrives_before_its_account_waits_and_goes_on_by_itself() {
    let house = house();
    deploy(&house, &["hello"], 1);
    house.eventually("there is a release", || house.list("WorkerRelease", "").len() == 1);
    let name = house.list("WorkerRelease", "")[0]["metadata"]["name"].as_str().unwrap().to_owned();
    let message = house.wait_for_condition("WorkerRelease", &name, "Ready", "False");
    assert!(message.contains("WorkerAccount") && message.contains("accounts=a1"), "{message}");
    let ready = condition(&house.get("WorkerRelease", &name), "Ready").unwrap();
    assert_eq!(ready["reason"], "WaitingForAccount");
    assert!(house.list("JobBuilder", "").is_empty());

    house.apply(&account("acme"));
    house.wait_for_condition("WorkerRelease", &name, "Ready", "True");
    assert_eq!(house.get("WorkerRelease", &name)["status"]["account"], "acme");
    builds::succeed_with(&house, "acme", &["hello"]);
    house.eventually("it is served", || house.find("Deployment", "acme-depl").is_some());
}

#[test]
fn workers_12_a_release_deleted_by_hand_comes_back_and_meanwhile_nothing_is_built_or_taken_away() {
    let house = house_serving(&["hello"]);
    deploy(&house, &["hello"], 2);
    builds::succeed_of(&house, "acme", "http://store.example/hello/2.js");
    builds::are_served(&house, "acme");
    let (jobs, builder) = (builds::jobs(&house, "acme"), house.get("JobBuilder", "acme"));
    let bundle = house.get("WorkerBundle", "acme");
    for _ in 0..3 {
        let active = house.get("WorkerDeployment", "hello")["status"]["activeRelease"].as_str().unwrap().to_owned();
        let before = uid(&house.get("WorkerRelease", &active));
        house.delete("workerrelease", &active);
        house.eventually("it is back", || {
            house.find("WorkerRelease", &active).is_some_and(|release| uid(&release) != before)
        });
    }
    builds::are_served(&house, "acme");
    house.wait_until_quiet();
    assert_eq!(builds::jobs(&house, "acme"), jobs);
    let generation = |object: &serde_json::Value| object["metadata"]["generation"].clone();
    assert_eq!(generation(&house.get("JobBuilder", "acme")), generation(&builder));
    assert_eq!(generation(&house.get("WorkerBundle", "acme")), generation(&bundle));
}

#[test]
fn workers_13_a_deployment_that_was_sent_earlier_and_arrives_later_does_not_win() {
    let house = house();
    house.apply(&account("acme"));
    let sent = |version: u32, at: &str| {
        let mut deployment = deployment("hello", version);
        deployment["metadata"]["annotations"] = json!({"api.worker-deployment/sent-at": at});
        deployment.to_string()
    };
    house.apply(&sent(2, "2026-01-01T10:00:02Z"));
    builds::succeed_of(&house, "acme", "http://store.example/hello/2.js");
    let (jobs, image) = (builds::jobs(&house, "acme"), builds::wanted_image(&house, "acme"));

    house.apply(&sent(1, "2026-01-01T10:00:01Z"));
    house.eventually("it is history", || house.list("WorkerRelease", "").len() == 2);
    house.wait_until_quiet();
    assert_eq!((builds::jobs(&house, "acme"), builds::wanted_image(&house, "acme")), (jobs, image));

    house.apply(&sent(3, "2026-01-01T10:00:03Z"));
    builds::succeed_of(&house, "acme", "http://store.example/hello/3.js");
}

#[test]
fn workers_13_of_two_deployments_of_one_script_the_newest_wins() {
    let house = house();
    house.apply(&account("acme"));
    let sent = |name: &str, version: u32, at: &str| {
        let mut deployment = deployment("hello", version);
        deployment["metadata"]["name"] = json!(name);
        deployment["metadata"]["annotations"] = json!({"api.worker-deployment/sent-at": at});
        deployment.to_string()
    };
    house.apply(&sent("a", 2, "2026-01-01T10:00:02Z"));
    builds::succeed_of(&house, "acme", "http://store.example/hello/2.js");
    let image = builds::wanted_image(&house, "acme");
    house.apply(&sent("b", 1, "2026-01-01T10:00:01Z"));
    house.eventually("it is released", || house.list("WorkerRelease", "").len() == 2);
    house.wait_until_quiet();
    assert_eq!(builds::wanted_image(&house, "acme"), image);
    // When the newer one goes, the older one is the newest.
    house.delete("workerdeployment", "a");
    builds::succeed_of(&house, "acme", "http://store.example/hello/1.js");
}
