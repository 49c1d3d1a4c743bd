//! So many workers: which Jobs there are, and when one is made again.

use std::time::Duration;

use innkeeper_suites::uid;
use serde_json::json;

use super::{KIND, THREE, THREE_CHILDREN, go_on, goop, is, names, of_job, staying, wait_for_jobs};
use crate::change;

#[test]
fn goop_01_so_many_jobs_owned_by_the_goop() {
    let house = crate::house();
    house.apply(THREE);
    house.wait_for_children(KIND, "three", THREE_CHILDREN);
    let owner = uid(&house.get(KIND, "three"));
    for job in house.list("Job", "") {
        assert_eq!(job["metadata"]["ownerReferences"][0]["uid"], owner);
    }
    house.apply(&goop("one", &json!({})));
    house.wait_for_condition(KIND, "one", "Completed", "True");
    assert_eq!(names(&house.list("Job", "app.kubernetes.io/instance=one")), ["one-0"], "1 unless said otherwise");
}

#[test]
fn goop_01_a_thousand_jobs_are_made() {
    let house = crate::house();
    // The host of the suites is not optimised, and what it does for a call counts as the call's.
    house.eventually("the guest has its Reconciler", || house.find("Reconciler", "goop").is_some());
    let limit = |time: &str| {
        let limits = json!({"spec": {"limits": {"time": time}}}).to_string();
        house.patch("reconciler", "goop", &limits);
    };
    limit("10s");
    house.kubectl(&["create", "quota", "nothing-runs", "--hard=pods=0"]);
    house.apply(&goop("many", &json!({"job_count": 1000, "cmds": ["x"]})));
    house.wait_for_condition(KIND, "many", "Deployed", "True");
    assert_eq!(house.list("Job", "").len(), 1000);
    assert_eq!(house.get(KIND, "many")["status"]["workers"], 1000);
    house.delete("goop", "many");
    house.eventually("they are gone", || house.list("Job", "").is_empty());
    limit("100ms");
}

#[test]
fn goop_02_each_worker_gets_its_cmd_as_one_literal_argument() {
    let house = crate::house();
    let cmds = ["echo \"$HOME\" 'a b'; rm -rf / && true | `id`", "-n", "ünïcode ✓\ttab\nline", "", "$(date) $$ 5$"];
    house.apply(&goop("words", &json!({"job_count": 6, "cmds": cmds})));
    house.wait_for_condition(KIND, "words", "Deployed", "True");
    // To Kubernetes, $$ is a dollar.
    let wanted = [cmds[0], cmds[1], cmds[2], cmds[3], "$$(date) $$$$ 5$", cmds[0]];
    for (index, wanted) in wanted.iter().enumerate() {
        let pod = house.get("Job", &format!("words-{index}"))["spec"]["template"]["spec"].clone();
        assert_eq!(pod["containers"][0]["args"], json!([wanted]));
        assert_eq!(pod["containers"][0]["command"], json!(["printf", "%s\\n"]), "no shell reads it");
    }
}

#[test]
fn goop_06_a_job_deleted_before_it_completed_is_made_again_and_after_it_is_not() {
    let house = crate::house();
    house.apply(&staying("work", &json!({"job_count": 2})));
    wait_for_jobs(&house, &["work-0", "work-1"]);
    let before = uid(&house.get("Job", "work-1"));
    house.begin_deletion("job", "work-1");
    house.eventually("it is made again", || house.find("Job", "work-1").is_some_and(|job| uid(&job) != before));

    go_on(&house, &of_job("work-0"));
    house.eventually("one is done", || house.get(KIND, "work")["status"]["done"] == 1);
    house.delete("job", "work-0");
    go_on(&house, &of_job("work-1"));
    house.wait_for_condition(KIND, "work", "Completed", "True");
    house.delete("job", "work-1");
    house.wait_until_quiet();
    assert!(house.list("Job", "").is_empty(), "what completed does not come back");
    assert!(is(&house, "work", "Completed") && is(&house, "work", "Ready"));
}

