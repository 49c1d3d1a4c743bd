//! What every system must do.

use innkeeper_suites::House;
use serde_json::json;

use super::{MOON, POD, SITE, SOURCE, THRUST, source};
use crate::everywhere;

#[test]
fn rocketlab_all_01_the_pod_carries_the_usual_labels() {
    let house = crate::house();
    house.apply(MOON);
    everywhere::children_carry_the_usual_labels(&house, &SOURCE);
}

#[test]
fn rocketlab_all_02_a_site_shows_what_a_person_looks_for() {
    let columns = ["ENABLED", "SOURCES", "RUNNING"];
    everywhere::status_and_columns_are_what_a_person_looks_for(&crate::house(), &SITE, &columns);
}

#[test]
fn rocketlab_all_02_a_source_shows_what_a_person_looks_for() {
    let columns = ["SITE", "METRIC", "PHASE"];
    everywhere::status_and_columns_are_what_a_person_looks_for(&crate::house(), &SOURCE, &columns);
}

#[test]
fn rocketlab_all_03_bad_values_are_refused_with_the_name_of_their_field() {
    let long = format!("name: {}", "m".repeat(64));
    let far = format!("site: {}", "m".repeat(64));
    let house = crate::house();
    let of_a_site = [
        ("name: moon", long.as_str(), "at most 63 characters"),
        ("name: moon", "name: Moon", "name"),
        ("enabled: true", "enabled: 3", "spec.enabled"),
        ("enabled: true", "nothing: true", "spec.nothing"),
    ];
    everywhere::bad_values_are_refused(&house, &SITE, &of_a_site);
    let of_a_source = [
        ("site: moon", "site: The Moon", "spec.site"),
        ("site: moon", "site: \"\"", "spec.site"),
        ("site: moon", far.as_str(), "spec.site"),
        ("site: moon", "place: moon", "spec.place"),
        ("metricname: thrust", "metricname: Thrust", "a metric is written in lower case"),
        ("metricname: thrust", "metricname: \"\"", "spec.metricname"),
        ("metricname: thrust", "metricName: thrust", "spec.metricName"),
    ];
    everywhere::bad_values_are_refused(&house, &SOURCE, &of_a_source);
}

#[test]
fn rocketlab_all_03_a_bad_edit_leaves_what_runs_as_it_is() {
    let edit = r#"{"spec":{"site":"The Moon"}}"#;
    everywhere::a_bad_edit_leaves_what_runs_as_it_is(&crate::house(), &SOURCE, edit);
}

#[test]
fn rocketlab_all_03_long_names_names_with_dots_and_any_text_of_a_metric_work() {
    let house = crate::house();
    let long = "m".repeat(63);
    house.apply(&MOON.replace("name: moon", &format!("name: {long}")));
    let metric = "tëmp 'a' \"b\" $(nats); rm -rf /";
    for (name, site) in [("one.two", "no.such"), (long.as_str(), long.as_str())] {
        let yaml = json!({
            "apiVersion": "tm.rocketlab.global/v1", "kind": "TmSource", "metadata": {"name": name},
            "spec": {"site": site, "metricname": metric},
        });
        house.apply(&yaml.to_string());
        house.wait_for_condition("TmSource", name, "Ready", "True");
        let env = house.get("Pod", &format!("rocket-source-pod-{name}"))["spec"]["containers"][0]["env"].clone();
        // To Kubernetes, $$( is a dollar and a bracket.
        assert_eq!(env[1]["value"], metric.replace("$(", "$$("));
        assert_eq!(house.list("TmSource", &format!("site={site}")).len(), 1);
    }
}

#[test]
fn rocketlab_all_04_a_deleted_pod_comes_back() {
    let house = crate::house();
    house.apply(MOON);
    everywhere::a_deleted_child_comes_back(&house, &SOURCE);
}

#[test]
fn rocketlab_all_04_an_edited_pod_is_put_right() {
    let house = super::house_with_thrust();
    let edit = json!([{"op": "replace", "path": "/spec/containers/0/image", "value": "example.com/other:1"}]);
    everywhere::an_edited_child_is_put_right(&house, ("Pod", POD), &edit, |pod| {
        pod["spec"]["containers"][0]["image"] == "maxthom/rocket-source:latest"
    });
    let edit = json!([{"op": "replace", "path": "/metadata/labels/site", "value": "mars"}]);
    everywhere::an_edited_child_is_put_right(&house, ("Pod", POD), &edit, |pod| {
        pod["metadata"]["labels"]["site"] == "moon"
    });
}

#[test]
fn rocketlab_all_04_a_label_that_somebody_set_on_the_source_otherwise_is_reported_and_left_alone() {
    let house = super::house_with_thrust();
    house.kubectl(&["label", "tmsource", "thrust", "site=mars", "--overwrite"]);
    let message = house.wait_for_condition("TmSource", "thrust", "Stalled", "True");
    assert!(message.contains("kubectl-label") && message.contains("site"), "{message}");
    assert_eq!(house.get("TmSource", "thrust")["metadata"]["labels"]["site"], "mars");
    house.kubectl(&["label", "tmsource", "thrust", "site-"]);
    house.eventually("it is set again", || house.list("TmSource", "site=moon").len() == 1);
    house.wait_for_condition("TmSource", "thrust", "Ready", "True");
}

#[test]
fn rocketlab_all_04_a_pod_of_that_name_that_somebody_else_has_is_reported_and_left_alone() {
    let house = crate::house();
    house.apply(MOON);
    let stranger = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD},
        "spec": {"containers": [{"name": "mine", "image": "mine:1"}]}});
    everywhere::a_strangers_object_is_left_alone(&house, &SOURCE, &stranger.to_string());
}

#[test]
fn rocketlab_all_05_deleted_they_leave_nothing_behind() {
    let house = crate::house();
    everywhere::deleted_it_leaves_nothing_behind(&house, &SOURCE);
    everywhere::deleted_it_leaves_nothing_behind(&house, &SITE);
}

#[test]
fn rocketlab_all_05_deleting_and_creating_again_at_once_works() {
    let house = crate::house();
    house.apply(MOON);
    everywhere::deleted_and_made_again_at_once_it_works(&house, &SOURCE);
    house.delete("site", "moon");
    house.apply(&format!("{MOON}---\n{THRUST}"));
    house.wait_for_condition("Site", "moon", "Ready", "True");
    house.wait_for_condition("TmSource", "thrust", "Ready", "True");
    house.eventually("its Pod runs", || house.find("Pod", POD).is_some_and(|pod| pod["status"]["phase"] == "Running"));
}

#[test]
fn rocketlab_all_06_a_restart_of_the_host_changes_nothing() {
    let house = House::alone(&["rocketlab-site", "rocketlab-tmsource"]);
    house.start_host();
    house.apply(MOON);
    SOURCE.lives_in(&house);
    house.apply(&MOON.replace("name: moon", "name: dark").replace("enabled: true", "enabled: false"));
    house.apply(&source("dust", "dark"));
    house.wait_for_condition("TmSource", "dust", "Ready", "True");
    everywhere::a_restart_of_the_host_changes_nothing(&house, &["Site", "TmSource", "Pod"]);
}
