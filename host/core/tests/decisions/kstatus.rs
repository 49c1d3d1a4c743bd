//! Readiness, kind by kind, as sentences.

use innkeeper_core::kstatus::{State, status};
use serde_json::{Value, json};

use State::{Current, Failed, InProgress, Terminating};

/// An object of generation 2 that its controller has seen, with this spec and status.
fn object(api_version: &str, kind: &str, spec: Value, mut observed: Value) -> Value {
    if let Some(map) = observed.as_object_mut() {
        map.entry("observedGeneration").or_insert(json!(2));
    }
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "generation": 2}, "spec": spec, "status": observed})
}

fn says(object: &Value, state: State, message: &str) {
    let found = status(object);
    assert_eq!((found.state, found.message.as_str()), (state, message), "{object}");
}

fn condition(name: &str, status: &str, reason: &str, message: &str) -> Value {
    json!([{"type": name, "status": status, "reason": reason, "message": message}])
}

#[test]
fn deployments() {
    let conditions = json!([
        {"type": "Available", "status": "True"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    ]);
    let with = |all, updated, available, ready, conditions: &Value| {
        let status = json!({"replicas": all, "updatedReplicas": updated, "availableReplicas": available,
                            "readyReplicas": ready, "conditions": conditions});
        object("apps/v1", "Deployment", json!({"replicas": 3, "progressDeadlineSeconds": 600}), status)
    };
    says(&with(3, 3, 3, 3, &conditions), Current, "3 of 3 replicas are available");
    says(&with(2, 2, 2, 2, &conditions), InProgress, "2 of 3 replicas are created");
    says(&with(3, 1, 3, 3, &conditions), InProgress, "1 of 3 replicas is updated");
    says(&with(4, 3, 3, 3, &conditions), InProgress, "1 of 4 replicas is still to go");
    says(&with(8, 3, 3, 3, &conditions), InProgress, "5 of 8 replicas are still to go");
    says(&with(3, 3, 2, 3, &conditions), InProgress, "2 of 3 replicas are available");
    says(&with(3, 3, 3, 2, &conditions), InProgress, "2 of 3 replicas are ready");
    says(&with(3, 3, 3, 3, &json!([])), InProgress, "its new ReplicaSet is not available yet");
    let rolling = json!([{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}]);
    says(&with(3, 3, 3, 3, &rolling), InProgress, "its new ReplicaSet is not available yet");
    let unavailable = condition("Progressing", "True", "NewReplicaSetAvailable", "");
    says(&with(3, 3, 3, 3, &unavailable), InProgress, "it is not available yet");
    let stuck = condition("Progressing", "False", "ProgressDeadlineExceeded", "ReplicaSet \"a-1\" has timed out.");
    says(&with(3, 3, 0, 0, &stuck), Failed, "ReplicaSet \"a-1\" has timed out.");
    let without_deadline = json!({"replicas": 0, "progressDeadlineSeconds": i32::MAX});
    let available = json!({"conditions": condition("Available", "True", "", "")});
    says(&object("apps/v1", "Deployment", without_deadline, available), Current, "0 of 0 replicas are available");
}

#[test]
fn what_is_told_to_others_does_not_count_how_far_a_controller_is() {
    let rolling = |available| {
        let status = json!({"replicas": 3, "updatedReplicas": 3, "availableReplicas": available});
        object("apps/v1", "Deployment", json!({"replicas": 3}), status)
    };
    assert_ne!(status(&rolling(1)).message, status(&rolling(2)).message, "it is known");
    assert_eq!(status(&rolling(1)).lasting(), "it is not ready yet");
    assert_eq!(status(&rolling(1)).lasting(), status(&rolling(2)).lasting());
    let pending = json!({"phase": "Pending", "conditions": condition("PodScheduled", "False", "", "no GPU is left")});
    assert_eq!(status(&object("v1", "Pod", json!({}), pending)).lasting(), "no node for it yet: no GPU is left");
    assert_eq!(status(&object("v1", "ConfigMap", json!({}), json!({}))).lasting(), "", "nothing is waited for");
}

#[test]
fn what_nobody_has_looked_at_is_not_current() {
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] {
        for observed in [json!({}), Value::Null] {
            let fresh = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"generation": 1},
                               "spec": {"replicas": 0}, "status": observed});
            says(&fresh, InProgress, "its controller has not looked at it yet");
        }
    }
    let stale = object("apps/v1", "Deployment", json!({"replicas": 0}), json!({"observedGeneration": 1}));
    says(&stale, InProgress, "generation 2 is not observed yet (the last was 1)");
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"generation": 1}});
    says(&budget, InProgress, "its controller has not looked at it yet");
    says(
        &object("policy/v1", "PodDisruptionBudget", json!({}), json!({})),
        Current,
        "the allowed disruptions are computed",
    );
}

