//! The conditions that the host writes on objects, by kstatus: Ready, Reconciling, Stalled.

use serde_json::{Map, Value, json};

use crate::contract::{Condition, ConditionStatus};
use crate::names::PAUSED;
use crate::object::Object;

/// Whether a condition type is the host's own.
pub fn is_the_hosts(kind: &str) -> bool {
    matches!(kind, "Ready" | "Reconciling" | "Stalled")
}

/// Leaves of a list of conditions those that are a guest's.
pub fn keep_the_guests(list: &mut Vec<Value>) {
    list.retain(|c| !c["type"].as_str().is_some_and(is_the_hosts));
}

/// How an object stands: the three conditions follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything is as it should be.
    Ready {
        /// How many children there are.
        children: usize,
    },
    /// It is on its way; nobody needs to do anything.
    Reconciling {
        /// Why, in CamelCase.
        reason: String,
        /// Why, for people.
        message: String,
    },
    /// A person asked for it to be left alone: nobody knows how it stands.
    Paused,
    /// It will not get further unless something changes.
    Stalled {
        /// Why, in CamelCase.
        reason: String,
        /// Why, for people.
        message: String,
    },
}

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It and its children are ready.
    Ready,
    /// It is on its way; why it is not there, for people.
    Waiting(String),
    /// It will not get further unless something changes; why, for people.
    Failed(String),
}

/// The longest message of a condition, in bytes. Events carry at most 1024 as well.
const LONGEST_MESSAGE: usize = 1024;

impl Standing {
    /// How far that is; none where nobody knows.
    pub fn health(&self) -> Option<Health> {
        match self {
            Self::Ready { .. } => Some(Health::Ready),
            Self::Reconciling { message, .. } => Some(Health::Waiting(message.clone())),
            Self::Paused => None,
            Self::Stalled { message, .. } => Some(Health::Failed(message.clone())),
        }
    }

    /// The three conditions.
    pub fn conditions(&self) -> [Condition; 3] {
        let one = |kind: &str, status, reason: &str, message: &str| Condition {
            kind: kind.into(),
            status,
            reason: reason.into(),
            message: shortened(message),
        };
        let (yes, no) = (ConditionStatus::True, ConditionStatus::False);
        match self {
            Self::Ready { children } => {
                let message = match children {
                    0 => "there is nothing to keep".to_owned(),
                    1 => "its child is ready".to_owned(),
                    n => format!("all {n} children are ready"),
                };
                [
                    one("Ready", yes, "ChildrenReady", &message),
                    one("Reconciling", no, "Settled", ""),
                    one("Stalled", no, "Settled", ""),
                ]
            }
            Self::Reconciling { reason, message } => [
                one("Ready", no, reason, message),
                one("Reconciling", yes, reason, message),
                one("Stalled", no, "Reconciling", ""),
            ],
            Self::Paused => {
                let message = format!("the annotation {PAUSED} says so: nothing is called, applied or deleted for it");
                [
                    one("Ready", ConditionStatus::Unknown, "Paused", &message),
                    one("Reconciling", no, "Paused", ""),
                    one("Stalled", no, "Paused", ""),
                ]
            }
            Self::Stalled { reason, message } => [
                one("Ready", no, reason, message),
                one("Reconciling", no, "Stalled", ""),
                one("Stalled", yes, reason, message),
            ],
        }
    }
}

/// Whether a person asked for an object to be left alone.
pub fn is_paused(object: &Object) -> bool {
    object.meta.annotations.get(PAUSED).is_some_and(|value| value != "false")
}

/// How an object stands, as the host's conditions in its status say; none where it has none.
pub fn health(status: &Value) -> Option<Health> {
    let all = status["conditions"].as_array()?;
    let holds = |kind: &str| all.iter().find(|c| c["type"] == kind && c["status"] == "True");
    let message = |condition: &Value| condition["message"].as_str().unwrap_or_default().to_owned();
    if let Some(stalled) = holds("Stalled") {
        return Some(Health::Failed(message(stalled)));
    }
    let ready = all.iter().find(|c| c["type"] == "Ready")?;
    Some(if ready["status"] == "True" { Health::Ready } else { Health::Waiting(message(ready)) })
}

/// A message within its bound.
pub fn shortened(message: &str) -> String {
    cut(message, LONGEST_MESSAGE)
}

