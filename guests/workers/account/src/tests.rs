//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Outcome};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::json;
use workers::{
    ACCOUNTS, JobBuilder, JobBuilderStatus, ORDER, Phase, SENT_AT, WorkerAccount, WorkerAccountSpec,
    WorkerAccountStatus, WorkerBundle, WorkerBundleSpec, WorkerDeployment, WorkerDeploymentSpec,
    WorkerDeploymentStatus, WorkerRelease, WorkerReleaseSpec,
};

use crate::reconcile;

fn account() -> WorkerAccount {
    let spec = json!({"workerBundleName": "acme-bundle", "workerReleaseSelector": {"matchLabels": {"accounts": "a1"}},
        "podTemplate": {"imagePullSecret": "key"}});
    let spec: WorkerAccountSpec = serde_json::from_value(spec).unwrap();
    WorkerAccount::new("acme", spec)
}

/// A release of that deployment, in its n-th version.
fn release(deployment: &str, script: &str, n: i64, sent: Option<&str>) -> WorkerRelease {
    let spec = WorkerReleaseSpec {
        script_name: script.to_owned(),
        script_urls: vec![format!("http://store/{script}/{n}.js")],
        ..Default::default()
    };
    let mut release = WorkerRelease::new(&format!("{deployment}-{n}"), spec);
    release.metadata.labels = Some([(ACCOUNTS.to_owned(), "a1".to_owned())].into());
    let sent = sent.map(|at| (SENT_AT.to_owned(), at.to_owned()));
    release.metadata.annotations = Some(sent.into_iter().chain([(ORDER.to_owned(), n.to_string())]).collect());
    let owner = OwnerReference { uid: deployment.to_owned(), controller: Some(true), ..Default::default() };
    release.metadata.owner_references = Some(vec![owner]);
    release
}

fn with(object: WorkerAccount, releases: &[WorkerRelease]) -> TestContext<WorkerAccount> {
    releases.iter().fold(Context::for_test(object), |cx, release| cx.with(release.clone()))
}

fn builder(outcome: &Outcome) -> JobBuilder {
    outcome.wants("acme").unwrap()
}

/// What comes of it when that build has ended, or has not.
fn after(object: WorkerAccount, releases: &[WorkerRelease], phase: Phase, generation: i64) -> Outcome {
    let mut built = builder(&reconcile(&with(object.clone(), releases)).unwrap());
    built.metadata.generation = Some(2);
    let image = built.spec.target_image.clone();
    let status = JobBuilderStatus { observed_generation: Some(generation), image, phase, ..Default::default() };
    built.status = Some(status);
    reconcile(&with(object, releases).with_child(built)).unwrap()
}

/// The account once these releases are served.
fn serving(object: WorkerAccount, releases: &[WorkerRelease]) -> WorkerAccount {
    let status = after(object.clone(), releases, Phase::Succeeded, 2).wanted_status();
    WorkerAccount { status, ..object }
}

fn ports(outcome: &Outcome) -> Vec<(String, i32)> {
    let bundle: WorkerBundle = outcome.wants("acme-bundle").unwrap();
    bundle.spec.workers.into_iter().map(|worker| (worker.worker_name, worker.worker_number)).collect()
}

#[test]
fn an_account_without_releases_has_an_empty_bundle() {
    let outcome = reconcile(&Context::for_test(account())).unwrap();
    assert_eq!(outcome.wanted_children(), ["WorkerBundle/acme-bundle"]);
    let bundle: WorkerBundle = outcome.wants("acme-bundle").unwrap();
    assert_eq!((bundle.spec.deployment_name.as_str(), bundle.spec.workers.len()), ("acme-bundle", 0));
    assert_eq!(bundle.spec.pod_template.image_pull_secret.as_deref(), Some("key"));
}

#[test]
fn nothing_is_served_before_its_build_has_succeeded() {
    let releases = [release("hello", "hello", 1, None), release("bye", "bye", 1, None)];
    for (phase, generation) in [(Phase::Building, 2), (Phase::Failed, 2), (Phase::Succeeded, 1)] {
        let outcome = after(account(), &releases, phase, generation);
        assert!(ports(&outcome).is_empty(), "{phase:?} of generation {generation}");
    }
    let outcome = after(account(), &releases, Phase::Succeeded, 2);
    assert_eq!(ports(&outcome), [("bye".to_owned(), 8080), ("hello".to_owned(), 8081)]);
    assert_eq!(builder(&outcome).spec.script_names, ["bye", "hello"]);
}

