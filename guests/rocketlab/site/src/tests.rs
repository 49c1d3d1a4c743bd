//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, reason = "a test")]

use innkeeper_sdk::Context;
use innkeeper_sdk::testing::TestContext;
use rocketlab_kinds::{Site, SiteSpec, SiteStatus, TmSource, TmSourceSpec, TmSourceStatus};

use crate::reconcile;

fn site(name: &str) -> TestContext<Site> {
    Context::for_test(Site::new(name, SiteSpec { enabled: true }))
}

fn source(name: &str, site: &str, phase: Option<&str>) -> TmSource {
    let mut source = TmSource::new(name, TmSourceSpec { site: site.to_owned(), metricname: "speed".to_owned() });
    source.metadata.uid = Some(format!("uid-of-{name}"));
    source.status = Some(TmSourceStatus { pod: None, phase: phase.map(str::to_owned) });
    source
}

#[test]
fn it_counts_the_sources_that_name_it_and_those_that_run() {
    let cx = site("moon").with(source("a", "moon", Some("Running"))).with(source("b", "moon", Some("Pending")));
    let cx = cx.with(source("c", "moon", None)).with(source("d", "mars", Some("Running")));
    let status: SiteStatus = reconcile(&cx).unwrap().wanted_status().unwrap();
    assert_eq!(status, SiteStatus { enabled: true, sources: 3, running: 1 });
}

#[test]
fn when_it_goes_its_own_sources_are_removed_and_waited_for() {
    let cx = site("moon").with(source("a", "moon", None)).with(source("b", "mars", None)).finalize();
    let wanted = reconcile(&cx).unwrap().crossing().unwrap();
    assert_eq!(wanted.remove.iter().map(|removal| removal.uid.as_str()).collect::<Vec<_>>(), ["uid-of-a"]);
    assert!(!wanted.finished);
    let cx = site("moon").with(source("b", "mars", None)).finalize();
    assert!(reconcile(&cx).unwrap().crossing().unwrap().finished);
}

#[test]
fn while_it_stays_nothing_is_removed() {
    let cx = site("moon").with(source("a", "moon", None));
    assert!(reconcile(&cx).unwrap().crossing().unwrap().remove.is_empty());
}