#[test]
fn stateful_sets() {
    let with = |strategy: Value, all, ready, current, updated| {
        let status = json!({"replicas": all, "readyReplicas": ready, "currentReplicas": current,
                            "updatedReplicas": updated, "currentRevision": "a", "updateRevision": "b"});
        object("apps/v1", "StatefulSet", json!({"replicas": 3, "updateStrategy": strategy}), status)
    };
    let partition = |at| json!({"type": "RollingUpdate", "rollingUpdate": {"partition": at}});
    says(&with(partition(0), 3, 3, 0, 3), Current, "3 of 3 replicas are ready");
    says(&with(partition(0), 3, 3, 2, 1), InProgress, "1 of 3 replicas is updated");
    says(&with(partition(2), 3, 3, 2, 1), Current, "3 of 3 replicas are ready");
    says(&with(partition(9), 3, 3, 3, 0), Current, "3 of 3 replicas are ready");
    says(&with(json!({}), 2, 2, 2, 2), InProgress, "2 of 3 replicas are created");
    says(&with(json!({}), 3, 1, 3, 3), InProgress, "1 of 3 replicas is ready");
    says(&with(json!({}), 4, 4, 3, 3), InProgress, "1 of 4 replicas is still to go");
    says(&with(json!({}), 8, 8, 3, 3), InProgress, "5 of 8 replicas are still to go");
    says(&with(json!({}), 3, 3, 2, 1), InProgress, "2 of 3 replicas are of the current revision");
    says(&with(json!({}), 3, 3, 3, 1), InProgress, "its new revision is still rolling out");
    says(
        &with(json!({"type": "OnDelete"}), 0, 0, 0, 0),
        Current,
        "its Pods are updated when somebody deletes them (OnDelete)",
    );
}

#[test]
fn daemon_sets_and_replica_sets() {
    let daemon = |status| object("apps/v1", "DaemonSet", json!({}), status);
    says(&daemon(json!({})), InProgress, "the number of nodes that should run it is not known yet");
    says(&daemon(json!({"desiredNumberScheduled": 0})), Current, "0 of 0 Pods are ready");
    let half = json!({"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1});
    says(&daemon(half), InProgress, "1 of 2 Pods is available");
    let outdated = json!({"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "updatedNumberScheduled": 1, "numberAvailable": 2, "numberReady": 2});
    says(&daemon(outdated.clone()), InProgress, "1 of 2 Pods is updated");
    let by_hand = |status| object("apps/v1", "DaemonSet", json!({"updateStrategy": {"type": "OnDelete"}}), status);
    says(&by_hand(outdated), Current, "2 of 2 Pods are ready");
    says(&by_hand(json!({"desiredNumberScheduled": 1})), InProgress, "0 of 1 Pods are scheduled");
    let set = |status| object("apps/v1", "ReplicaSet", json!({"replicas": 1}), status);
    let full = json!({"replicas": 1, "fullyLabeledReplicas": 1, "availableReplicas": 1, "readyReplicas": 1});
    says(&set(full), Current, "1 of 1 replica is available");
    says(&set(json!({"replicas": 1, "fullyLabeledReplicas": 1})), InProgress, "0 of 1 replicas are available");
    let more = json!({"replicas": 4, "fullyLabeledReplicas": 1, "availableReplicas": 1, "readyReplicas": 1});
    says(&set(more), InProgress, "3 of 4 replicas are still to go");
    let quota = condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota");
    says(&set(json!({"conditions": quota})), InProgress, "exceeded quota");
}

#[test]
fn jobs() {
    let job =
        |status: Value| json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"completions": 2}, "status": status});
    says(&job(json!({})), InProgress, "it has not started yet");
    let started = json!({"startTime": "2024-01-01T00:00:00Z", "active": 1, "succeeded": 1});
    says(&job(started), Current, "it runs: 1 active, 1 succeeded, 0 failed");
    let done = json!({"succeeded": 2, "conditions": condition("Complete", "True", "", "")});
    says(&job(done), Current, "2 of 2 Pods are done");
    let failed =
        json!({"failed": 7, "conditions": condition("Failed", "True", "BackoffLimitExceeded", "too many retries")});
    says(&job(failed), Failed, "too many retries");
    says(&job(json!({"conditions": condition("Suspended", "True", "", "")})), Current, "it is suspended");
}

#[test]
fn pods() {
    let pod = |status: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "status": status});
    says(&pod(json!({})), InProgress, "nothing has looked at it yet");
    says(&pod(json!({"phase": "Pending"})), InProgress, "its containers are not started yet");
    let nowhere = condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available");
    says(
        &pod(json!({"phase": "Pending", "conditions": nowhere})),
        InProgress,
        "no node for it yet: 0/1 nodes are available",
    );
    says(&pod(json!({"phase": "Running"})), InProgress, "it runs, but is not ready");
    let ready = condition("Ready", "True", "", "");
    says(&pod(json!({"phase": "Running", "conditions": ready})), Current, "its containers are ready");
    let crash = json!([{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}, {"name": "ok"}]);
    says(&pod(json!({"phase": "Running", "containerStatuses": crash})), Failed, "a container keeps crashing: app");
    says(&pod(json!({"phase": "Succeeded"})), Current, "its containers are done");
    says(&pod(json!({"phase": "Failed", "reason": "Evicted"})), Failed, "Evicted");
    says(&pod(json!({"phase": "Failed"})), Failed, "a container ended with an error");
}

