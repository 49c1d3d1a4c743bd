//! What a site's being switched off, on, or deleted does to its sources; and what the status shows.

use std::time::Duration;

use innkeeper_suites::uid;
use serde_json::json;

use super::{MOON, THRUST, THRUST_CHILDREN, house_with_thrust, pods_of, source, switch, wait_for_pods};
use crate::change;

#[test]
fn rocketlab_01_a_source_of_an_enabled_site_has_exactly_one_pod() {
    let house = crate::house();
    house.apply(&format!("{MOON}---\n{THRUST}"));
    house.wait_for_children("TmSource", "thrust", THRUST_CHILDREN);
    house.wait_for_condition("TmSource", "thrust", "Ready", "True");
    house.wait_until_quiet();
    assert_eq!(house.list("Pod", "").len(), 1);
    let owner = &house.list("Pod", "")[0]["metadata"]["ownerReferences"][0];
    assert_eq!(owner["uid"], uid(&house.get("TmSource", "thrust")));
}

#[test]
fn rocketlab_02_a_disabled_site_has_no_pods_and_its_sources_stay() {
    let house = house_with_thrust();
    house.apply(&source("fuel", "moon"));
    wait_for_pods(&house, "moon", &["fuel", "thrust"]);
    switch(&house, "moon", false);
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    house.wait_until_quiet();
    assert!(house.list("Pod", "").is_empty(), "and none comes back");
    assert_eq!(house.list("TmSource", "").len(), 2);
}

#[test]
fn rocketlab_03_a_source_made_under_a_disabled_site_gets_no_pod() {
    let house = crate::house();
    house.apply(&MOON.replace("enabled: true", "enabled: false"));
    let mark = house.mark();
    house.apply(THRUST);
    house.wait_for_condition("TmSource", "thrust", "Ready", "True");
    house.wait_until_quiet();
    assert!(house.list("Pod", "").is_empty());
    let pods: Vec<_> =
        house.requests_since(&mark).into_iter().filter(|r| r.resource == "pods" && r.is_write()).collect();
    assert!(pods.is_empty(), "there was none in between: {pods:?}");
}

#[test]
fn rocketlab_04_with_a_source_its_pod_goes() {
    let house = house_with_thrust();
    house.apply(&source("fuel", "moon"));
    wait_for_pods(&house, "moon", &["fuel", "thrust"]);
    house.delete("tmsource", "thrust");
    wait_for_pods(&house, "moon", &["fuel"]);
}

#[test]
fn rocketlab_05_a_site_enabled_again_has_the_pods_of_all_its_sources_again() {
    let house = house_with_thrust();
    house.apply(&format!("{}---\n{}", source("fuel", "moon"), source("spin", "moon")));
    wait_for_pods(&house, "moon", &["fuel", "spin", "thrust"]);
    switch(&house, "moon", false);
    wait_for_pods(&house, "moon", &[]);
    house.apply(&source("late", "moon"));
    switch(&house, "moon", true);
    wait_for_pods(&house, "moon", &["fuel", "late", "spin", "thrust"]);
    for name in ["fuel", "late", "spin", "thrust"] {
        house.wait_for_condition("TmSource", name, "Ready", "True");
    }
}

#[test]
fn rocketlab_06_with_a_site_all_its_sources_and_their_pods_go() {
    let house = house_with_thrust();
    house.apply(&MOON.replace("name: moon", "name: mars"));
    house.apply(&format!("{}---\n{}", source("fuel", "moon"), source("dust", "mars")));
    wait_for_pods(&house, "moon", &["fuel", "thrust"]);
    wait_for_pods(&house, "mars", &["dust"]);
    let uids: Vec<String> = ["fuel", "thrust"].iter().map(|name| uid(&house.get("TmSource", name))).collect();
    house.delete("site", "moon");
    let left: Vec<_> = house.list("TmSource", "").iter().map(|one| one["metadata"]["name"].clone()).collect();
    assert_eq!(left, ["dust"], "the site was there until its sources were gone");
    uids.iter().for_each(|uid| house.wait_until_gone(uid));
    assert_eq!(pods_of(&house, "mars").len(), 1, "another site's source is left alone");
}

