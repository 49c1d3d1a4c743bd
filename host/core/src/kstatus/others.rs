//! Readiness of Job, Pod, Service, PersistentVolumeClaim and CustomResourceDefinition.

use serde_json::Value;

use super::{Readiness, at, condition, count, current, failed, in_progress, integer, of, text, waits};

/// Current as soon as it started, as in kstatus: a Job that runs is doing what it was asked to. Whoever
/// waits for its end looks at its condition `Complete`.
pub(super) fn job(object: &Value) -> Readiness {
    let holds = |name| condition(object, name).filter(|c| c.status == "True");
    let parallelism = integer(object, "/spec/parallelism").unwrap_or(1);
    let wanted = integer(object, "/spec/completions").unwrap_or(parallelism);
    let (succeeded, failures) = (count(object, "/status/succeeded"), count(object, "/status/failed"));
    if holds("Complete").is_some() {
        return current(of(succeeded, wanted, "Pod", "done"));
    }
    if let Some(end) = holds("Failed") {
        return failed(end.words());
    }
    if holds("Suspended").is_some() {
        return current("it is suspended");
    }
    if text(object, "/status/startTime").is_none() {
        return in_progress("it has not started yet");
    }
    let active = count(object, "/status/active");
    current(format!("it runs: {active} active, {succeeded} succeeded, {failures} failed"))
}

/// Failed when it failed, or when a container keeps crashing.
pub(super) fn pod(object: &Value) -> Readiness {
    match text(object, "/status/phase").unwrap_or_default() {
        "Succeeded" => current("its containers are done"),
        "Failed" => failed(first_of(object, ["/status/message", "/status/reason"], "a container ended with an error")),
        "Running" => {
            if condition(object, "Ready").is_some_and(|c| c.status == "True") {
                return current("its containers are ready");
            }
            let crashing = crashing(object);
            if crashing.is_empty() {
                in_progress("it runs, but is not ready")
            } else {
                failed(format!("a container keeps crashing: {}", crashing.join(", ")))
            }
        }
        "Pending" => match condition(object, "PodScheduled").filter(|c| c.status == "False") {
            Some(unscheduled) => waits(format!("no node for it yet: {}", unscheduled.words())),
            None => in_progress("its containers are not started yet"),
        },
        "" => in_progress("nothing has looked at it yet"),
        other => in_progress(format!("its phase is {other}")),
    }
}

/// A LoadBalancer needs a cluster IP; the address of the load balancer is not waited for, as in kstatus.
pub(super) fn service(object: &Value) -> Readiness {
    let balanced = text(object, "/spec/type") == Some("LoadBalancer");
    if balanced && text(object, "/spec/clusterIP").unwrap_or_default().is_empty() {
        return in_progress("it has no cluster IP yet");
    }
    current("it exists")
}

pub(super) fn claim(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        Some("Bound") => current("it is bound"),
        Some(phase) => waits(format!("it is not bound; its phase is {phase}")),
        None => in_progress("it is not bound; nothing has looked at it yet"),
    }
}

pub(super) fn definition(object: &Value) -> Readiness {
    if let Some(refused) = condition(object, "NamesAccepted").filter(|c| c.status == "False") {
        return failed(refused.words());
    }
    match condition(object, "Established") {
        Some(c) if c.status == "True" => current("it is established"),
        Some(c) if c.status == "False" && c.reason != "Installing" => failed(c.words()),
        _ => in_progress("it is being installed"),
    }
}

fn crashing(object: &Value) -> Vec<&str> {
    let statuses = at(object, "/status/containerStatuses").and_then(Value::as_array);
    let loops = |s: &&Value| text(s, "/state/waiting/reason") == Some("CrashLoopBackOff");
    statuses.into_iter().flatten().filter(loops).filter_map(|s| text(s, "/name")).collect()
}

fn first_of(object: &Value, pointers: [&str; 2], otherwise: &str) -> String {
    pointers.iter().find_map(|p| text(object, p)).filter(|t| !t.is_empty()).unwrap_or(otherwise).to_owned()
}