#[test]
fn a_new_script_goes_to_the_end_and_the_image_before_is_named() {
    let mut releases = vec![release("hello", "hello", 1, None)];
    let object = serving(account(), &releases);
    let first = object.status.clone().unwrap().image;
    releases.push(release("bye", "bye", 1, None));
    assert_eq!(builder(&reconcile(&with(object.clone(), &releases)).unwrap()).spec.script_names, ["hello", "bye"]);
    let outcome = after(object, &releases, Phase::Succeeded, 2);
    assert_eq!(ports(&outcome), [("hello".to_owned(), 8080), ("bye".to_owned(), 8081)]);
    let annotations = outcome.wants::<WorkerBundle>("acme-bundle").unwrap().metadata.annotations.unwrap();
    assert_eq!(annotations.get("lastImage"), first.as_ref());
}

#[test]
fn a_script_that_goes_renumbers_the_others_only_with_their_image() {
    let releases = ["a", "b", "c"].map(|script| release(script, script, 1, None));
    let object = serving(account(), &releases);
    let left = [releases[0].clone(), releases[2].clone()];
    let building = after(object.clone(), &left, Phase::Building, 2);
    assert_eq!(ports(&building).len(), 3, "the old image is served with its own ports");
    let built = after(object, &left, Phase::Succeeded, 2);
    assert_eq!(ports(&built), [("a".to_owned(), 8080), ("c".to_owned(), 8081)]);
}

#[test]
fn of_one_script_the_newest_counts_in_whichever_order_they_came() {
    let url = |releases: &[WorkerRelease]| builder(&reconcile(&with(account(), releases)).unwrap()).spec.script_urls;
    let (early, late) = (Some("2026-01-01T00:00:01Z"), Some("2026-01-01T00:00:02Z"));
    let two = [release("x", "hello", 1, late), release("y", "hello", 2, early)];
    assert_eq!(url(&two), ["http://store/hello/1.js"]);
    let one = [release("x", "hello", 3, None), release("x", "hello", 2, None)];
    assert_eq!(url(&one), ["http://store/hello/3.js"]);
    let renamed = [release("x", "hello", 1, None), release("x", "bye", 2, None)];
    assert_eq!(url(&renamed), ["http://store/bye/2.js"], "the deployment has no script of the old name any more");
}

#[test]
fn the_image_follows_the_content_and_nothing_else() {
    let image = |release: WorkerRelease| builder(&reconcile(&with(account(), &[release])).unwrap()).spec.target_image;
    let one = || release("hello", "hello", 1, None);
    let changed = |change: fn(&mut WorkerReleaseSpec)| {
        let mut release = one();
        change(&mut release.spec);
        image(release)
    };
    let first = image(one());
    assert!(first.starts_with("registry.default.svc.cluster.local:5000/default/acme:"), "{first}");
    assert_ne!(first, changed(|spec| spec.script_urls.push("http://store/more.js".to_owned())));
    assert_ne!(first, changed(|spec| spec.secret_ref = Some("vars".to_owned())));
    assert_ne!(first, changed(|spec| spec.compatibility_date = Some("2026-01-01".to_owned())));
    let mut same = one();
    same.metadata.name = Some("another".to_owned());
    assert_eq!(first, image(same));
}

#[test]
fn to_a_bundle_made_by_hand_it_contributes_image_and_workers_once_they_are_built() {
    let releases = [release("hello", "hello", 1, None)];
    let theirs = || WorkerBundle::new("acme-bundle", WorkerBundleSpec::default());
    let before = reconcile(&with(account(), &releases).with(theirs())).unwrap();
    assert_eq!(before.wanted_children(), ["JobBuilder/acme"]);
    assert!(before.crossing().unwrap().contributions.is_empty());
    let object = serving(account(), &releases);
    let image = object.status.clone().unwrap().image.unwrap();
    let wanted = reconcile(&with(object, &releases).with(theirs())).unwrap().crossing().unwrap();
    let contribution = &wanted.contributions[0];
    assert!(contribution.manifest.contains(&image) && contribution.manifest.contains("hello"));
    assert_eq!(contribution.take, ["spec.workers", "spec.podTemplate.image"]);
}

