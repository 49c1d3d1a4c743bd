//! What every system must do.

use innkeeper_suites::House;
use serde_json::json;

use super::{HOT, KIND, SAMPLE};
use crate::everywhere;

#[test]
fn memcached_all_01_children_carry_the_usual_labels_and_selectors_are_unique_per_object() {
    let house = crate::house();
    everywhere::children_carry_the_usual_labels(&house, &SAMPLE);
    for name in ["hot", "other"] {
        let selector = house.get("Deployment", name)["spec"]["selector"]["matchLabels"].clone();
        assert_eq!(selector, json!({"app.kubernetes.io/name": "memcached", "app.kubernetes.io/instance": name}));
    }
}

#[test]
fn memcached_all_02_its_status_follows_kstatus_and_kubectl_shows_what_a_person_looks_for() {
    let columns = ["SIZE", "PORT"];
    everywhere::status_and_columns_are_what_a_person_looks_for(&crate::house(), &SAMPLE, &columns);
}

#[test]
fn memcached_all_03_bad_values_are_refused_with_the_name_of_their_field() {
    let long = format!("name: {}", "h".repeat(64));
    let bad = [
        ("size: 3", "size: 0", "spec.size"),
        ("size: 3", "size: -1", "spec.size"),
        ("size: 3", "size: 7", "spec.size"),
        ("size: 3", "size: three", "spec.size"),
        ("size: 3", "containerPort: 70000", "spec.containerPort"),
        ("size: 3", "containerPort: 0", "spec.containerPort"),
        ("name: hot", &long, "at most 63 characters"),
        ("name: hot", "name: Hot", "name"),
    ];
    everywhere::bad_values_are_refused(&crate::house(), &SAMPLE, &bad);
}

#[test]
fn memcached_all_03_a_bad_edit_leaves_what_runs_as_it_is() {
    everywhere::a_bad_edit_leaves_what_runs_as_it_is(&crate::house(), &SAMPLE, r#"{"spec":{"size":-3}}"#);
}

#[test]
fn memcached_all_03_long_names_and_names_with_dots_work() {
    let house = crate::house();
    for name in ["hot.one", &"h".repeat(63)] {
        house.apply(&SAMPLE.named(name));
        house.wait_for_condition(KIND, name, "Ready", "True");
        house.eventually("its three Pods are listed", || {
            house.get(KIND, name)["status"]["nodes"].as_array().is_some_and(|nodes| nodes.len() == 3)
        });
    }
}

#[test]
fn memcached_all_04_a_deleted_child_comes_back() {
    everywhere::a_deleted_child_comes_back(&crate::house(), &SAMPLE);
}

#[test]
fn memcached_all_04_a_child_name_that_somebody_elses_object_has_is_reported_and_left_alone() {
    // A selector cannot be changed: with another one, nobody could take it over.
    let labels = json!({"app.kubernetes.io/name": "memcached", "app.kubernetes.io/instance": "hot"});
    let stranger = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "hot"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "mine", "image": "mine:1"}]},
            },
        },
    });
    everywhere::a_strangers_object_is_left_alone(&crate::house(), &SAMPLE, &stranger.to_string());
}

#[test]
fn memcached_all_05_deleted_it_leaves_nothing_behind() {
    everywhere::deleted_it_leaves_nothing_behind(&crate::house(), &SAMPLE);
}

#[test]
fn memcached_all_05_deleting_and_creating_again_at_once_works() {
    everywhere::deleted_and_made_again_at_once_it_works(&crate::house(), &SAMPLE);
}

#[test]
fn memcached_all_06_a_restart_of_the_host_changes_nothing() {
    let house = House::alone(&["memcached"]);
    house.start_host();
    SAMPLE.lives_in(&house);
    house.apply(&HOT.replace("name: hot", "name: cold"));
    house.wait_for_condition(KIND, "cold", "Ready", "True");
    everywhere::a_restart_of_the_host_changes_nothing(&house, &[KIND, "Deployment", "Pod"]);
}
