//! Kubernetes Events: one object per thing to say, counted when it is said again.

mod manifest;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use innkeeper_core::action::Done;
use innkeeper_core::contract::Event;
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::object::Object;
use innkeeper_core::resource::Resource;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::{path, request};

/// How many Events' counts are remembered.
const REMEMBERED: usize = 4096;

/// How often each Event was said, so that saying it again is one request.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<HashMap<String, u64>>);

impl Counts {
    fn get(&self, at: &str) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(at).copied()
    }

    fn set(&self, at: &str, count: Option<u64>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= REMEMBERED {
            counts.clear();
        }
        match count {
            Some(count) => counts.insert(at.to_owned(), count),
            None => counts.remove(at),
        };
    }
}

/// Records an Event that was said so many times since it was recorded last. Its name follows from what it says,
/// so that the same again finds the first one, also after a restart of the host.
pub(crate) async fn record(
    cluster: &Cluster,
    about: &Object,
    event: &Event,
    times: u64,
    related: Option<&Key>,
) -> Done {
    let manifest = manifest::of(about, event, related, times, &now());
    let collection = path::collection(&resource(), Some(manifest::namespace(about)));
    let at = format!("{collection}/{}", manifest::name(about, event));
    if let Some(count) = cluster.counts().get(&at) {
        match again(cluster, &at, count + times).await {
            Done::NotFound(_) => cluster.counts().set(&at, None),
            done => return done,
        }
    }
    let created = match request::create(&collection, &manifest) {
        Ok(request) => cluster.ask(request).await,
        Err(e) => return Done::Invalid(e.to_string().into()),
    };
    match created.map(|answer| answer.accepted()) {
        Err(why) => Done::Unknown(why),
        // Its name is taken: it was said before this host started.
        Ok(Done::Conflict(_)) => match cluster.get(&at).await {
            Err(why) => Done::Unknown(why),
            Ok(answer) => {
                let found: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let count = found.pointer("/series/count").and_then(Value::as_u64).unwrap_or(1);
                if answer.status.is_success() { again(cluster, &at, count + times).await } else { answer.accepted() }
            }
        },
        Ok(Done::Accepted) => {
            cluster.counts().set(&at, Some(times));
            Done::Accepted
        }
        Ok(other) => other,
    }
}

async fn again(cluster: &Cluster, at: &str, count: u64) -> Done {
    let patch = json!({"series": {"count": count, "lastObservedTime": now()}});
    let request = match request::merge(at, false, &patch) {
        Ok(request) => request,
        Err(e) => return Done::Invalid(e.to_string().into()),
    };
    match cluster.ask(request).await {
        Err(why) => Done::Unknown(why),
        Ok(answer) => {
            let done = answer.accepted();
            if done == Done::Accepted {
                cluster.counts().set(at, Some(count));
            }
            done
        }
    }
}

fn resource() -> Resource {
    Resource { kind: Kind::new("events.k8s.io", "v1", "Event"), plural: "events".into(), namespaced: true }
}

/// Now, as meta/v1 MicroTime is written.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_written_with_microseconds() {
        let now = now();
        assert_eq!((now.len(), &now[19..20], &now[26..]), (27, ".", "Z"));
    }
}
