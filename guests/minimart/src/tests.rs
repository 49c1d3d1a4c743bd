//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Outcome, State};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::Ingress;
use serde_json::{Value, json};

use crate::reconcile;
use crate::types::{Minimart, MinimartSpec, MinimartStatus};

fn shop(name: &str, values: Value) -> TestContext<Minimart> {
    let spec: MinimartSpec = serde_json::from_value(values).unwrap();
    Context::for_test(Minimart::new(name, spec))
}

fn outcome(values: Value) -> Outcome {
    reconcile(&shop("corner", values)).unwrap()
}

fn deployment(outcome: &Outcome) -> Value {
    serde_json::to_value(outcome.wants::<Deployment>("corner-minimart").unwrap()).unwrap()
}

fn fullname(name: &str, values: Value) -> String {
    reconcile(&shop(name, values)).unwrap().wanted_status::<MinimartStatus>().unwrap().fullname
}

#[test]
fn nothing_said_is_the_chart_as_it_comes() {
    let outcome = outcome(json!({}));
    let children = outcome.wanted_children();
    let all = ["ConfigMap", "Service", "Deployment", "ServiceAccount"].map(|kind| format!("{kind}/corner-minimart"));
    assert_eq!(children, all);
    let deployment = deployment(&outcome);
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert_eq!(container["image"], "samutup/minimart:1.0.1");
    assert_eq!(container["ports"][0]["containerPort"], 8002);
    for field in ["nodeSelector", "affinity", "tolerations", "imagePullSecrets", "securityContext"] {
        assert_eq!(deployment["spec"]["template"]["spec"][field], Value::Null, "{field} is empty, so not asked for");
    }
}

#[test]
fn values_go_deep_and_null_is_the_default() {
    let outcome = outcome(json!({
        "replicaCount": null, "image": {"tag": "2", "repository": null}, "service": {"port": 81},
        "apps": {"rest": {"bev": "/drinks"}}, "resources": {"limits": {"memory": "1Gi", "cpu": null}}, "unknown": {"a": 1},
    }));
    let deployment = deployment(&outcome);
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&container["image"], &deployment["spec"]["replicas"]), (&json!("samutup/minimart:2"), &json!(1)));
    assert_eq!(container["resources"], json!({"limits": {"memory": "1Gi"}}));
    let service = outcome.wants::<Service>("corner-minimart").unwrap().spec.unwrap();
    assert_eq!((service.type_.as_deref(), service.ports.unwrap()[0].port), (Some("ClusterIP"), 81));
    let data = outcome.wants::<ConfigMap>("corner-minimart").unwrap().data.unwrap();
    assert!(
        data["minimart.yaml"].contains("path: \"/minimart-stat\"") && data["minimart.yaml"].contains("\"/drinks\"")
    );
}

#[test]
fn a_path_with_quotes_and_line_breaks_stays_one_value_of_the_configuration() {
    let outcome = outcome(json!({"apps": {"rest": {"stat": "/a\"b\n  server: {}"}}}));
    let data = outcome.wants::<ConfigMap>("corner-minimart").unwrap().data.unwrap();
    assert!(data["minimart.yaml"].contains("    path: \"/a\\\"b\\n  server: {}\"\n"), "{}", data["minimart.yaml"]);
}

#[test]
fn the_fullname_is_what_helm_makes_of_it() {
    let long = "a".repeat(80);
    for (name, values, wanted) in [
        ("corner", json!({}), "corner-minimart"),
        ("my-minimart-2", json!({}), "my-minimart-2"),
        ("corner", json!({"nameOverride": "shop"}), "corner-shop"),
        ("shopping", json!({"nameOverride": "shop"}), "shopping"),
        ("corner", json!({"fullnameOverride": "other"}), "other"),
        (long.as_str(), json!({}), &long[..63]),
        (&format!("{}-b", "a".repeat(62)), json!({}), &long[..62]),
    ] {
        assert_eq!(fullname(name, values.clone()), wanted, "{name} {values}");
    }
}

