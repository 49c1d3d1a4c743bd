//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Outcome, Policy};
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobStatus};
use serde_json::json;
use workers::{JobBuilder, JobBuilderSpec, JobBuilderStatus, Phase};

use crate::reconcile;

fn builder(image: &str) -> JobBuilder {
    let spec = JobBuilderSpec {
        script_urls: vec!["http://a/1.js".to_owned(), "http://a/it's $(rm) é.js".to_owned()],
        script_names: vec!["hello".to_owned(), "hello".to_owned()],
        target_image: image.to_owned(),
        worker_bundle_name: "acme".to_owned(),
    };
    JobBuilder::new("acme", spec)
}

fn job(outcome: &Outcome) -> Job {
    let name = outcome.wanted_children()[0].strip_prefix("Job/").unwrap().to_owned();
    outcome.wants(&name).unwrap()
}

fn with_end(image: &str, condition: &str) -> TestContext<JobBuilder> {
    let mut job = job(&reconcile(&Context::for_test(builder(image))).unwrap());
    let condition = JobCondition {
        type_: condition.to_owned(),
        status: "True".to_owned(),
        reason: Some("BackoffLimitExceeded".to_owned()),
        ..Default::default()
    };
    job.status = Some(JobStatus { conditions: Some(vec![condition]), failed: Some(1), ..Default::default() });
    Context::for_test(builder(image)).with_child(job)
}

fn phase(outcome: &Outcome) -> Phase {
    outcome.wanted_status::<JobBuilderStatus>().unwrap().phase
}

#[test]
fn what_a_user_wrote_is_an_argument_and_never_a_part_of_the_command() {
    let outcome = reconcile(&Context::for_test(builder("reg/acme:1"))).unwrap();
    let pod = job(&outcome).spec.unwrap().template.spec.unwrap();
    let command = pod.init_containers.unwrap().remove(0).command.unwrap();
    // To Kubernetes, $$( is a dollar and a bracket.
    assert_eq!(command[3..], ["download", "hello", "http://a/1.js", "hello", "http://a/it's $$(rm) é.js"]);
    assert!(pod.containers[0].args.as_ref().unwrap().contains(&"--destination=reg/acme:1".to_owned()));
}

#[test]
fn images_nodes_and_the_key_to_push_with_are_configuration() {
    let config = json!({"builder": "kaniko:x", "pushSecret": "key", "nodeSelector": {"builds": "here"}});
    let outcome = reconcile(&Context::for_test(builder("reg/acme:1")).with_config(&config)).unwrap();
    let pod = job(&outcome).spec.unwrap().template.spec.unwrap();
    assert_eq!(pod.containers[0].image.as_deref(), Some("kaniko:x"));
    assert_eq!(pod.node_selector.unwrap()["builds"], "here");
    let keys = pod.volumes.unwrap().into_iter().filter_map(|volume| volume.secret?.secret_name);
    assert_eq!(keys.collect::<Vec<_>>(), ["key"]);
}

#[test]
fn a_build_ends_when_its_job_does_and_that_is_remembered() {
    for (condition, ended) in
        [("Complete", Phase::Succeeded), ("Failed", Phase::Failed), ("Suspended", Phase::Building)]
    {
        let outcome = reconcile(&with_end("reg/acme:1", condition)).unwrap();
        assert_eq!(phase(&outcome), ended, "{condition}");
    }
    // The Job is gone after an hour.
    let mut object = builder("reg/acme:1");
    object.status = reconcile(&with_end("reg/acme:1", "Complete")).unwrap().wanted_status();
    let later = reconcile(&Context::for_test(object.clone())).unwrap();
    assert_eq!(phase(&later), Phase::Succeeded);
    assert_eq!(later.crossing().unwrap().children[0].policy, Policy::Keep);
    object.spec.target_image = "reg/acme:2".to_owned();
    assert_eq!(
        phase(&reconcile(&Context::for_test(object)).unwrap()),
        Phase::Building,
        "it says nothing of another image"
    );
}

#[test]
fn another_content_is_another_job() {
    let name = |image: &str| job(&reconcile(&Context::for_test(builder(image))).unwrap()).metadata.name;
    assert_ne!(name("reg/acme:1"), name("reg/acme:2"));
    assert_eq!(name("reg/acme:1"), name("reg/acme:1"));
}

#[test]
fn one_that_failed_says_why_in_the_jobs_words() {
    let outcome = reconcile(&with_end("reg/acme:1", "Failed")).unwrap();
    let built = outcome.wanted_condition("Built").unwrap();
    assert_eq!(built.status, Some(false));
    assert!(built.message.contains("BackoffLimitExceeded"), "{}", built.message);
}