#[test]
fn of_a_bundle_made_by_hand_the_image_before_is_its_makers() {
    let releases = [release("hello", "hello", 1, None)];
    let mut theirs = WorkerBundle::new("acme-bundle", WorkerBundleSpec::default());
    theirs.spec.pod_template.image = Some("theirs:1".to_owned());
    let before = |bundle: &WorkerBundle| {
        let built = |cx: TestContext<WorkerAccount>| {
            let mut built = builder(&reconcile(&cx).unwrap());
            built.metadata.generation = Some(1);
            let (observed_generation, image) = (Some(1), built.spec.target_image.clone());
            let status = JobBuilderStatus { observed_generation, image, phase: Phase::Succeeded, ..Default::default() };
            built.status = Some(status);
            built
        };
        let cx = || with(account(), &releases).with(bundle.clone());
        let outcome = reconcile(&cx().with_child(built(cx()))).unwrap();
        outcome.wanted_status::<WorkerAccountStatus>().unwrap()
    };
    let served = before(&theirs);
    assert_eq!(served.last_image.as_deref(), Some("theirs:1"));
    // The same again, after the image was given and before the status was written.
    theirs.spec.pod_template.image = served.image;
    theirs.metadata.annotations = Some([("lastImage".to_owned(), "theirs:1".to_owned())].into());
    assert_eq!(before(&theirs).last_image.as_deref(), Some("theirs:1"));
}

#[test]
fn when_the_last_script_goes_the_workers_go() {
    let object = serving(account(), &[release("hello", "hello", 1, None)]);
    let outcome = reconcile(&Context::for_test(object)).unwrap();
    assert!(ports(&outcome).is_empty());
    let status: WorkerAccountStatus = outcome.wanted_status().unwrap();
    assert_eq!(status, WorkerAccountStatus::default());
}

#[test]
fn a_release_that_somebody_deleted_is_waited_for_while_its_deployment_is_there() {
    let object = serving(account(), &[release("hello", "hello", 1, None)]);
    let template = WorkerReleaseSpec { script_name: "hello".to_owned(), ..Default::default() };
    let mut deployment = WorkerDeployment::new("hello", WorkerDeploymentSpec { template, release_history_limit: 10 });
    deployment.metadata.uid = Some("hello".to_owned());
    let outcome = reconcile(&Context::for_test(object.clone()).with(deployment.clone())).unwrap();
    assert_eq!(ports(&outcome), [("hello".to_owned(), 8080)], "it is served on");
    assert_eq!(outcome.wanted_status::<WorkerAccountStatus>(), object.status);
    assert_eq!(outcome.crossing().unwrap().hold.unwrap().reason, "WaitingForRelease");
    // The release that counts is missing, and an older one is there: that one is not built.
    let mut counted = deployment.clone();
    counted.status = Some(WorkerDeploymentStatus { active_release: "hello-2".to_owned(), releases: 2 });
    let older = with(object.clone(), &[release("hello", "hello", 1, None)]).with(counted);
    assert_eq!(reconcile(&older).unwrap().crossing().unwrap().hold.unwrap().reason, "WaitingForRelease");
    // It has a release, but of another account.
    let mut elsewhere = release("hello", "hello", 2, None);
    elsewhere.metadata.labels = Some([(ACCOUNTS.to_owned(), "a2".to_owned())].into());
    assert!(ports(&reconcile(&with(object, &[elsewhere]).with(deployment)).unwrap()).is_empty());
}

#[test]
fn a_selector_that_is_none_is_named() {
    let mut object = account();
    object.spec.worker_release_selector.match_labels = Some([("a b".to_owned(), "c".to_owned())].into());
    let failure = reconcile(&Context::for_test(object)).err().unwrap().to_string();
    assert!(failure.contains("spec.workerReleaseSelector") && failure.contains("a b"), "{failure}");
}
