//! What the controllers of workloads write into their status (Kubernetes 1.36), as far as readiness goes.

use serde_json::{Map, Value, json};

use super::Fate;

/// The status of an object that this becomes of.
pub(super) fn of(kind: &str, object: &Value, fate: &Fate, now: &str) -> Value {
    let mut status = match kind {
        "Deployment" | "ReplicaSet" => replicas(object, fate),
        "StatefulSet" => {
            let mut status = replicas(object, fate);
            let ready = status["readyReplicas"].clone();
            status["currentReplicas"] = status["replicas"].clone();
            status["currentRevision"] = "1".into();
            status["updateRevision"] = "1".into();
            status["availableReplicas"] = ready;
            status
        }
        "DaemonSet" => daemons(fate),
        "Job" => return job(object, fate, now),
        "Pod" => return pod(object, fate, now),
        _ => return claim(fate),
    };
    status["observedGeneration"] = object["metadata"]["generation"].clone();
    if kind == "Deployment" {
        status["conditions"] = deployment(object, fate, now);
    }
    without_zero(status)
}

fn replicas(object: &Value, fate: &Fate) -> Value {
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let ready = if *fate == Fate::Ready { wanted } else { 0 };
    json!({
        "replicas": wanted, "updatedReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready,
        "unavailableReplicas": wanted - ready,
    })
}

fn daemons(fate: &Fate) -> Value {
    let ready = i64::from(*fate == Fate::Ready);
    json!({
        "desiredNumberScheduled": 1, "currentNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": ready,
        "numberAvailable": ready, "numberMisscheduled": 0,
    })
}

fn deployment(object: &Value, fate: &Fate, now: &str) -> Value {
    let available = *fate == Fate::Ready || object["spec"]["replicas"] == 0;
    let mut conditions = vec![condition(
        object,
        "Available",
        available,
        if available { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" },
        if available {
            "Deployment has minimum availability."
        } else {
            "Deployment does not have minimum availability."
        },
        now,
    )];
    conditions.push(match fate {
        Fate::Fails { message, .. } => {
            condition(object, "Progressing", false, "ProgressDeadlineExceeded", message, now)
        }
        _ if available => condition(
            object,
            "Progressing",
            true,
            "NewReplicaSetAvailable",
            "The ReplicaSet has successfully progressed.",
            now,
        ),
        _ => condition(object, "Progressing", true, "ReplicaSetUpdated", "The ReplicaSet is progressing.", now),
    });
    conditions.into()
}

fn job(object: &Value, fate: &Fate, now: &str) -> Value {
    let started = object["status"]["startTime"].as_str().unwrap_or(now);
    let completions = object["spec"]["completions"].as_i64().unwrap_or(1);
    match fate {
        Fate::Ready => json!({
            "startTime": started, "succeeded": completions, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {},
            "completionTime": object["status"]["completionTime"].as_str().unwrap_or(now),
            "conditions": [
                condition(object, "SuccessCriteriaMet", true, "CompletionsReached", "Reached expected number of succeeded pods", now),
                condition(object, "Complete", true, "CompletionsReached", "Reached expected number of succeeded pods", now),
            ],
        }),
        Fate::Waits => {
            json!({"startTime": started, "active": 1, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}})
        }
        Fate::Fails { reason, message } => json!({
            "startTime": started, "failed": 1, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {},
            "conditions": [
                condition(object, "FailureTarget", true, reason, message, now),
                condition(object, "Failed", true, reason, message, now),
            ],
        }),
    }
}

fn pod(object: &Value, fate: &Fate, now: &str) -> Value {
    let (phase, ready) = match fate {
        Fate::Ready => ("Running", true),
        Fate::Waits => ("Pending", false),
        Fate::Fails { .. } => ("Failed", false),
    };
    let reason = if ready { "" } else { "ContainersNotReady" };
    let mut status = json!({
        "phase": phase, "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}], "startTime": object["status"]["startTime"].as_str().unwrap_or(now),
        "conditions": [condition(object, "PodScheduled", true, "", "", now), condition(object, "Ready", ready, reason, "", now)],
    });
    if let Fate::Fails { reason, message } = fate {
        status["reason"] = reason.as_str().into();
        status["message"] = message.as_str().into();
    }
    status
}

fn claim(fate: &Fate) -> Value {
    let phase = match fate {
        Fate::Ready => "Bound",
        Fate::Waits => "Pending",
        Fate::Fails { .. } => "Lost",
    };
    json!({"phase": phase})
}

/// A condition; one that is as it was keeps its time.
fn condition(object: &Value, kind: &str, holds: bool, reason: &str, message: &str, now: &str) -> Value {
    let status = if holds { "True" } else { "False" };
    let before = object.pointer("/status/conditions").and_then(Value::as_array);
    let same = before.into_iter().flatten().find(|one| one["type"] == kind && one["status"] == status);
    let since = same.and_then(|one| one["lastTransitionTime"].as_str()).unwrap_or(now);
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since})
}

/// Counts that are 0 are left out, as the Go types have them.
fn without_zero(status: Value) -> Value {
    let Value::Object(map) = status else { return status };
    let shown = |name: &str, value: &Value| {
        *value != 0
            || matches!(
                name,
                "desiredNumberScheduled"
                    | "currentNumberScheduled"
                    | "numberReady"
                    | "numberMisscheduled"
                    | "observedGeneration"
            )
    };
    Value::Object(map.into_iter().filter(|(name, value)| shown(name, value)).collect::<Map<_, _>>())
}
