//! How far the work is: conditions, failures, and the rights of a worker.

use innkeeper_suites::{condition, uid};
use serde_json::{Value, json};

use super::{KIND, THREE, go_on, goop, is, of_job, staying, wait_for_jobs};
use crate::history;

#[test]
fn goop_03_completed_when_all_jobs_have() {
    let house = crate::house();
    house.apply(&staying("work", &json!({"job_count": 2})));
    wait_for_jobs(&house, &["work-0", "work-1"]);
    assert!(house.list("Job", "").iter().all(|job| job["status"]["succeeded"].is_null()));
    house.wait_until_quiet();
    assert!(!is(&house, "work", "Completed"), "a Job that has only begun has not completed");
    go_on(&house, &of_job("work-0"));
    house.eventually("one is done", || house.get(KIND, "work")["status"]["done"] == 1);
    assert!(!is(&house, "work", "Completed"));
    go_on(&house, &of_job("work-1"));
    house.wait_for_condition(KIND, "work", "Completed", "True");
    assert_eq!(house.get(KIND, "work")["status"]["done"], 2);
}

#[test]
fn goop_03_no_jobs_are_soon_done() {
    let house = crate::house();
    house.apply(&goop("none", &json!({"job_count": 0})));
    house.wait_for_condition(KIND, "none", "Completed", "True");
    assert!(house.list("Job", "").is_empty());
}

#[test]
fn goop_04_conditions_pass_initialized_deployed_completed_with_one_entry_each() {
    let house = crate::house();
    house.apply(&staying("work", &json!({"job_count": 2})));
    let begin = house.get(KIND, "work");
    house.wait_for_condition(KIND, "work", "Deployed", "True");
    for index in 0..2 {
        go_on(&house, &of_job(&format!("work-{index}")));
    }
    house.wait_for_condition(KIND, "work", "Completed", "True");

    let path = format!("/apis/goop.example.com/v1alpha1/namespaces/{}/goops", house.namespace());
    let mut steps: Vec<[bool; 3]> = Vec::new();
    for (_, object) in history(&house, &path, &begin) {
        let step = ["Initialized", "Deployed", "Completed"]
            .map(|kind| condition(&object, kind).is_some_and(|one| one["status"] == "True"));
        if steps.last() != Some(&step) {
            steps.push(step);
        }
        let mut kinds: Vec<Value> = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        kinds.iter_mut().for_each(|one| *one = one["type"].clone());
        let count = kinds.len();
        kinds.sort_by_key(ToString::to_string);
        kinds.dedup();
        assert_eq!(kinds.len(), count, "one entry per type: {object}");
    }
    steps.retain(|step| step.contains(&true));
    let passed = [[true, false, false], [true, true, false], [true, true, true]];
    assert_eq!(steps, passed, "each holds when those before it do");
}

#[test]
fn goop_05_a_worker_that_failed_for_good_is_named_and_nothing_is_completed() {
    let house = crate::house();
    house.apply(&staying("work", &json!({"job_count": 2})));
    wait_for_jobs(&house, &["work-0", "work-1"]);
    go_on(&house, &of_job("work-0"));
    house.patch("job", "work-1", r#"{"spec":{"activeDeadlineSeconds":1}}"#);
    let message = house.wait_for_condition(KIND, "work", "Failed", "True");
    assert!(message.contains("work-1") && message.contains("DeadlineExceeded"), "{message}");
    assert!(!message.contains("work-0"), "{message}");
    house.wait_for_condition(KIND, "work", "Stalled", "True");
    house.wait_until_quiet();
    assert!(!is(&house, "work", "Completed"));
    assert_eq!(house.get(KIND, "work")["status"]["done"], 1);

    // Whoever deletes it has it run again.
    let before = uid(&house.get("Job", "work-1"));
    house.begin_deletion("job", "work-1");
    house.eventually("it is made again", || house.find("Job", "work-1").is_some_and(|job| uid(&job) != before));
    go_on(&house, &of_job("work-1"));
    house.wait_for_condition(KIND, "work", "Completed", "True");
    house.wait_for_condition(KIND, "work", "Failed", "False");
    house.wait_for_condition(KIND, "work", "Ready", "True");
}

#[test]
fn goop_09_deleting_the_goop_removes_everything() {
    let house = crate::house();
    house.apply(THREE);
    house.wait_for_condition(KIND, "three", "Completed", "True");
    house.apply(&staying("work", &json!({"job_count": 2})));
    wait_for_jobs(&house, &["three-0", "three-1", "three-2", "work-0", "work-1"]);
    let uids = ["three", "work"].map(|name| uid(&house.get(KIND, name)));
    house.kubectl(&["delete", "goop", "three", "work"]);
    uids.iter().for_each(|uid| house.wait_until_gone(uid));
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
}

#[test]
fn goop_10_a_worker_has_few_rights_and_takes_little() {
    let house = crate::house();
    house.apply(THREE);
    house.apply(&goop("wide", &json!({"distributed": true})));
    house.wait_for_condition(KIND, "three", "Deployed", "True");
    house.wait_for_condition(KIND, "wide", "Deployed", "True");
    let job = house.get("Job", "three-0")["spec"]["template"]["spec"].clone();
    let set = house.get("DaemonSet", "wide")["spec"]["template"]["spec"].clone();
    for container in [&job["containers"][0], &set["initContainers"][0], &set["containers"][0]] {
        let context = &container["securityContext"];
        assert_eq!((&context["runAsNonRoot"], &context["allowPrivilegeEscalation"]), (&json!(true), &json!(false)));
        assert!(context["runAsUser"].as_i64().is_some_and(|user| user > 0), "a user that is not root is named");
        assert_eq!(context["capabilities"]["drop"], json!(["ALL"]));
        assert_eq!(context["seccompProfile"]["type"], "RuntimeDefault");
        for amount in ["cpu", "memory"] {
            assert!(!container["resources"]["requests"][amount].is_null(), "{container}");
            assert!(!container["resources"]["limits"][amount].is_null(), "{container}");
        }
    }
    for pod in [job, set] {
        assert_eq!(pod["automountServiceAccountToken"], false);
    }
    // What Kubernetes itself calls restricted.
    house.kubectl(&["label", "namespace", house.namespace(), "pod-security.kubernetes.io/enforce=restricted"]);
    house.apply(&goop("again", &json!({})));
    house.wait_for_condition(KIND, "again", "Completed", "True");
}
