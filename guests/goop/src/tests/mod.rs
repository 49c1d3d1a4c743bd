//! What the guest decides, called natively.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod jobs;
mod nodes;

use innkeeper_sdk::testing::TestContext;
use innkeeper_sdk::{Context, Failure, Outcome};
use serde_json::{Value, json};

use crate::reconcile;
use crate::types::{Goop, GoopStatus};

/// The object `g` with this spec and status.
fn goop_with(spec: &Value, status: &Value) -> TestContext<Goop> {
    let object = json!({"apiVersion": "goop.example.com/v1alpha1", "kind": "Goop", "metadata": {"name": "g"},
        "spec": spec, "status": status});
    Context::for_test(serde_json::from_value(object).unwrap())
}

fn goop(spec: &Value) -> TestContext<Goop> {
    goop_with(spec, &json!({}))
}

fn outcome(cx: &TestContext<Goop>) -> Outcome {
    reconcile(cx).unwrap()
}

fn status(cx: &TestContext<Goop>) -> GoopStatus {
    outcome(cx).wanted_status().unwrap()
}

fn holds(cx: &TestContext<Goop>, condition: &str) -> bool {
    outcome(cx).wanted_condition(condition).unwrap().status == Some(true)
}

#[test]
fn conditions_are_said_once_each_from_the_first_call_on() {
    for spec in [json!({}), json!({"distributed": true}), json!({"job_count": 0})] {
        let conditions = outcome(&goop(&spec)).crossing().unwrap().conditions;
        let kinds: Vec<_> = conditions.iter().map(|condition| condition.type_.as_str()).collect();
        assert_eq!(kinds, ["Initialized", "Deployed", "Completed", "Failed"]);
    }
}

#[test]
fn a_wrong_configuration_is_named() {
    let Err(Failure::Invalid { message, .. }) = reconcile(&goop(&json!({})).with_config(&json!({"imgae": "x"}))) else {
        panic!("a misspelt field of the configuration was taken")
    };
    assert!(message.contains("spec.config") && message.contains("imgae"), "{message}");
}
