//! A watch of a real API server.

use std::time::Duration;

use innkeeper_core::action::Action;
use innkeeper_core::names::OBJECT_UID;
use innkeeper_core::store::Event;
use innkeeper_core::watch::Watch;
use serde_json::json;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use crate::real::{self, namespace};
use crate::things::{config_map, config_maps, object};

async fn next(events: &mut Receiver<(Watch, Event)>, namespace: &str) -> (String, String) {
    loop {
        let (_, event) = timeout(Duration::from_secs(30), events.recv()).await.expect("in time").expect("an event");
        let (word, object) = match event {
            Event::Begin => return ("begin".into(), String::new()),
            Event::Listed => return ("listed".into(), String::new()),
            Event::Seen(object) => ("seen", object),
            Event::Gone(object) => ("gone", object),
        };
        // Other suites may use the same cluster.
        if object.key.namespace.as_deref() == Some(namespace) {
            return (format!("{word} {}", object.key.name), object.text.clone());
        }
    }
}

#[tokio::test]
async fn children_are_told_from_other_objects_by_their_label() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "watch").await;
    let apply = async |name: &str, label: Option<&str>, data: &str| {
        let mut manifest = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": ns}, "data": {"k": data}});
        if let Some(label) = label {
            manifest["metadata"]["labels"] = json!({OBJECT_UID: label});
        }
        let at = config_map(&ns, name);
        let done = cluster.act(&Action::Apply { at, manager: "m".into(), manifest, force: true }).await;
        assert!(matches!(done, innkeeper_core::action::Done::Object { .. }), "{done:?}");
    };
    apply("child", Some("u-1"), "1").await;
    apply("stranger", None, "1").await;
    let (sink, mut events) = channel(10);
    let watch = Watch::children(config_maps());
    let handle = cluster.watch(watch, sink);
    let mut word = async || next(&mut events, &ns).await;
    assert_eq!(word().await.0, "begin");
    let (first, text) = word().await;
    assert_eq!(first, "seen child");
    assert!(text.contains(r#""kind":"ConfigMap""#) && !text.contains("managedFields"), "{text}");
    assert_eq!(word().await.0, "listed");
    apply("stranger", None, "2").await;
    apply("child", Some("u-1"), "2").await;
    let (changed, text) = word().await;
    assert!(changed == "seen child" && text.contains(r#"{"k":"2"}"#), "{text}");
    apply("second", Some("u-1"), "1").await;
    assert_eq!(word().await.0, "seen second");
    apply("child", None, "2").await;
    assert_eq!(word().await.0, "gone child", "its label is gone");
    let at = config_map(&ns, "second");
    let (second, _) = object(cluster.act(&Action::Look(at.clone())).await);
    cluster.act(&Action::Delete { at, uid: second.meta.uid.clone() }).await;
    assert_eq!(word().await.0, "gone second");
    assert!(handle.healthy());
    assert_eq!(handle.failures(), 0);
}

#[tokio::test]
async fn where_metadata_is_enough_nothing_else_is_sent() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "metadata").await;
    let apply = async |name: &str, data: &str| {
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": ns}, "data": {"k": data}});
        let at = config_map(&ns, name);
        let done = cluster.act(&Action::Apply { at, manager: "m".into(), manifest, force: true }).await;
        assert!(matches!(done, innkeeper_core::action::Done::Object { .. }), "{done:?}");
    };
    apply("listed", "1").await;
    let (sink, mut events) = channel(100);
    let _handle = cluster.watch(Watch::metadata(config_maps()), sink);
    let mut seen = Vec::new();
    while seen.len() < 4 {
        seen.push(next(&mut events, &ns).await);
        if seen.len() == 3 {
            apply("told", "1").await;
        }
    }
    let words: Vec<_> = seen.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["begin", "seen listed", "listed", "seen told"]);
    for (_, text) in [&seen[1], &seen[3]] {
        assert!(text.contains(r#""kind":"ConfigMap""#) && text.contains(r#""apiVersion":"v1""#), "{text}");
        assert!(!text.contains(r#""data":"#) && !text.contains("managedFields"), "{text}");
    }
}
