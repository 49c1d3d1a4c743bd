//! Is it ready? The rules of kstatus (sigs.k8s.io/cli-utils, `pkg/kstatus/status`), as a function of
//! the object alone.
//!
//! Where we differ, and why:
//! - A controller that reports `observedGeneration` and has not yet is not current, also with an empty
//!   status and no replicas wanted: nobody has looked at the object.
//! - A Pod that failed is `Failed`; kstatus calls it current because it is done.
//! - A Pod that cannot be scheduled is in progress and says so. kstatus calls it failed after 15 s;
//!   there is no clock here, and a node may still come.

mod apps;
mod others;

use serde_json::Value;

/// How far an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It is as its spec says.
    Current,
    /// Its controller is at work, or has not looked yet.
    InProgress,
    /// Its controller gave up.
    Failed,
    /// It is being deleted.
    Terminating,
}

/// A state and the reason, for people: `2 of 3 replicas are available`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The state.
    pub state: State,
    /// Why, in one line. Never empty.
    pub message: String,
    /// Whether the message will be another one soon, because it counts what a controller is at: what is told
    /// to others then says no more than [`NOT_YET`], so that not each count is a change that must be told.
    pub passing: bool,
}

/// What there is to say of an object while its controller is at work.
pub const NOT_YET: &str = "it is not ready yet";

impl Readiness {
    /// What keeps it from being ready, in words that stay until that changes; empty if nothing does.
    pub fn lasting(&self) -> &str {
        match self.state {
            State::Current => "",
            _ if self.passing => NOT_YET,
            _ => &self.message,
        }
    }
}

/// Tells how far an object is, from its text alone (status included).
///
/// First what holds for every kind: deletion, a generation that was not observed, the conditions
/// `Reconciling` and `Stalled`. Then the kind's own rule; for a kind without one, its condition `Ready`.
/// A kind that reports nothing is current as soon as it exists.
pub fn status(object: &Value) -> Readiness {
    generic(object).or_else(|| by_kind(object)).unwrap_or_else(|| by_ready(object))
}

fn generic(object: &Value) -> Option<Readiness> {
    if at(object, "/metadata/deletionTimestamp").is_some_and(|at| !at.is_null()) {
        return Some(terminating("it is being deleted"));
    }
    let generation = integer(object, "/metadata/generation");
    let observed = integer(object, "/status/observedGeneration");
    if let (Some(generation), Some(observed)) = (generation, observed)
        && generation != observed
    {
        return Some(in_progress(format!("generation {generation} is not observed yet (the last was {observed})")));
    }
    if let Some(reconciling) = condition(object, "Reconciling").filter(|c| c.status == "True") {
        return Some(waits(reconciling.words()));
    }
    condition(object, "Stalled").filter(|c| c.status == "True").map(|stalled| failed(stalled.words()))
}

fn by_kind(object: &Value) -> Option<Readiness> {
    let group = text(object, "/apiVersion")?.split_once('/').map_or("", |(group, _)| group);
    Some(match (group, text(object, "/kind")?) {
        ("apps" | "extensions", "Deployment") => observed(object).unwrap_or_else(|| apps::deployment(object)),
        ("apps", "StatefulSet") => observed(object).unwrap_or_else(|| apps::stateful_set(object)),
        ("apps" | "extensions", "DaemonSet") => observed(object).unwrap_or_else(|| apps::daemon_set(object)),
        ("apps" | "extensions", "ReplicaSet") => observed(object).unwrap_or_else(|| apps::replica_set(object)),
        ("policy", "PodDisruptionBudget") => {
            observed(object).unwrap_or_else(|| current("the allowed disruptions are computed"))
        }
        ("batch", "Job") => others::job(object),
        ("", "Pod") => others::pod(object),
        ("", "Service") => others::service(object),
        ("", "PersistentVolumeClaim") => others::claim(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => others::definition(object),
        ("", "ConfigMap" | "Secret" | "ServiceAccount") | ("batch", "CronJob") | ("rbac.authorization.k8s.io", _) => {
            current("it exists")
        }
        _ => return None,
    })
}

/// For controllers that always report the generation they observed: in progress until they have.
fn observed(object: &Value) -> Option<Readiness> {
    let missing = integer(object, "/status/observedGeneration").is_none();
    missing.then(|| in_progress("its controller has not looked at it yet"))
}

fn by_ready(object: &Value) -> Readiness {
    match condition(object, "Ready") {
        Some(ready) if ready.status == "True" => current(ready.words()),
        Some(ready) => waits(ready.words()),
        None => current("it exists"),
    }
}

/// A condition of the object's status.
struct Condition<'a> {
    name: &'a str,
    status: &'a str,
    reason: &'a str,
    message: &'a str,
}

impl Condition<'_> {
    /// The message, else the reason, else what the condition is.
    fn words(&self) -> String {
        match (self.message, self.reason) {
            ("", "") => format!("{} is {}", self.name, self.status),
            ("", reason) => reason.to_owned(),
            (message, _) => message.to_owned(),
        }
    }
}

fn condition<'a>(object: &'a Value, name: &str) -> Option<Condition<'a>> {
    let all = at(object, "/status/conditions")?.as_array()?;
    let found = all.iter().find(|c| c.get("type").and_then(Value::as_str) == Some(name))?;
    let part = |field: &str| found.get(field).and_then(Value::as_str).unwrap_or_default();
    Some(Condition { name: part("type"), status: part("status"), reason: part("reason"), message: part("message") })
}

/// What [`Value::pointer`] finds, of maps alone and without its copies of every name: this is asked for each event.
fn at<'a>(object: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(object, |map, field| map.get(field))
}

fn integer(object: &Value, pointer: &str) -> Option<i64> {
    at(object, pointer)?.as_i64()
}

fn count(object: &Value, pointer: &str) -> i64 {
    integer(object, pointer).unwrap_or_default()
}

fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    at(object, pointer)?.as_str()
}

fn readiness(state: State, message: impl Into<String>) -> Readiness {
    Readiness { state, message: message.into(), passing: false }
}

fn current(message: impl Into<String>) -> Readiness {
    readiness(State::Current, message)
}

/// Its controller is at work; how far it is changes from moment to moment.
fn in_progress(message: impl Into<String>) -> Readiness {
    Readiness { passing: true, ..readiness(State::InProgress, message) }
}

/// It waits for something that may take long, and has a name.
fn waits(message: impl Into<String>) -> Readiness {
    readiness(State::InProgress, message)
}

fn failed(message: impl Into<String>) -> Readiness {
    readiness(State::Failed, message)
}

fn terminating(message: impl Into<String>) -> Readiness {
    readiness(State::Terminating, message)
}

/// `1 of 3 replicas is available`.
fn of(some: i64, all: i64, what: &str, are: &str) -> String {
    let plural = if (some, all) == (1, 1) { "" } else { "s" };
    format!("{some} of {all} {what}{plural} {} {are}", if some == 1 { "is" } else { "are" })
}
