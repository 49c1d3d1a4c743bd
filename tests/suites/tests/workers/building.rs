//! Builds: when there is one, how it ends, and what a failed one leaves alone.

use innkeeper_suites::condition;
use serde_json::json;

use crate::{account, builds, change, deploy, deployment, house, house_serving, ports_of};

#[test]
fn workers_06_a_changed_url_secret_or_date_means_a_new_build_and_the_same_content_does_not() {
    let house = house_serving(&["hello"]);
    let mut seen = vec![builds::wanted_image(&house, "acme")];
    for template in [
        r#"{"scriptUrls": ["http://store.example/hello/2.js"]}"#,
        r#"{"secretRef": "variables"}"#,
        r#"{"compatibilityDate": "2026-02-01"}"#,
    ] {
        change(&house, "wd", "hello", &format!(r#"{{"template": {template}}}"#));
        house.eventually("another image is wanted", || !seen.contains(&builds::wanted_image(&house, "acme")));
        seen.push(builds::wanted_image(&house, "acme"));
    }
    builds::succeed_with(&house, "acme", &["hello"]);
    house.wait_for_condition("WorkerAccount", "acme", "Built", "True");
    let jobs = builds::jobs(&house, "acme");

    // The same content: touched, limited, and from another deployment of the same script.
    house.kubectl(&["annotate", "wd", "hello", "touched=yes"]);
    change(&house, "wd", "hello", r#"{"releaseHistoryLimit": 5}"#);
    let mut again = house.get("WorkerDeployment", "hello");
    again["metadata"] = json!({"name": "again", "labels": {"accounts": "a1"}});
    again["status"].take();
    house.apply(&again.to_string());
    house.eventually("it is released", || house.list("WorkerRelease", "app.kubernetes.io/instance=again").len() == 1);
    house.wait_until_quiet();
    assert_eq!((builds::jobs(&house, "acme"), builds::wanted_image(&house, "acme")), (jobs, seen.remove(3)));
    house.wait_for_condition("WorkerAccount", "acme", "Built", "True");
}

#[test]
fn workers_07_each_build_has_an_image_tag_of_its_own_that_follows_from_what_is_built() {
    let house = house_serving(&["hello"]);
    let first = builds::wanted_image(&house, "acme");
    let place = format!("registry.default.svc.cluster.local:5000/{}/acme:", house.namespace());
    assert!(first.strip_prefix(&place).is_some_and(|tag| tag.len() == 12), "{first}");
    let pushes = |job: &str| house.get("Job", job)["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
    let job = builds::jobs(&house, "acme").remove(0);
    assert!(pushes(&job).contains(&format!("--destination={first}")));

    deploy(&house, &["hello"], 2);
    let job = builds::begun_of(&house, "acme", "http://store.example/hello/2.js");
    let second = builds::wanted_image(&house, "acme");
    assert_ne!(first, second);
    assert!(pushes(&job).contains(&format!("--destination={second}")));
    deploy(&house, &["hello"], 1);
    house.eventually("the same content has the same image", || builds::wanted_image(&house, "acme") == first);
}

#[test]
fn workers_08_when_the_job_succeeds_image_and_workers_change_together_and_the_deployment_rolls() {
    let house = house_serving(&["hello"]);
    let first = builds::wanted_image(&house, "acme");
    let bundle = || house.get("WorkerBundle", "acme");
    assert!(bundle()["metadata"]["annotations"]["lastImage"].is_null(), "there was none before");
    deploy(&house, &["zebra"], 1);
    let job = builds::begun_with(&house, "acme", &["hello", "zebra"]);
    house.wait_until_quiet();
    let before = bundle();
    assert_eq!(before["spec"]["podTemplate"]["image"], first.as_str(), "while it is built, nothing changes");
    assert_eq!(ports_of(&before), [("hello".to_owned(), 8080)]);

    builds::succeeds(&house, &job);
    builds::are_served(&house, "acme");
    let (after, second) = (bundle(), builds::wanted_image(&house, "acme"));
    assert_eq!(after["spec"]["podTemplate"]["image"], second.as_str());
    assert_eq!(ports_of(&after), [("hello".to_owned(), 8080), ("zebra".to_owned(), 8081)]);
    assert_eq!(after["metadata"]["annotations"]["lastImage"], first.as_str());
    let generation = |bundle: &serde_json::Value| bundle["metadata"]["generation"].as_i64().unwrap();
    assert_eq!(generation(&after), generation(&before) + 1, "in one write");
    house.eventually("its Pods have the new image", || {
        let pods = house.list("Pod", "app.kubernetes.io/name=worker-bundle");
        pods.len() == 1 && pods[0]["spec"]["containers"][0]["image"] == second.as_str()
    });
}

#[test]
fn workers_09_a_pod_that_failed_and_was_retried_is_no_failure() {
    let house = house();
    house.apply(&account("acme"));
    deploy(&house, &["hello"], 1);
    let job = builds::begun_with(&house, "acme", &["hello"]);
    builds::pods_end(&house, &job, "Failed");
    house.eventually("the Job has counted it", || house.get("Job", &job)["status"]["failed"] == 1);
    let built = condition(&house.get("WorkerAccount", "acme"), "Built").unwrap();
    assert_eq!(built["reason"], "Building", "{built}");
    house.eventually("there is another Pod", || house.get("Job", &job)["status"]["active"] == 1);
    let built = condition(&house.get("WorkerAccount", "acme"), "Built").unwrap();
    assert_eq!(built["reason"], "Building", "{built}");
    builds::succeed_with(&house, "acme", &["hello"]);
    builds::are_served(&house, "acme");
}

#[test]
fn workers_09_a_job_that_failed_for_good_leaves_the_bundle_as_it_was_and_the_status_says_why() {
    let house = house_serving(&["hello"]);
    house.wait_for_condition("WorkerBundle", "acme", "Ready", "True");
    let before = house.get("WorkerBundle", "acme");
    deploy(&house, &["hello"], 2);
    builds::fails(&house, &builds::begun_of(&house, "acme", "http://store.example/hello/2.js"));
    for kind in ["JobBuilder", "WorkerAccount"] {
        let why = house.wait_for_condition(kind, "acme", "Built", "False");
        assert!(why.contains("BackoffLimitExceeded"), "{kind}: {why}");
        house.wait_for_condition(kind, "acme", "Ready", "False");
    }
    house.wait_until_quiet();
    let after = house.get("WorkerBundle", "acme");
    assert_eq!((&after["spec"], &after["metadata"]), (&before["spec"], &before["metadata"]));
    let deployment = house.get("Deployment", "acme-depl");
    assert_eq!(deployment["status"]["readyReplicas"], 1, "the old image serves");
    assert_eq!(builds::jobs(&house, "acme").len(), 1, "it is not tried for ever");

    deploy(&house, &["hello"], 3);
    builds::succeed_of(&house, "acme", "http://store.example/hello/3.js");
    builds::are_served(&house, "acme");
}

#[test]
fn workers_10_a_new_build_within_the_old_jobs_lifetime_is_a_new_job_and_an_old_success_does_not_count() {
    let house = house_serving(&["hello"]);
    let (first, image) = (builds::jobs(&house, "acme"), builds::wanted_image(&house, "acme"));
    assert_eq!(first.len(), 1, "it has just been done, and lives for an hour");
    let lifetime = house.get("Job", &first[0])["spec"]["ttlSecondsAfterFinished"].clone();
    assert_eq!(lifetime, 3600);
    deploy(&house, &["hello"], 2);
    let second = builds::begun_of(&house, "acme", "http://store.example/hello/2.js");
    assert_ne!(second, first[0]);
    house.wait_until_quiet();
    assert_eq!(house.get("WorkerBundle", "acme")["spec"]["podTemplate"]["image"], image.as_str());
    house.wait_for_condition("WorkerAccount", "acme", "Ready", "False");

    // One that overtakes a build that still runs.
    deploy(&house, &["hello"], 3);
    let third = builds::begun_of(&house, "acme", "http://store.example/hello/3.js");
    house.eventually("the one that it overtook is gone", || builds::jobs(&house, "acme") == [third.clone()]);
    builds::succeeds(&house, &third);
    builds::are_served(&house, "acme");

    // A Job that is done goes some day; that builds nothing.
    house.delete("job", &third);
    house.wait_until_quiet();
    assert!(builds::jobs(&house, "acme").is_empty());
    builds::are_served(&house, "acme");
}

#[test]
fn workers_06_values_that_end_up_in_commands_stay_values() {
    let house = house();
    house.apply(&account("acme"));
    let mut script = deployment("hello", 1);
    // The container that downloads has a variable BASE.
    let odd = "http://store.example/it's_$(BASE)_$$_\"é\";`rm`.js";
    script["spec"]["template"]["scriptUrls"] = json!([odd]);
    house.apply(&script.to_string());
    let job = builds::begun_of(&house, "acme", odd);
    let command = house.get("Job", &job)["spec"]["template"]["spec"]["initContainers"][0]["command"].clone();
    // To Kubernetes, $$ is a dollar.
    let said = command[5].as_str().unwrap().replace("$$", "$");
    assert_eq!(said, odd, "it is an argument of its own: {command}");
    assert!(!command[2].as_str().unwrap().contains("store.example"), "and no part of the script");
}