/// At most so many bytes of a text, at least 4; a cut is marked.
pub fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most.saturating_sub(4)).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    format!("{} ...", &text[..end])
}

/// The list of conditions as it should be.
///
/// `set` are the conditions to write; of the others in `existing`, those stay that `stays` says. A
/// condition keeps its place and, while its status is the same, its lastTransitionTime.
pub fn merged(
    existing: &[Value],
    set: &[Condition],
    stays: impl Fn(&str) -> bool,
    generation: i64,
    now: &str,
) -> Vec<Value> {
    let mut list: Vec<Value> = Vec::new();
    for old in existing {
        let kind = old["type"].as_str().unwrap_or_default();
        match set.iter().find(|c| c.kind == kind) {
            Some(new) => list.push(written(new, Some(old), generation, now)),
            None if stays(kind) => list.push(old.clone()),
            None => {}
        }
    }
    for new in set {
        if !existing.iter().any(|old| old["type"] == new.kind.as_str()) {
            list.push(written(new, None, generation, now));
        }
    }
    list
}

fn written(new: &Condition, old: Option<&Value>, generation: i64, now: &str) -> Value {
    let status = new.status.to_string();
    let since = old.filter(|o| o["status"] == status.as_str()).and_then(|o| o["lastTransitionTime"].as_str());
    json!({
        "type": new.kind,
        "status": status,
        "observedGeneration": generation,
        "lastTransitionTime": since.unwrap_or(now),
        "reason": new.reason,
        "message": new.message,
    })
}

/// The JSON merge patch (RFC 7386) that makes `to` of `from`; none if they are the same.
pub fn merge_patch(from: &Value, to: &Value) -> Option<Value> {
    let (Value::Object(from), Value::Object(to)) = (from, to) else {
        return (from != to).then(|| to.clone());
    };
    let mut patch = Map::new();
    for (key, value) in to {
        match from.get(key) {
            Some(old) => patch.extend(merge_patch(old, value).map(|p| (key.clone(), p))),
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    patch.extend(from.keys().filter(|key| !to.contains_key(*key)).map(|key| (key.clone(), Value::Null)));
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// Lays a merge patch (RFC 7386) over a value.
pub fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else { return into.clone_from(patch) };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Some(map) = into.as_object_mut() else { return };
    for (key, value) in patch {
        match value {
            Value::Null => drop(map.remove(key)),
            value => merge(map.entry(key.as_str()).or_insert(Value::Null), value),
        }
    }
}

/// A moment as Kubernetes writes it: RFC 3339, seconds, UTC.
pub fn timestamp(now_ms: i64) -> String {
    jiff::Timestamp::from_second(now_ms.div_euclid(1000)).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_names_only_what_differs_and_removes_what_is_left_out() {
        let from = json!({"a": 1, "b": {"c": 2, "d": 3}, "gone": true});
        let to = json!({"a": 1, "b": {"c": 2, "d": 4}, "new": []});
        assert_eq!(merge_patch(&from, &to), Some(json!({"b": {"d": 4}, "gone": null, "new": []})));
        assert_eq!(merge_patch(&to, &to), None);
    }

    #[test]
    fn the_time_of_a_transition_stays_while_the_status_is_the_same() {
        let ready = Standing::Ready { children: 2 }.conditions();
        let first = merged(&[], &ready, |_| false, 1, "2026-01-01T00:00:00Z");
        let second = merged(&first, &ready, |_| false, 2, "2026-01-02T00:00:00Z");
        assert_eq!(second[0]["lastTransitionTime"], "2026-01-01T00:00:00Z");
        assert_eq!(second[0]["observedGeneration"], 2);
        let stalled = Standing::Stalled { reason: "Conflict".into(), message: "taken".into() }.conditions();
        let third = merged(&second, &stalled, |_| false, 2, "2026-01-03T00:00:00Z");
        assert_eq!(third[0]["lastTransitionTime"], "2026-01-03T00:00:00Z");
        assert_eq!(third[1]["lastTransitionTime"], "2026-01-01T00:00:00Z", "Reconciling was False before");
    }

    #[test]
    fn a_moment_is_written_as_kubernetes_does() {
        assert_eq!(timestamp(1_000), "1970-01-01T00:00:01Z");
    }
}
