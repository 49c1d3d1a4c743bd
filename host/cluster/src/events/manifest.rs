//! What an Event looks like as events.k8s.io/v1 has it.

use std::sync::OnceLock;

use innkeeper_core::conditions::cut;
use innkeeper_core::contract::{Event, EventType};
use innkeeper_core::kind::Key;
use innkeeper_core::object::{Object, digest};
use serde_json::{Value, json};

/// Who reports, as `reportingController`.
const REPORTER: &str = "innkeeper.dev/host";
/// The API server's bounds (validation of events.k8s.io/v1), in bytes.
const LONGEST_NOTE: usize = 1024;
const LONGEST_WORD: usize = 128;

/// An Event is in the namespace of its object; of a cluster-scoped object, in `default` (validation of
/// events.k8s.io/v1).
pub(super) fn namespace(about: &Object) -> &str {
    about.key.namespace.as_deref().unwrap_or("default")
}

/// An Event as it is created.
pub(super) fn of(about: &Object, event: &Event, related: Option<&Key>, times: u64, now: &str) -> Value {
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
    let mut event = json!({
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
    });
    if let Some(key) = related {
        event["related"] = json!({"apiVersion": key.kind.api_version(), "kind": key.kind.kind, "name": key.name});
        if let Some(namespace) = &key.namespace {
            event["related"]["namespace"] = namespace.as_str().into();
        }
    }
    // The API server takes a series of two at least.
    if times > 1 {
        event["series"] = json!({"count": times, "lastObservedTime": now});
    }
    event
}

/// `<object's name>.<digest of what is said>`, a DNS subdomain whatever the object's name is.
pub(super) fn name(about: &Object, event: &Event) -> String {
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
        let made = of(&about("moon", None), &event("x"), None, 1, "2026-01-01T00:00:00.000000Z");
        assert_eq!(made["metadata"]["namespace"], "default");
        assert!(made["regarding"].get("namespace").is_none());
        let made = of(&about("moon", Some("shop")), &event(""), None, 1, "2026-01-01T00:00:00.000000Z");
        assert_eq!((&made["metadata"]["namespace"], &made["regarding"]["namespace"]), (&json!("shop"), &json!("shop")));
    }
}
