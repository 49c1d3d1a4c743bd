//! Once on every node.

use innkeeper_sdk::testing::TestContext;
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetStatus};
use serde_json::{Value, json};

use super::{goop, goop_with, holds, outcome, status};
use crate::types::Goop;

fn spec() -> Value {
    json!({"distributed": true, "cmds": ["one", "$(two)"]})
}

fn set(nodes: i32, ready: i32) -> DaemonSet {
    let mut set: DaemonSet = outcome(&goop(&spec())).wants("g").unwrap();
    set.metadata.generation = Some(2);
    set.status = Some(DaemonSetStatus {
        observed_generation: Some(2),
        desired_number_scheduled: nodes,
        updated_number_scheduled: Some(nodes),
        number_ready: ready,
        ..Default::default()
    });
    set
}

fn with(set: DaemonSet) -> TestContext<Goop> {
    goop(&spec()).with_child(set)
}

#[test]
fn an_init_container_does_the_work_and_a_container_waits_on_every_node() {
    let outcome = outcome(&goop(&spec()));
    assert_eq!(outcome.wanted_children(), ["DaemonSet/g"]);
    let pod = outcome.wants::<DaemonSet>("g").unwrap().spec.unwrap().template.spec.unwrap();
    assert_eq!(pod.init_containers.unwrap()[0].args.as_ref().unwrap(), &["one", "$$(two)"]);
    assert_eq!(pod.containers[0].image.as_deref(), Some("registry.k8s.io/pause:3.10"));
    assert_eq!(pod.tolerations.unwrap()[0].operator.as_deref(), Some("Exists"));
}

#[test]
fn completed_means_that_every_scheduled_node_has_done_it() {
    assert!(holds(&with(set(2, 2)), "Completed"));
    assert!(!holds(&with(set(2, 1)), "Completed"));
    assert_eq!((status(&with(set(2, 1))).workers, status(&with(set(2, 1))).done), (2, 1));
    assert!(!holds(&with(set(0, 0)), "Completed"), "zero of zero nodes");
}

#[test]
fn an_empty_or_stale_status_is_no_completion() {
    let mut empty = set(2, 2);
    empty.status = Some(DaemonSetStatus::default());
    assert!(!holds(&with(empty), "Completed"));
    let mut earlier = set(2, 2);
    earlier.metadata.generation = Some(3);
    assert!(!holds(&with(earlier), "Completed"));
    let earlier: DaemonSet = outcome(&goop(&json!({"distributed": true, "cmds": ["x"]}))).wants("g").unwrap();
    let other = DaemonSet { status: set(2, 2).status, ..earlier };
    assert!(!holds(&with(other), "Completed"), "it speaks of other work");
    let mut rolling = set(2, 2);
    rolling.status.as_mut().unwrap().updated_number_scheduled = Some(1);
    assert!(!holds(&with(rolling), "Completed"));
}

#[test]
fn a_node_that_joins_later_takes_nothing_back_but_other_work_does() {
    let completed = status(&with(set(1, 1)));
    let before = json!({"completed_work": completed.completed_work});
    assert!(holds(&goop_with(&spec(), &before).with_child(set(2, 1)), "Completed"));
    let other = json!({"distributed": true, "cmds": ["other"]});
    assert!(!holds(&goop_with(&other, &before).with_child(set(2, 2)), "Completed"));
}
