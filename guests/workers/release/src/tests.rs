//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, reason = "a test")]

use innkeeper_sdk::Context;
use innkeeper_sdk::testing::TestContext;
use workers::{ACCOUNTS, WorkerAccount, WorkerAccountSpec, WorkerRelease, WorkerReleaseSpec, WorkerReleaseStatus};

use crate::reconcile;

fn release() -> WorkerRelease {
    let mut release = WorkerRelease::new("hello-1", WorkerReleaseSpec::default());
    release.metadata.labels = Some([(ACCOUNTS.to_owned(), "a1".to_owned())].into());
    release
}

fn account(id: &str) -> WorkerAccount {
    let mut account = WorkerAccount::new("acme", WorkerAccountSpec::default());
    account.metadata.labels = Some([(ACCOUNTS.to_owned(), id.to_owned())].into());
    account
}

#[test]
fn it_waits_for_its_account_and_for_no_other() {
    let held =
        |cx: TestContext<WorkerRelease>| reconcile(&cx).unwrap().crossing().unwrap().hold.map(|hold| hold.reason);
    let cx = || Context::for_test(release());
    assert_eq!(held(cx()).as_deref(), Some("WaitingForAccount"));
    assert_eq!(held(cx().with(account("a2"))).as_deref(), Some("WaitingForAccount"));
    assert_eq!(held(cx().with(account("a1"))), None);
    let status: WorkerReleaseStatus = reconcile(&cx().with(account("a1"))).unwrap().wanted_status().unwrap();
    assert_eq!(status.account.as_deref(), Some("acme"));
}

#[test]
fn one_that_is_nobodys_says_so() {
    let nobodys = WorkerRelease::new("hello-1", WorkerReleaseSpec::default());
    let hold = reconcile(&Context::for_test(nobodys)).unwrap().crossing().unwrap().hold.unwrap();
    assert_eq!(hold.reason, "NoAccount");
}
