//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Outcome};
use workers::{
    ACCOUNTS, ORDER, SENT_AT, WorkerDeployment, WorkerDeploymentSpec, WorkerDeploymentStatus, WorkerRelease,
    WorkerReleaseSpec,
};

use crate::reconcile;

/// A deployment, as it is applied again and again, with the releases that came of it.
struct Life {
    deployment: WorkerDeployment,
    releases: Vec<WorkerRelease>,
}

impl Life {
    fn new(limit: i32) -> Self {
        let spec = WorkerDeploymentSpec { template: WorkerReleaseSpec::default(), release_history_limit: limit };
        let mut deployment = WorkerDeployment::new("hello", spec);
        deployment.metadata.labels = Some([(ACCOUNTS.to_owned(), "a1".to_owned())].into());
        deployment.metadata.generation = Some(0);
        Self { deployment, releases: Vec::new() }
    }

    /// Another url is applied; what the guest asks for is there then. Returns the urls of the releases.
    fn apply(&mut self, url: &str, sent: Option<&str>) -> Vec<String> {
        self.deployment.spec.template.script_name = "hello".to_owned();
        self.deployment.spec.template.script_urls = vec![url.to_owned()];
        self.deployment.metadata.annotations = sent.map(|at| [(SENT_AT.to_owned(), at.to_owned())].into());
        *self.deployment.metadata.generation.as_mut().unwrap() += 1;
        for _ in 0..2 {
            self.step();
        }
        let mut urls: Vec<String> = self.releases.iter().map(|r| r.spec.script_urls[0].clone()).collect();
        urls.sort();
        urls
    }

    fn step(&mut self) -> Outcome {
        let cx: TestContext<_> = Context::for_test(self.deployment.clone());
        let cx = self.releases.iter().fold(cx, |cx, release| cx.with_child(release.clone()));
        let outcome = reconcile(&cx).unwrap();
        let names = outcome.wanted_children();
        let name = |child: &String| child.strip_prefix("WorkerRelease/").unwrap().to_owned();
        self.releases = names.iter().map(|child| outcome.wants(&name(child)).unwrap()).collect();
        outcome
    }

    fn active(&mut self) -> String {
        let status: WorkerDeploymentStatus = self.step().wanted_status().unwrap();
        let is_it = |r: &&WorkerRelease| r.metadata.name.as_deref() == Some(&status.active_release);
        self.releases.iter().find(is_it).unwrap().spec.script_urls[0].clone()
    }
}

#[test]
fn each_template_is_released_and_older_ones_stay() {
    let mut life = Life::new(10);
    assert_eq!(life.apply("a", None), ["a"]);
    assert_eq!(life.apply("b", None), ["a", "b"]);
    assert_eq!(life.active(), "b");
    assert_eq!(life.apply("a", None), ["a", "b"], "the same content is the same release");
    assert_eq!(life.active(), "a");
    let labels = life.releases[0].metadata.labels.clone().unwrap();
    assert_eq!(labels[ACCOUNTS], "a1");
}

#[test]
fn the_oldest_go_first_and_the_active_one_never() {
    let mut life = Life::new(2);
    life.apply("a", None);
    life.apply("b", None);
    assert_eq!(life.apply("c", None), ["b", "c"]);
    assert_eq!(life.apply("b", None), ["b", "c"]);
    assert_eq!(life.apply("d", None), ["b", "d"], "c is older than b, which was active after it");
    life.deployment.spec.release_history_limit = 0;
    assert_eq!(life.apply("d", None), ["d"]);
    assert_eq!(life.apply("e", None), ["e"]);
}

#[test]
fn what_was_sent_earlier_and_arrives_later_is_history_at_once() {
    let mut life = Life::new(10);
    life.apply("b", Some("2026-01-01T00:00:02Z"));
    assert_eq!(life.apply("a", Some("2026-01-01T00:00:01Z")), ["a", "b"]);
    assert_eq!(life.active(), "b");
    life.apply("a", Some("2026-01-01T00:00:03Z"));
    assert_eq!(life.active(), "a", "sent again, it is the newest");
    life.apply("c", None);
    assert_eq!(life.active(), "c", "who says nothing of when is taken at his word");
    let mut life = Life::new(0);
    life.apply("b", Some("2026-01-01T00:00:02Z"));
    assert_eq!(life.apply("a", Some("2026-01-01T00:00:01Z")), ["b"]);
}

#[test]
fn history_goes_along_to_another_account_with_what_it_holds() {
    let mut life = Life::new(10);
    life.apply("a", None);
    life.deployment.metadata.labels = Some([(ACCOUNTS.to_owned(), "a2".to_owned())].into());
    assert_eq!(life.apply("b", None), ["a", "b"]);
    assert!(life.releases.iter().all(|release| release.metadata.labels.as_ref().unwrap()[ACCOUNTS] == "a2"));
    let orders: Vec<_> =
        life.releases.iter().map(|release| &release.metadata.annotations.as_ref().unwrap()[ORDER]).collect();
    assert_eq!(orders, ["2", "1"]);
}

#[test]
fn a_changed_limit_changes_no_release() {
    let mut life = Life::new(10);
    life.apply("a", None);
    let before = life.releases[0].metadata.annotations.clone().unwrap()[ORDER].clone();
    life.deployment.spec.release_history_limit = 3;
    life.apply("a", None);
    assert_eq!(life.releases[0].metadata.annotations.clone().unwrap()[ORDER], before);
}

#[test]
fn a_time_that_is_none_is_named() {
    let mut life = Life::new(10);
    life.deployment.metadata.annotations = Some([(SENT_AT.to_owned(), "noon".to_owned())].into());
    let failure = reconcile(&Context::for_test(life.deployment.clone())).err().unwrap().to_string();
    assert!(failure.contains("noon") && failure.contains(SENT_AT), "{failure}");
}
