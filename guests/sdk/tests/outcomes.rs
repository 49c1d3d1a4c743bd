//! Asking for what should be, as a guest's author does it, and what crosses to the host.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use innkeeper_sdk::{Adopt, Context, Failure, Outcome, Policy};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service};
use kube::core::ObjectMeta;
use serde_json::{Value, json};

fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..Default::default() }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_manifest_names_its_kind_and_nothing_that_is_not_there() {
    let mut outcome = Outcome::new();
    outcome.child(ConfigMap { metadata: named("a"), ..Default::default() });
    outcome.child_json(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": null},
        "metadata": {"name": "b", "creationTimestamp": null}, "status": {}}));
    let children = outcome.crossing().unwrap().children;
    assert_eq!(
        json(&children[0].manifest),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})
    );
    assert_eq!(
        json(&children[1].manifest),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {}, "metadata": {"name": "b"}})
    );
}

#[test]
fn the_usual_lists_are_exclusive_unless_the_author_says_otherwise() {
    let mut outcome = Outcome::new();
    outcome.child(Service { metadata: named("a"), ..Default::default() });
    outcome.child(Service { metadata: named("b"), ..Default::default() }).shared("spec");
    outcome.child(Deployment { metadata: named("c"), ..Default::default() }).exclusive("spec.template");
    let exclusive: Vec<_> = outcome.crossing().unwrap().children.into_iter().map(|child| child.exclusive).collect();
    assert_eq!(exclusive, [vec!["spec.ports".to_owned()], vec![], vec!["spec.template".to_owned()]]);
}

#[test]
fn a_child_says_how_it_is_kept() {
    let mut outcome = Outcome::new();
    let child = outcome.child(Pod { metadata: named("a"), ..Default::default() });
    child.wave(2).policy(Policy::Recreate).adopt(Adopt::Earlier).release("spec.replicas");
    outcome.keep::<Pod>("b");
    let children = outcome.crossing().unwrap().children;
    assert_eq!((children[0].wave, children[0].policy, children[0].adopt), (2, Policy::Recreate, Adopt::Earlier));
    assert_eq!(children[0].release, ["spec.replicas"]);
    assert_eq!(children[1].policy, Policy::Keep);
    assert_eq!(json(&children[1].manifest), json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}}));
}

#[test]
fn nothing_is_said_of_what_a_kept_child_has_for_itself() {
    let mut outcome = Outcome::new();
    outcome.keep::<Service>("a");
    outcome.child(Service { metadata: named("b"), ..Default::default() }).release("spec.type").policy(Policy::Keep);
    for child in outcome.crossing().unwrap().children {
        assert!(child.exclusive.is_empty() && child.release.is_empty(), "{child:?}");
    }
}

#[test]
fn a_contribution_names_only_what_it_sets() {
    let mut outcome = Outcome::new();
    let contribution = outcome.contribute::<Deployment>("a");
    contribution.in_namespace("lab").annotation("example.com/owner", "me").take("spec.replicas");
    contribution.set("spec.replicas", 2).set("spec.template.spec.containers[name=app].image", "app:2");
    let wanted = outcome.crossing().unwrap().contributions.remove(0);
    let expected = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "a", "namespace": "lab", "annotations": {"example.com/owner": "me"}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}},
    });
    assert_eq!((json(&wanted.manifest), wanted.take), (expected, vec!["spec.replicas".to_owned()]));
}

#[test]
fn a_removal_means_one_very_object() {
    let mut outcome = Outcome::new();
    let pod = Pod { metadata: ObjectMeta { uid: Some("u1".to_owned()), ..named("a") }, ..Default::default() };
    outcome.remove(&pod).before_wave(1);
    let removal = outcome.crossing().unwrap().remove.remove(0);
    assert_eq!((removal.key.name.as_str(), removal.uid.as_str(), removal.before_wave), ("a", "u1", Some(1)));

    let mut outcome = Outcome::new();
    outcome.remove(&Pod { metadata: named("a"), ..Default::default() });
    assert!(outcome.crossing().is_err(), "no uid is known");
}

#[test]
fn the_status_crosses_without_what_is_the_hosts() {
    let mut outcome = Outcome::new();
    outcome.status(&json!({"nodes": [], "gone": null, "conditions": [], "observedGeneration": 3}));
    outcome.condition("Completed", None, "NotYet", "one Job runs");
    assert_eq!(outcome.wanted_condition("Completed").unwrap().status, None);
    assert_eq!(json(&outcome.crossing().unwrap().status.unwrap()), json!({"nodes": []}));
}

#[test]
fn a_path_that_cannot_be_read_is_said_so() {
    let mut outcome = Outcome::new();
    outcome.child(Service { metadata: named("a"), ..Default::default() }).exclusive("spec..ports");
    let Err(Failure::Invalid { message, .. }) = outcome.crossing() else { panic!("it was taken") };
    assert!(message.contains("spec..ports"), "{message}");
}

#[test]
fn an_earlier_condition_is_known() {
    let cx = Context::for_test(ConfigMap { metadata: named("a"), ..Default::default() }).with_condition("Done", true);
    assert_eq!(cx.condition("Done").unwrap().status, "True");
    assert!(cx.condition("Other").is_none());
}