#[test]
fn rocketlab_06_a_source_made_while_its_site_goes_goes_too() {
    let house = house_with_thrust();
    house.kubectl(&[
        "patch",
        "tmsource",
        "thrust",
        "--type=merge",
        "-p",
        r#"{"metadata":{"finalizers":["test.innkeeper.dev/held"]}}"#,
    ]);
    house.begin_deletion("site", "moon");
    house.eventually("its source is going", || {
        !house.get("TmSource", "thrust")["metadata"]["deletionTimestamp"].is_null()
    });
    house.apply(&source("fuel", "moon"));
    house.eventually("the new one is gone", || house.find("TmSource", "fuel").is_none());
    assert!(house.find("Site", "moon").is_some(), "the site waits for the one that is held");
    house.patch("tmsource", "thrust", r#"{"metadata":{"finalizers":null}}"#);
    house.eventually("the site is gone", || house.find("Site", "moon").is_none());
}

#[test]
fn rocketlab_08_a_source_without_a_site_runs() {
    let house = crate::house();
    house.apply(THRUST);
    house.wait_for_children("TmSource", "thrust", THRUST_CHILDREN);
    house.wait_for_condition("TmSource", "thrust", "Ready", "True");
    let before = uid(&house.get("Pod", super::POD));
    house.apply(MOON);
    house.wait_for_condition("Site", "moon", "Ready", "True");
    house.wait_until_quiet();
    assert_eq!(uid(&house.get("Pod", super::POD)), before, "a site that comes enabled changes nothing");
    switch(&house, "moon", false);
    wait_for_pods(&house, "moon", &[]);
}

#[test]
fn rocketlab_10_a_source_that_moves_follows_its_new_site() {
    let house = house_with_thrust();
    house.apply(&MOON.replace("name: moon", "name: mars"));
    let dark = MOON.replace("name: moon", "name: dark").replace("enabled: true", "enabled: false");
    house.apply(&dark);
    let before = uid(&house.get("Pod", super::POD));
    change(&house, "tmsource", "thrust", &json!({"site": "mars"}));
    wait_for_pods(&house, "mars", &["thrust"]);
    house.eventually("the source carries its site's label", || {
        house.list("TmSource", "site=mars").len() == 1 && house.list("TmSource", "site=moon").is_empty()
    });
    assert_eq!(uid(&house.get("Pod", super::POD)), before, "between two enabled sites it is not restarted");
    switch(&house, "moon", false);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(uid(&house.get("Pod", super::POD)), before, "the site it left does not matter");
    change(&house, "tmsource", "thrust", &json!({"site": "dark"}));
    house.eventually("it has no Pod", || house.list("Pod", "").is_empty());
    change(&house, "tmsource", "thrust", &json!({"site": "mars"}));
    wait_for_pods(&house, "mars", &["thrust"]);
}

#[test]
fn rocketlab_12_the_status_shows_what_the_site_and_the_source_are_at() {
    let house = house_with_thrust();
    house.apply(&source("fuel", "moon"));
    let site = |field: &str| house.get("Site", "moon")["status"][field].clone();
    house.eventually("the site has 2 sources, which run", || site("sources") == 2 && site("running") == 2);
    assert_eq!(site("enabled"), true);
    let source = |field: &str| house.get("TmSource", "thrust")["status"][field].clone();
    assert_eq!((source("pod"), source("phase")), (json!(super::POD), json!("Running")));
    assert_eq!(house.get("TmSource", "thrust")["metadata"]["labels"]["site"], "moon");
    assert!(house.kubectl(&["get", "tmsources", "-l", "site=moon"]).contains("thrust"));

    switch(&house, "moon", false);
    house.eventually("none runs", || site("enabled") == false && site("sources") == 2 && site("running") == 0);
    house.eventually("the source shows no Pod", || source("pod").is_null() && source("phase").is_null());
}
