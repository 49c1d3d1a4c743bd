//! Kubernetes Events: one object per thing to say, counted when it is said again.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use innkeeper_core::action::Done;
use innkeeper_core::contract::{Event, EventType};
use innkeeper_core::kind::Kind;
use innkeeper_core::object::{Object, digest};
use innkeeper_core::resource::Resource;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::{path, request};

/// Who reports, as `reportingController`.
const REPORTER: &str = "innkeeper.dev/host";
/// The API server's bounds (validation of events.k8s.io/v1), in bytes.
const LONGEST_NOTE: usize = 1024;
const LONGEST_WORD: usize = 128;
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

/// Records an Event. Its name follows from what it says, so that the same again finds the first one.
pub(crate) async fn record(cluster: &Cluster, about: &Object, event: &Event) -> Done {
    let manifest = manifest(about, event, &now());
    let collection = path::collection(&resource(), Some(namespace(about)));
    let at = format!("{collection}/{}", name(about, event));
    if let Some(count) = cluster.counts().get(&at) {
        match again(cluster, &at, count + 1).await {
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
                if answer.status.is_success() { again(cluster, &at, count + 1).await } else { answer.accepted() }
            }
        },
        Ok(Done::Accepted) => {
            cluster.counts().set(&at, Some(1));
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

/// An Event is in the namespace of its object; of a cluster-scoped object, in `default` (validation of
/// events.k8s.io/v1).
fn namespace(about: &Object) -> &str {
    about.key.namespace.as_deref().unwrap_or("default")
}

fn manifest(about: &Object, event: &Event, now: &str) -> Value {
    let key = &about.key;
    let mut regarding = json!({
        "apiVersion": key.kind.api_version(),
        "kind": key.kind.kind,
        "name": key.name,
        "uid": about.meta.uid,
        "resourceVersion": about.meta.resource_version,
    });
    if let Some(namespace) = &key.namespace {
        regarding["namespace"] = namespace.as_str().into();
    }
    let kind = match event.kind {
        EventType::Normal => "Normal",
        EventType::Warning => "Warning",
    };
    json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name(about, event), "namespace": namespace(about)},
        "eventTime": now,
        "type": kind,
        "reason": word(&event.reason),
        "action": word(&event.action),
        "note": cut(&event.message, LONGEST_NOTE),
        "regarding": regarding,
        "reportingController": REPORTER,
        "reportingInstance": instance(),
    })
}

/// `<object's name>.<digest of what is said>`, a DNS subdomain whatever the object's name is.
fn name(about: &Object, event: &Event) -> String {
    let kind = format!("{:?}", event.kind);
    let said = [&about.meta.uid, &kind, &event.reason, &event.action, &event.message].map(|part| {
        // With its length, so that no two sayings have the same text.
        format!("{}:{part}", part.len())
    });
    let digest = digest(said.concat().as_bytes());
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' { c } else { '-' };
    let stem: String = about.key.name.to_ascii_lowercase().chars().map(plain).take(200).collect();
    let stem = stem.trim_matches('-');
    format!("{}.{}", if stem.is_empty() { "object" } else { stem }, &digest[7..23])
}

/// Reason and action must be there and short.
fn word(text: &str) -> String {
    cut(if text.is_empty() { "Unknown" } else { text }, LONGEST_WORD)
}

/// At most so many bytes; what is cut is marked.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most - 4).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    format!("{} ...", &text[..end])
}

/// Which of several hosts reports: the Pod's name, which is its host name too.
fn instance() -> &'static str {
    static INSTANCE: OnceLock<String> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        let said = ["POD_NAME", "HOSTNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let name = said.or_else(kernel).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        cut(&name.unwrap_or_else(|| "innkeeper".into()), LONGEST_WORD)
    })
}

/// Now, as meta/v1 MicroTime is written.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(name: &str, namespace: Option<&str>) -> Object {
        let namespace = namespace.map(|ns| format!(r#""namespace":"{ns}","#)).unwrap_or_default();
        let text = format!(
            r#"{{"apiVersion":"example.com/v1","kind":"Site","metadata":{{{namespace}"name":"{name}","uid":"u-1","resourceVersion":"7"}}}}"#
        );
        Object::parse(&text, None).expect("a Site")
    }

    fn event(message: &str) -> Event {
        Event { kind: EventType::Warning, reason: "Conflict".into(), action: "Apply".into(), message: message.into() }
    }

    #[test]
    fn the_same_said_twice_has_one_name_and_anything_else_another() {
        let site = about("moon", Some("shop"));
        let first = name(&site, &event("taken"));
        assert_eq!(first, name(&site, &event("taken")));
        assert!(first.starts_with("moon.") && first.len() == "moon.".len() + 16);
        assert_ne!(first, name(&site, &event("taken by another")));
        assert_ne!(first, name(&site, &Event { kind: EventType::Normal, ..event("taken") }));
        let moved = Event { reason: "Conflic".into(), action: "tApply".into(), ..event("taken") };
        assert_ne!(first, name(&site, &moved));
    }

    #[test]
    fn a_name_is_a_dns_subdomain_whatever_the_object_is_called() {
        for odd in ["system:node", "UPPER.case", &"long-".repeat(50), "-", "ends.-"] {
            let name = name(&about(odd, None), &event("x"));
            assert!(innkeeper_core::names::is_dns_subdomain(&name), "{name}");
        }
    }

    #[test]
    fn a_note_is_cut_between_characters_and_the_cut_is_marked() {
        let note = cut(&"ä".repeat(1000), LONGEST_NOTE);
        assert!(note.len() <= LONGEST_NOTE && note.ends_with("ä ..."));
        assert_eq!(cut("short", LONGEST_NOTE), "short");
    }

    #[test]
    fn an_event_about_a_cluster_scoped_object_is_in_the_namespace_default() {
        let made = manifest(&about("moon", None), &event("x"), "2026-01-01T00:00:00.000000Z");
        assert_eq!(made["metadata"]["namespace"], "default");
        assert!(made["regarding"].get("namespace").is_none());
        let made = manifest(&about("moon", Some("shop")), &event(""), "2026-01-01T00:00:00.000000Z");
        assert_eq!((&made["metadata"]["namespace"], &made["regarding"]["namespace"]), (&json!("shop"), &json!("shop")));
    }

    #[test]
    fn now_is_written_with_microseconds() {
        let now = now();
        assert_eq!((now.len(), &now[19..20], &now[26..]), (27, ".", "Z"));
    }
}