#[test]
fn goop_06_a_job_removed_by_its_time_to_live_is_not_made_again() {
    let house = crate::house();
    house.apply(&staying("work", &json!({"job_count": 2})));
    wait_for_jobs(&house, &["work-0", "work-1"]);
    house.patch("job", "work-0", r#"{"spec":{"ttlSecondsAfterFinished":5}}"#);
    go_on(&house, &of_job("work-0"));
    wait_for_jobs(&house, &["work-1"]);
    std::thread::sleep(Duration::from_secs(3));
    wait_for_jobs(&house, &["work-1"]);
    assert!(!is(&house, "work", "Completed"));
    go_on(&house, &of_job("work-1"));
    house.wait_for_condition(KIND, "work", "Completed", "True");
}

#[test]
fn goop_07_a_raised_count_runs_only_the_new_ones() {
    let house = crate::house();
    house.apply(&goop("work", &json!({"job_count": 2, "cmds": ["one"]})));
    house.wait_for_condition(KIND, "work", "Completed", "True");
    let first: Vec<_> = house.list("Job", "").iter().map(uid).collect();
    house.delete("job", "work-0");
    let mark = house.mark();
    let spec = json!({"job_count": 4, "cmds": ["other"], "image": "innkeeper.dev/stays"});
    change(&house, "goop", "work", &spec);
    wait_for_jobs(&house, &["work-1", "work-2", "work-3"]);
    house.eventually("it is not completed any more", || !is(&house, "work", "Completed"));
    go_on(&house, &of_job("work-2"));
    go_on(&house, &of_job("work-3"));
    house.wait_for_condition(KIND, "work", "Completed", "True");
    wait_for_jobs(&house, &["work-1", "work-2", "work-3"]);
    assert_eq!(uid(&house.get("Job", "work-1")), first[1], "it was not made anew");
    let args = |name: &str| house.get("Job", name)["spec"]["template"]["spec"]["containers"][0]["args"].clone();
    assert_eq!((args("work-1"), args("work-2")), (json!(["one"]), json!(["other"])), "templates are never patched");
    let to_the_first: Vec<_> = house
        .requests_since(&mark)
        .into_iter()
        .filter(|r| r.resource == "jobs" && r.is_write() && matches!(r.name.as_deref(), Some("work-0" | "work-1")))
        .collect();
    assert!(to_the_first.is_empty(), "nobody wrote to the first ones: {to_the_first:?}");
}

#[test]
fn goop_07_a_lowered_count_removes_the_unfinished_ones_that_are_over() {
    let house = crate::house();
    house.apply(&staying("work", &json!({"job_count": 4})));
    wait_for_jobs(&house, &["work-0", "work-1", "work-2", "work-3"]);
    go_on(&house, &of_job("work-2"));
    house.eventually("one is done", || house.get(KIND, "work")["status"]["done"] == 1);
    let kept = uid(&house.get("Job", "work-0"));
    change(&house, "goop", "work", &json!({"job_count": 1}));
    wait_for_jobs(&house, &["work-0", "work-2"]);
    house.eventually("the Pods of those that went are gone", || house.list("Pod", &of_job("work-1")).is_empty());
    assert_eq!(uid(&house.get("Job", "work-0")), kept);
    go_on(&house, &of_job("work-0"));
    house.wait_for_condition(KIND, "work", "Completed", "True");
}

#[test]
fn goop_07_templates_of_jobs_are_never_patched() {
    let house = crate::house();
    house.apply(&staying("work", &json!({"job_count": 2, "cmds": ["one"]})));
    wait_for_jobs(&house, &["work-0", "work-1"]);
    house.wait_until_quiet();
    let before: Vec<_> = house.list("Job", "").iter().map(|job| job["spec"]["template"].clone()).collect();
    let mark = house.mark();
    change(&house, "goop", "work", &json!({"cmds": ["other"], "image": "busybox:2"}));
    house.wait_for_condition(KIND, "work", "Ready", "True");
    house.wait_until_quiet();
    let writes: Vec<_> =
        house.requests_since(&mark).into_iter().filter(|r| r.resource == "jobs" && r.is_write()).collect();
    assert!(writes.is_empty(), "{writes:?}");
    let after: Vec<_> = house.list("Job", "").iter().map(|job| job["spec"]["template"].clone()).collect();
    assert_eq!(after, before);
}
