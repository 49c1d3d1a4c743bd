//! Readiness of Deployment, StatefulSet, DaemonSet and ReplicaSet.

use serde_json::Value;

use super::{Readiness, condition, count, current, failed, in_progress, integer, of, text, waits};

/// Failed only when its progress deadline passed.
pub(super) fn deployment(object: &Value) -> Readiness {
    let progressing = condition(object, "Progressing");
    if let Some(stuck) = progressing.as_ref().filter(|c| c.reason == "ProgressDeadlineExceeded") {
        return failed(stuck.words());
    }
    let wanted = replicas(object);
    let (all, updated) = (count(object, "/status/replicas"), count(object, "/status/updatedReplicas"));
    let (available, ready) = (count(object, "/status/availableReplicas"), count(object, "/status/readyReplicas"));
    if wanted > all {
        return in_progress(of(all, wanted, "replica", "created"));
    }
    if wanted > updated {
        return in_progress(of(updated, wanted, "replica", "updated"));
    }
    if all > wanted {
        return in_progress(of(all - wanted, all, "replica", "still to go"));
    }
    if updated > available {
        return in_progress(of(available, updated, "replica", "available"));
    }
    if wanted > ready {
        return in_progress(of(ready, wanted, "replica", "ready"));
    }
    // Without a deadline (MaxInt32 means none) its controller writes no `Progressing`.
    let deadline = integer(object, "/spec/progressDeadlineSeconds").filter(|s| *s != i64::from(i32::MAX));
    let rolled_out = progressing.is_some_and(|c| c.status == "True" && c.reason == "NewReplicaSetAvailable");
    if deadline.is_some() && !rolled_out {
        return in_progress("its new ReplicaSet is not available yet");
    }
    if condition(object, "Available").is_none_or(|c| c.status != "True") {
        return in_progress("it is not available yet");
    }
    current(of(available, wanted, "replica", "available"))
}

/// Never failed: its controller reports no failure. With `OnDelete` a person does the rolling, so it is
/// current once observed.
pub(super) fn stateful_set(object: &Value) -> Readiness {
    if text(object, "/spec/updateStrategy/type") == Some("OnDelete") {
        return current("its Pods are updated when somebody deletes them (OnDelete)");
    }
    let wanted = replicas(object);
    let (all, ready) = (count(object, "/status/replicas"), count(object, "/status/readyReplicas"));
    if wanted > all {
        return in_progress(of(all, wanted, "replica", "created"));
    }
    if wanted > ready {
        return in_progress(of(ready, wanted, "replica", "ready"));
    }
    if all > wanted {
        return in_progress(of(all - wanted, all, "replica", "still to go"));
    }
    let updated = count(object, "/status/updatedReplicas");
    // The API server's default is partition 0: all of them.
    if let Some(partition) = integer(object, "/spec/updateStrategy/rollingUpdate/partition") {
        let due = (wanted - partition).max(0);
        if updated < due {
            return in_progress(of(updated, due, "replica", "updated"));
        }
        return current(of(ready, wanted, "replica", "ready"));
    }
    let now = count(object, "/status/currentReplicas");
    if wanted > now {
        return in_progress(of(now, wanted, "replica", "of the current revision"));
    }
    if text(object, "/status/currentRevision") != text(object, "/status/updateRevision") {
        return in_progress("its new revision is still rolling out");
    }
    current(of(ready, wanted, "replica", "ready"))
}

/// Measured against the nodes that should run it; no such node is fine.
pub(super) fn daemon_set(object: &Value) -> Readiness {
    let Some(wanted) = integer(object, "/status/desiredNumberScheduled") else {
        return in_progress("the number of nodes that should run it is not known yet");
    };
    let stages = [
        ("/status/currentNumberScheduled", "scheduled"),
        ("/status/updatedNumberScheduled", "updated"),
        ("/status/numberAvailable", "available"),
        ("/status/numberReady", "ready"),
    ];
    for (pointer, word) in stages {
        // With `OnDelete` nothing is updated until somebody deletes Pods.
        let manual = word == "updated" && text(object, "/spec/updateStrategy/type") == Some("OnDelete");
        if wanted > count(object, pointer) && !manual {
            return in_progress(of(count(object, pointer), wanted, "Pod", word));
        }
    }
    current(of(count(object, "/status/numberReady"), wanted, "Pod", "ready"))
}

/// In progress while its controller cannot create Pods: it keeps trying.
pub(super) fn replica_set(object: &Value) -> Readiness {
    if let Some(failure) = condition(object, "ReplicaFailure").filter(|c| c.status == "True") {
        return waits(failure.words());
    }
    let (wanted, all) = (replicas(object), count(object, "/status/replicas"));
    let stages = [
        ("/status/fullyLabeledReplicas", "labelled"),
        ("/status/availableReplicas", "available"),
        ("/status/readyReplicas", "ready"),
    ];
    for (pointer, word) in stages {
        if wanted > count(object, pointer) {
            return in_progress(of(count(object, pointer), wanted, "replica", word));
        }
    }
    if all > wanted {
        return in_progress(of(all - wanted, all, "replica", "still to go"));
    }
    current(of(count(object, "/status/availableReplicas"), wanted, "replica", "available"))
}

fn replicas(object: &Value) -> i64 {
    integer(object, "/spec/replicas").unwrap_or(1)
}