#[test]
fn autoscaling_leaves_the_replicas_to_others_and_hands_over_what_runs() {
    let on = outcome(json!({"replicaCount": 4, "autoscaling": {"enabled": true, "minReplicas": 2}}));
    assert_eq!(deployment(&on)["spec"]["replicas"], Value::Null);
    let scaler = on.wants::<HorizontalPodAutoscaler>("corner-minimart").unwrap().spec;
    assert_eq!((scaler.min_replicas, scaler.max_replicas), (Some(2), 100));
    let crossing = on.crossing().unwrap();
    assert!(crossing.children.iter().any(|child| child.release == ["spec.replicas"]));
    assert_eq!(deployment(&outcome(json!({"replicaCount": 4})))["spec"]["replicas"], 4);
}

#[test]
fn the_service_account_is_made_named_or_left_out() {
    let account = |values: Value| {
        let outcome = outcome(json!({"serviceAccount": values}));
        let made = outcome.wanted_children().iter().find_map(|c| c.strip_prefix("ServiceAccount/").map(str::to_owned));
        (deployment(&outcome)["spec"]["template"]["spec"]["serviceAccountName"].clone(), made)
    };
    assert_eq!(account(json!({})), (json!("corner-minimart"), Some("corner-minimart".to_owned())));
    assert_eq!(account(json!({"name": "clerk"})), (json!("clerk"), Some("clerk".to_owned())));
    assert_eq!(account(json!({"create": false, "name": "clerk"})), (json!("clerk"), None));
    assert_eq!(account(json!({"create": false})), (json!("default"), None));
    let outcome = outcome(json!({"serviceAccount": {"annotations": {"a": "b", "c": null}}}));
    let annotations = outcome.wants::<ServiceAccount>("corner-minimart").unwrap().metadata.annotations.unwrap();
    assert_eq!((annotations.get("a").map(String::as_str), annotations.get("c")), (Some("b"), None));
}

#[test]
fn the_ingress_has_a_path_for_each_path_of_each_host() {
    let hosts = json!([{"host": "a.example", "paths": ["/x", "/y"]}, {"host": "b.example", "paths": []}]);
    let outcome = outcome(json!({"ingress": {"enabled": true, "hosts": hosts}}));
    let rules = outcome.wants::<Ingress>("corner-minimart").unwrap().spec.unwrap().rules.unwrap();
    let paths = |n: usize| -> Vec<Option<String>> {
        rules[n].http.as_ref().unwrap().paths.iter().map(|path| path.path.clone()).collect()
    };
    assert_eq!(paths(0), [Some("/x".to_owned()), Some("/y".to_owned())]);
    assert_eq!(paths(1), [Some("/".to_owned())]);
}

/// The outcome when every child is there as it was wanted.
fn with_children() -> TestContext<Minimart> {
    let wanted = outcome(json!({}));
    shop("corner", json!({}))
        .with_child(wanted.wants::<ConfigMap>("corner-minimart").unwrap())
        .with_child(wanted.wants::<Service>("corner-minimart").unwrap())
        .with_child(wanted.wants::<Deployment>("corner-minimart").unwrap())
        .with_child(wanted.wants::<ServiceAccount>("corner-minimart").unwrap())
}

fn conditions(cx: &TestContext<Minimart>) -> [Option<bool>; 3] {
    let outcome = reconcile(cx).unwrap();
    ["Initialized", "Deployed", "ReleaseFailed"].map(|kind| outcome.wanted_condition(kind).unwrap().status)
}

#[test]
fn it_is_deployed_when_every_child_is_there_as_wanted() {
    assert_eq!(conditions(&shop("corner", json!({}))), [Some(true), Some(false), Some(false)]);
    assert_eq!(conditions(&with_children()), [Some(true), Some(true), Some(false)]);
    let status: MinimartStatus = reconcile(&with_children()).unwrap().wanted_status().unwrap();
    let release = status.deployed_release.unwrap();
    assert_eq!((release.chart.as_str(), release.version.as_str()), ("minimart", "0.1.0"));
}

#[test]
fn a_release_that_failed_says_why_and_stays_so_until_it_is_decided() {
    let failed = shop("corner", json!({})).with_verdict::<Service>("corner-minimart", State::Failed, "no such port");
    let condition = reconcile(&failed).unwrap().wanted_condition("ReleaseFailed").unwrap();
    assert_eq!((condition.status, condition.message.as_str()), (Some(true), "Service corner-minimart: no such port"));
    // The host restarted: it knows nothing of the refusal, and a child is not there.
    let after = shop("corner", json!({})).with_condition("ReleaseFailed", true);
    assert_eq!(conditions(&after)[2], Some(true));
}
