//! What the host tells of Reconcilers in Events.

use innkeeper_suites::{House, uid};
use serde_json::Value;

/// The Events about a Reconciler, the oldest first.
pub(crate) fn told(house: &House, name: &str) -> Vec<Value> {
    let uid = uid(&house.get("Reconciler", name)).to_owned();
    // Those about cluster-scoped objects are in this namespace.
    let list = house.read("/apis/events.k8s.io/v1/namespaces/default/events").unwrap();
    let mut all: Vec<Value> =
        list["items"].as_array().unwrap().iter().filter(|event| event["regarding"]["uid"] == uid).cloned().collect();
    all.sort_by_key(|event| event["eventTime"].as_str().unwrap().to_owned());
    all
}

/// An Event of that type and reason, which says all these words.
pub(crate) fn is_told(house: &House, name: &str, (kind, reason): (&str, &str), words: &[&str]) -> Value {
    let mut found = Value::Null;
    house.eventually(&format!("it is told of {name}: {reason} {words:?}"), || {
        let all = told(house, name);
        let says = |event: &&Value| {
            let note = event["note"].as_str().unwrap_or_default();
            event["type"] == kind && event["reason"] == reason && words.iter().all(|word| note.contains(word))
        };
        match all.iter().find(says) {
            Some(event) => {
                found = event.clone();
                Ok(())
            }
            None => Err(format!("{all:#?}")),
        }
    });
    found
}
