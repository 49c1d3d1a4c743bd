//! Events in a real API server.

use std::sync::Arc;

use innkeeper_cluster::Cluster;
use innkeeper_core::action::{Action, Done};
use innkeeper_core::contract::{Event, EventType};
use innkeeper_core::kind::Kind;
use innkeeper_core::object::Object;
use innkeeper_core::store;
use innkeeper_core::watch::Watch;
use serde_json::{Value, json};

use crate::real::{self, namespace};
use crate::things::{config_map, namespace_at, object};

#[tokio::test]
async fn an_event_said_again_is_counted() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "event").await;
    let about = made(&cluster, &ns).await;
    let event = Event {
        kind: EventType::Warning,
        reason: "Conflict".into(),
        action: "Apply".into(),
        message: "ä".repeat(2000),
    };
    let say = said(&about, &event, 1);
    assert_eq!(cluster.act(&say).await, Done::Accepted);
    let found = events(&cluster, &ns).await;
    assert_eq!((found.len(), &found[0]["reason"], &found[0]["type"]), (1, &json!("Conflict"), &json!("Warning")));
    assert_eq!(found[0]["regarding"]["uid"], about.meta.uid.as_str());
    assert!(found[0].get("series").is_none());
    assert_eq!(cluster.act(&say).await, Done::Accepted);
    assert_eq!(cluster.act(&say).await, Done::Accepted);
    assert_eq!(events(&cluster, &ns).await[0]["series"]["count"], 3);
    // A host that was started anew finds it.
    let anew = real::cluster().await;
    assert_eq!(anew.act(&say).await, Done::Accepted);
    assert_eq!(events(&cluster, &ns).await[0]["series"]["count"], 4);
    assert_eq!(anew.act(&said(&about, &event, 4)).await, Done::Accepted);
    assert_eq!(events(&cluster, &ns).await[0]["series"]["count"], 8);
    let other = said(&about, &Event { message: "another".into(), action: String::new(), ..event }, 1);
    assert_eq!(cluster.act(&other).await, Done::Accepted);
    assert_eq!(events(&cluster, &ns).await.len(), 2);
}

#[tokio::test]
async fn an_event_about_a_cluster_scoped_object_is_recorded() {
    let cluster = real::cluster().await;
    let name = namespace(&cluster, "cluster-event").await;
    let about = object(cluster.act(&Action::Look(namespace_at(&name))).await).0;
    let event = Event { kind: EventType::Normal, reason: "Seen".into(), action: "Look".into(), message: "x".into() };
    assert_eq!(cluster.act(&said(&about, &event, 1)).await, Done::Accepted);
    let found = events(&cluster, "default").await;
    assert!(found.iter().any(|e| e["regarding"]["uid"] == about.meta.uid.as_str()));
}

#[tokio::test]
async fn an_event_said_again_is_one_request_and_three_for_a_host_that_was_started_anew() {
    let Some(cluster) = real::cluster_as("reporter", &["system:masters"]).await else { return };
    let ns = namespace(&cluster, "reporter").await;
    let about = made(&cluster, &ns).await;
    let event =
        Event { kind: EventType::Normal, reason: "Seen".into(), action: "Look".into(), message: "counted".into() };
    let say = said(&about, &event, 1);
    let audit = real::CONTROL_PLANE.audit().expect("an audit log");
    let mark = audit.mark().expect("a mark");
    cluster.act(&say).await;
    cluster.act(&say).await;
    let anew = real::cluster_as("reporter", &["system:masters"]).await.expect("the same user");
    anew.act(&say).await;
    let requests = audit.since(&mark).expect("the requests").by("reporter");
    let verbs: Vec<&str> = requests.iter().map(|r| r.verb.as_str()).collect();
    assert_eq!(verbs, ["create", "patch", "create", "get", "patch"]);
}

fn said(about: &Arc<Object>, event: &Event, times: u64) -> Action {
    Action::Event { about: about.clone(), event: event.clone(), times, related: None }
}

async fn made(cluster: &Cluster, namespace: &str) -> Arc<Object> {
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}});
    object(cluster.act(&Action::Create { at: config_map(namespace, "a"), manifest }).await).0
}

async fn events(cluster: &Cluster, namespace: &str) -> Vec<Value> {
    let resource = cluster.resolve(&Kind::new("events.k8s.io", "v1", "Event")).await;
    let resource = resource.expect("an answer").expect("it is served");
    let (sink, mut events) = tokio::sync::mpsc::channel(1000);
    let _handle = cluster.watch(Watch::all(resource), sink);
    let mut found = Vec::new();
    while let Some((_, event)) = events.recv().await {
        match event {
            store::Event::Seen(o) if o.key.namespace.as_deref() == Some(namespace) => found.push(o.value()),
            store::Event::Listed => break,
            _ => {}
        }
    }
    found
}
