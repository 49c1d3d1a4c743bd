//! Deployments of scripts, the releases that come of them, and how many stay.

use std::collections::BTreeMap;

use innkeeper_suites::{House, uid};
use serde_json::{Value, json};

use crate::{change, deploy, deployment, house};

/// The releases of a deployment: the url of each, and the release.
fn releases(house: &House, deployment: &str) -> BTreeMap<String, Value> {
    let all = house.list("WorkerRelease", &format!("app.kubernetes.io/instance={deployment}"));
    all.into_iter().map(|release| (release["spec"]["scriptUrls"][0].as_str().unwrap().to_owned(), release)).collect()
}

fn url(version: u32) -> String {
    format!("http://store.example/hello/{version}.js")
}

fn has_urls(house: &House, versions: &[u32]) -> Result<(), String> {
    let there: Vec<String> = releases(house, "hello").into_keys().collect();
    let wanted: Vec<String> = versions.iter().map(|version| url(*version)).collect();
    if there == wanted { Ok(()) } else { Err(format!("there are {there:?}")) }
}

/// Deploys one version after the other, each when the one before has been released.
fn deploy_each(house: &House, versions: &[u32]) {
    for version in versions {
        deploy(house, &["hello"], *version);
        house.eventually("it is released", || releases(house, "hello").contains_key(&url(*version)));
    }
}

#[test]
fn workers_04_a_deployment_created_or_changed_makes_a_release_and_older_ones_stay() {
    let house = house();
    deploy_each(&house, &[1]);
    let first = releases(&house, "hello")[&url(1)].clone();
    assert_eq!(first["spec"], deployment("hello", 1)["spec"]["template"]);
    assert_eq!(first["metadata"]["labels"]["accounts"], "a1");

    change(&house, "wd", "hello", r#"{"template": {"compatibilityDate": "2026-02-01", "secretRef": "variables"}}"#);
    house.eventually("there is a second release", || house.list("WorkerRelease", "").len() == 2);
    deploy_each(&house, &[2]);
    house.wait_until_quiet();
    let all = house.list("WorkerRelease", "");
    assert_eq!(all.len(), 3);
    let kept = all.iter().find(|release| uid(release) == uid(&first)).expect("the first one stays");
    assert_eq!((&kept["spec"], &kept["metadata"]["labels"]["accounts"]), (&first["spec"], &json!("a1")));
}

#[test]
fn workers_05_the_oldest_release_goes_first_and_a_lowered_limit_trims() {
    let house = house();
    let mut first = deployment("hello", 1);
    first["spec"]["releaseHistoryLimit"] = json!(3);
    house.apply(&first.to_string());
    house.eventually("it is released", || has_urls(&house, &[1]));
    for version in 2..=4 {
        let patch = format!(r#"{{"template": {{"scriptUrls": ["{}"]}}}}"#, url(version));
        change(&house, "wd", "hello", &patch);
        house.eventually("it is released", || releases(&house, "hello").contains_key(&url(version)));
    }
    house.eventually("3 are left", || has_urls(&house, &[2, 3, 4]));
    change(&house, "wd", "hello", r#"{"releaseHistoryLimit": 2}"#);
    house.eventually("2 are left", || has_urls(&house, &[3, 4]));
    // An older one is active again: now that one stays, and the other is the oldest.
    change(&house, "wd", "hello", &format!(r#"{{"template": {{"scriptUrls": ["{}"]}}}}"#, url(3)));
    let active = uid(&releases(&house, "hello")[&url(3)]);
    house.eventually("it is the active one", || {
        let name = house.get("WorkerDeployment", "hello")["status"]["activeRelease"].clone();
        releases(&house, "hello").get(&url(3)).is_some_and(|release| release["metadata"]["name"] == name)
    });
    change(&house, "wd", "hello", r#"{"releaseHistoryLimit": 0}"#);
    house.eventually("only the active one is left", || has_urls(&house, &[3]));
    assert_eq!(uid(&releases(&house, "hello")[&url(3)]), active, "and was never away");
    house.wait_until_quiet();
    has_urls(&house, &[3]).unwrap();
}

#[test]
fn workers_05_ten_releases_stay_unless_something_else_is_said() {
    let house = house();
    deploy_each(&house, &(10..22).collect::<Vec<_>>());
    house.eventually("10 are left", || has_urls(&house, &(12..22).collect::<Vec<_>>()));
}
