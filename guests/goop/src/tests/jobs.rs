//! So many Jobs.

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Policy, State};
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobStatus};
use k8s_openapi::api::core::v1::Container;
use serde_json::json;

use super::{goop, goop_with, holds, outcome, status};
use crate::types::Goop;

fn container(job: &Job) -> Container {
    job.spec.as_ref().unwrap().template.spec.as_ref().unwrap().containers[0].clone()
}

fn args(cx: &TestContext<Goop>) -> Vec<String> {
    let outcome = outcome(cx);
    let jobs = outcome.wanted_children();
    let names = jobs.iter().map(|child| child.strip_prefix("Job/").unwrap());
    names.flat_map(|name| container(&outcome.wants(name).unwrap()).args.unwrap()).collect()
}

/// The Job of that name as this guest makes it, with this condition.
fn job(name: &str, condition: Option<&str>) -> Job {
    let count = name.rsplit_once('-').unwrap().1.parse::<i32>().unwrap() + 1;
    let mut job: Job = outcome(&goop(&json!({"job_count": count, "cmds": ["one"]}))).wants(name).unwrap();
    job.metadata.uid = Some(format!("uid-of-{name}"));
    let condition = condition.map(|kind| JobCondition {
        type_: kind.to_owned(),
        status: "True".to_owned(),
        reason: Some("Why".to_owned()),
        ..Default::default()
    });
    job.status = Some(JobStatus { conditions: condition.map(|one| vec![one]), ..Default::default() });
    job
}