#[test]
fn services_claims_definitions_and_plain_data() {
    let service = |spec: Value| json!({"apiVersion": "v1", "kind": "Service", "spec": spec});
    says(&service(json!({"type": "ClusterIP"})), Current, "it exists");
    says(&service(json!({"type": "LoadBalancer"})), InProgress, "it has no cluster IP yet");
    says(&service(json!({"type": "LoadBalancer", "clusterIP": "10.0.0.1"})), Current, "it exists");
    let claim = |status: Value| json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": status});
    says(&claim(json!({"phase": "Bound"})), Current, "it is bound");
    says(&claim(json!({"phase": "Pending"})), InProgress, "it is not bound; its phase is Pending");
    says(&claim(json!({})), InProgress, "it is not bound; nothing has looked at it yet");
    let crd = |conditions: Value| json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "status": {"conditions": conditions}});
    says(&crd(json!([])), InProgress, "it is being installed");
    says(&crd(condition("Established", "True", "", "")), Current, "it is established");
    says(&crd(condition("Established", "False", "Installing", "")), InProgress, "it is being installed");
    says(&crd(condition("Established", "False", "NotAccepted", "names are taken")), Failed, "names are taken");
    says(&crd(condition("NamesAccepted", "False", "PluralConflict", "\"a\" is in use")), Failed, "\"a\" is in use");
    for kind in ["ConfigMap", "Secret", "ServiceAccount"] {
        says(&json!({"apiVersion": "v1", "kind": kind, "metadata": {}}), Current, "it exists");
    }
}

#[test]
fn any_other_kind_is_judged_by_its_conditions() {
    let thing = |conditions: Value| object("t.dev/v1", "Thing", json!({}), json!({"conditions": conditions}));
    says(&thing(json!([])), Current, "it exists");
    says(&thing(condition("Ready", "True", "Up", "all is well")), Current, "all is well");
    says(&thing(condition("Ready", "False", "Starting", "")), InProgress, "Starting");
    says(&thing(condition("Ready", "Unknown", "", "")), InProgress, "Ready is Unknown");
    says(&thing(condition("Reconciling", "True", "Rolling", "half way")), InProgress, "half way");
    says(&thing(condition("Stalled", "True", "Invalid", "spec.size is wrong")), Failed, "spec.size is wrong");
    says(&thing(condition("Stalled", "False", "", "")), Current, "it exists");
    says(&json!({}), Current, "it exists");
}

#[test]
fn whatever_is_being_deleted_is_terminating() {
    for kind in ["Deployment", "ConfigMap", "Thing"] {
        let gone = json!({"apiVersion": "v1", "kind": kind, "metadata": {"deletionTimestamp": "2024-01-01T00:00:00Z"}});
        says(&gone, Terminating, "it is being deleted");
    }
}
