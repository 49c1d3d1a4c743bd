//! What every system must do.

use innkeeper_suites::House;
use serde_json::json;

use super::{KIND, SAMPLE, goop, staying};
use crate::everywhere;

#[test]
fn goop_all_01_jobs_carry_the_usual_labels() {
    everywhere::children_carry_the_usual_labels(&crate::house(), &SAMPLE);
}

#[test]
fn goop_all_01_a_daemon_set_carries_the_usual_labels_and_selects_the_pods_of_its_own_object() {
    let house = crate::house();
    for name in ["wide", "far"] {
        house.apply(&goop(name, &json!({"distributed": true})));
        house.wait_for_condition(KIND, name, "Ready", "True");
        let set = house.get("DaemonSet", name);
        let usual = json!({"app.kubernetes.io/name": "goop", "app.kubernetes.io/instance": name});
        assert_eq!(set["spec"]["selector"]["matchLabels"], usual);
        assert_eq!(set["metadata"]["labels"]["app.kubernetes.io/instance"], name);
        assert_eq!(set["metadata"]["labels"]["app.kubernetes.io/managed-by"], "innkeeper");
    }
}

#[test]
fn goop_all_02_its_status_follows_kstatus_and_kubectl_shows_what_a_person_looks_for() {
    let columns = ["WORKERS", "DONE", "COMPLETED", "FAILED"];
    everywhere::status_and_columns_are_what_a_person_looks_for(&crate::house(), &SAMPLE, &columns);
}

#[test]
fn goop_all_03_bad_values_are_refused_with_the_name_of_their_field() {
    let long = format!("name: {}", "g".repeat(60));
    let bad = [
        ("job_count: 3", "job_count: -1", "spec.job_count"),
        ("job_count: 3", "job_count: 1001", "spec.job_count"),
        ("job_count: 3", "job_count: many", "spec.job_count"),
        ("job_count: 3", "jobCount: 3", "spec.jobCount"),
        ("cmds: [one, two]", "cmds: one", "spec.cmds"),
        ("cmds: [one, two]", "distributed: 1", "spec.distributed"),
        ("cmds: [one, two]", "image: \"\"", "spec.image"),
        ("cmds: [one, two]", "image: two words", "spec.image"),
        ("name: three", long.as_str(), "at most 59 characters"),
        ("name: three", "name: Three", "name"),
    ];
    everywhere::bad_values_are_refused(&crate::house(), &SAMPLE, &bad);
}

#[test]
fn goop_all_03_a_bad_edit_leaves_what_runs_as_it_is() {
    everywhere::a_bad_edit_leaves_what_runs_as_it_is(&crate::house(), &SAMPLE, r#"{"spec":{"job_count":-1}}"#);
}

#[test]
fn goop_all_03_long_names_and_names_with_dots_work() {
    let house = crate::house();
    for name in ["one.two", &"g".repeat(59)] {
        house.apply(&goop(name, &json!({"job_count": 2})));
        house.wait_for_condition(KIND, name, "Completed", "True");
    }
}

#[test]
fn goop_all_04_an_edited_job_that_runs_is_put_right() {
    let house = crate::house();
    house.apply(&staying("work", &json!({})));
    house.wait_for_condition(KIND, "work", "Deployed", "True");
    let edit = json!([{"op": "replace", "path": "/spec/parallelism", "value": 5}]);
    everywhere::an_edited_child_is_put_right(&house, ("Job", "work-0"), &edit, |job| job["spec"]["parallelism"] == 1);
    let edit = json!([{"op": "remove", "path": "/metadata/labels"}]);
    everywhere::an_edited_child_is_put_right(&house, ("Job", "work-0"), &edit, |job| {
        job["metadata"]["labels"]["app.kubernetes.io/instance"] == "work"
    });
}

#[test]
fn goop_all_04_an_edited_daemon_set_is_put_right_and_a_deleted_one_comes_back() {
    let house = crate::house();
    house.apply(&goop("wide", &json!({"distributed": true, "cmds": ["one"]})));
    house.wait_for_condition(KIND, "wide", "Completed", "True");
    let edit = json!([{"op": "replace", "path": "/spec/template/spec/initContainers/0/args", "value": ["two"]}]);
    everywhere::an_edited_child_is_put_right(&house, ("DaemonSet", "wide"), &edit, |set| {
        set["spec"]["template"]["spec"]["initContainers"][0]["args"] == json!(["one"])
    });
    house.delete("daemonset", "wide");
    house.eventually("it is there again", || house.find("DaemonSet", "wide").is_some());
    house.wait_for_condition(KIND, "wide", "Ready", "True");
}

#[test]
fn goop_all_04_a_child_name_that_somebody_elses_object_has_is_reported_and_left_alone() {
    let stranger = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "three-0"}, "spec": {
        "suspend": true, "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}}}});
    everywhere::a_strangers_object_is_left_alone(&crate::house(), &SAMPLE, &stranger.to_string());
}

#[test]
fn goop_all_05_deleted_it_leaves_nothing_behind() {
    everywhere::deleted_it_leaves_nothing_behind(&crate::house(), &SAMPLE);
}

#[test]
fn goop_all_05_deleting_and_creating_again_at_once_works() {
    everywhere::deleted_and_made_again_at_once_it_works(&crate::house(), &SAMPLE);
}

#[test]
fn goop_all_06_a_restart_of_the_host_changes_nothing() {
    let house = House::alone(&["goop"]);
    house.start_host();
    SAMPLE.lives_in(&house);
    house.apply(&staying("work", &json!({"job_count": 2})));
    house.wait_for_condition(KIND, "work", "Deployed", "True");
    house.apply(&goop("wide", &json!({"distributed": true})));
    house.wait_for_condition(KIND, "wide", "Completed", "True");
    house.wait_for_condition(KIND, "three", "Completed", "True");
    house.delete("job", "three-1");
    everywhere::a_restart_of_the_host_changes_nothing(&house, &[KIND, "Job", "DaemonSet", "Pod"]);
}