/// What is asked for: each child's name and policy.
fn asked(cx: &TestContext<Goop>) -> Vec<(String, Policy)> {
    let wanted = outcome(cx).crossing().unwrap().children;
    let name = |manifest: &str| {
        let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
        manifest["metadata"]["name"].as_str().unwrap().to_owned()
    };
    let mut all: Vec<_> = wanted.iter().map(|child| (name(&child.manifest), child.policy)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn named(all: &[(&str, Policy)]) -> Vec<(String, Policy)> {
    all.iter().map(|(name, policy)| ((*name).to_owned(), *policy)).collect()
}

#[test]
fn there_are_as_many_jobs_as_asked_for() {
    assert_eq!(outcome(&goop(&json!({}))).wanted_children(), ["Job/g-0"]);
    assert_eq!(outcome(&goop(&json!({"job_count": 3}))).wanted_children(), ["Job/g-0", "Job/g-1", "Job/g-2"]);
    let none = goop(&json!({"job_count": 0}));
    assert!(outcome(&none).wanted_children().is_empty() && holds(&none, "Completed"), "as a Job without completions");
}

#[test]
fn each_prints_its_own_text_literally_and_in_turn() {
    let cx = goop(&json!({"job_count": 3, "cmds": ["a; rm -rf \"$HOME\" 'ü'", "$(date)"]}));
    assert_eq!(args(&cx), ["a; rm -rf \"$HOME\" 'ü'", "$$(date)", "a; rm -rf \"$HOME\" 'ü'"]);
    let job: Job = outcome(&cx).wants("g-0").unwrap();
    assert_eq!(container(&job).command.unwrap(), ["printf", "%s\\n"], "no shell");
    assert_eq!(args(&goop(&json!({"foo": "word"}))), ["word"]);
    assert_eq!(args(&goop(&json!({"job_count": 2}))), ["g-0", "g-1"], "without a text, a worker's name");
}

#[test]
fn the_image_is_the_specs_else_the_configurations() {
    let image = |cx: &TestContext<Goop>| container(&outcome(cx).wants("g-0").unwrap()).image.unwrap();
    assert_eq!(image(&goop(&json!({}))), "busybox");
    assert_eq!(image(&goop(&json!({})).with_config(&json!({"image": "b:1"}))), "b:1");
    assert_eq!(image(&goop(&json!({"image": "a:1"})).with_config(&json!({"image": "b:1"}))), "a:1");
}

#[test]
fn completed_means_that_all_jobs_say_so() {
    let cx = |second| {
        let cx = goop(&json!({"job_count": 2, "cmds": ["one"]})).with_child(job("g-0", Some("Complete")));
        cx.with_child(job("g-1", second))
    };
    for stale in [None, Some("Suspended"), Some("FailureTarget"), Some("SuccessCriteriaMet")] {
        assert!(!holds(&cx(stale), "Completed"), "{stale:?}");
    }
    assert!(holds(&cx(Some("Complete")), "Completed"));
    assert_eq!(status(&cx(Some("Complete"))).completed_indexes.as_deref(), Some("0-1"));
}

#[test]
fn what_completed_is_left_as_it_is_and_does_not_come_back() {
    let spec = json!({"job_count": 2, "cmds": ["one"]});
    let cx = goop(&spec).with_child(job("g-0", Some("Complete"))).with_child(job("g-1", None));
    assert_eq!(asked(&cx), named(&[("g-0", Policy::Keep), ("g-1", Policy::Apply)]));
    let gone = goop_with(&spec, &json!({"completed_indexes": "0-1"}));
    assert!(asked(&gone).is_empty() && holds(&gone, "Completed"));
    let before = goop_with(&spec, &json!({"completed_indexes": "0"}));
    assert_eq!(asked(&before), named(&[("g-1", Policy::Apply)]), "what went before it completed is made again");
}

#[test]
fn a_count_that_is_raised_or_lowered_touches_only_what_is_over() {
    let cx = |count: i32| {
        let cx = goop_with(&json!({"job_count": count, "cmds": ["one"]}), &json!({"completed_indexes": "0-1"}));
        cx.with_child(job("g-0", Some("Complete")))
            .with_child(job("g-1", Some("Complete")))
            .with_child(job("g-2", None))
    };
    assert_eq!(asked(&cx(4)).len(), 4);
    let lowered = named(&[("g-0", Policy::Keep), ("g-1", Policy::Keep)]);
    assert_eq!(asked(&cx(1)), lowered, "the one that runs goes, what completed stays");
    assert!(holds(&cx(1), "Completed") && !holds(&cx(4), "Completed"));
}

#[test]
fn a_job_that_another_spec_or_version_made_is_left_alone() {
    let cx = goop(&json!({"job_count": 2, "cmds": ["other"]})).with_child(job("g-0", None));
    assert_eq!(asked(&cx), named(&[("g-0", Policy::Keep), ("g-1", Policy::Apply)]));
    let mut unmarked = job("g-0", None);
    unmarked.metadata.annotations = None;
    assert_eq!(asked(&goop(&json!({"cmds": ["one"]})).with_child(unmarked)), named(&[("g-0", Policy::Keep)]));
}

#[test]
fn of_very_many_jobs_those_that_run_are_left_as_they_are() {
    let cx = |count: i32| goop(&json!({"job_count": count, "cmds": ["one"]})).with_child(job("g-0", None));
    assert_eq!(asked(&cx(100))[0], ("g-0".to_owned(), Policy::Apply));
    assert_eq!(asked(&cx(101))[0], ("g-0".to_owned(), Policy::Keep));
}

#[test]
fn a_worker_that_failed_for_good_is_named_and_nothing_completed() {
    let cx = goop(&json!({"job_count": 2, "cmds": ["one"]})).with_child(job("g-0", Some("Complete")));
    let cx = cx.with_child(job("g-1", Some("Failed"))).with_verdict::<Job>("g-1", State::Failed, "");
    let failed = outcome(&cx).wanted_condition("Failed").unwrap();
    assert_eq!((failed.status, failed.message.as_str()), (Some(true), "Job g-1: Why"));
    assert!(!holds(&cx, "Completed"));
}

#[test]
fn a_job_that_is_going_is_asked_for_again_by_the_spec_of_now() {
    let cx = goop(&json!({"cmds": ["two"]})).with_child(job("g-0", None));
    let cx = cx.with_verdict::<Job>("g-0", State::Deleting, "");
    assert_eq!(args(&cx), ["two"]);
    assert!(!holds(&cx, "Deployed"));
}

#[test]
fn a_thousand_long_texts_come_bit_by_bit() {
    let cx = goop(&json!({"job_count": 1000, "cmds": ["x".repeat(4096)]}));
    let wanted = outcome(&cx).crossing().unwrap();
    let size: usize = wanted.children.iter().map(|child| child.manifest.len()).sum();
    assert!(!wanted.children.is_empty() && size < 300_000, "{} of {size} bytes", wanted.children.len());
    assert!(wanted.hold.is_some());
}

#[test]
fn a_worker_has_few_rights_and_takes_little() {
    let job: Job = outcome(&goop(&json!({}))).wants("g-0").unwrap();
    let worker = container(&job);
    let context = worker.security_context.unwrap();
    assert_eq!((context.run_as_non_root, context.allow_privilege_escalation), (Some(true), Some(false)));
    assert_eq!(context.capabilities.unwrap().drop.unwrap(), ["ALL"]);
    assert_eq!(context.seccomp_profile.unwrap().type_, "RuntimeDefault");
    let resources = worker.resources.unwrap();
    assert_eq!((resources.requests.unwrap().len(), resources.limits.unwrap().len()), (2, 2));
}
