//! Watches of a server that misbehaves in the ways that API servers and networks do.

use std::sync::Arc;
use std::time::Duration;

use innkeeper_core::store::Event;
use innkeeper_core::watch::Watch;
use serde_json::json;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use crate::fake::{Fake, Reply, Request};
use crate::things::config_maps;

fn watch() -> Watch {
    Watch::children(config_maps())
}

fn is_watch(request: &Request) -> bool {
    request.line.contains("watch=true")
}

fn list(version: &str, names: &[&str]) -> Reply {
    let items: Vec<_> = names
        .iter()
        .map(|n| json!({"metadata": {"name": n, "namespace": "n", "uid": n, "resourceVersion": "1"}}))
        .collect();
    let list =
        json!({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": version}, "items": items});
    Reply::Answer("200 OK", vec![], list.to_string())
}

fn line(kind: &str, object: &str) -> String {
    format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n")
}

fn object(name: &str, version: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
           "metadata": {"name": name, "namespace": "n", "uid": name, "resourceVersion": version}})
    .to_string()
}

fn expired() -> String {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410, "reason": "Expired",
           "message": "too old resource version"})
    .to_string()
}

async fn next(events: &mut Receiver<(Watch, Event)>) -> String {
    let (_, event) = timeout(Duration::from_secs(20), events.recv()).await.expect("in time").expect("an event");
    let named = |word: &str, object: &Arc<innkeeper_core::object::Object>| format!("{word} {}", object.key.name);
    match event {
        Event::Begin => "begin".into(),
        Event::Listed => "listed".into(),
        Event::Seen(object) => named("seen", &object),
        Event::Gone(object) => named("gone", &object),
    }
}

async fn expect(events: &mut Receiver<(Watch, Event)>, wanted: &[&str]) {
    for one in wanted {
        assert_eq!(next(events).await, *one);
    }
}

#[tokio::test]
async fn a_list_is_a_quorum_read_and_its_items_say_what_they_are() {
    let fake = Fake::start(|request, _| match is_watch(request) {
        true => Reply::Open(line("DELETED", &object("a", "6")) + &line("ADDED", &object("b", "7"))),
        false => list("5", &["a"]),
    })
    .await;
    let (sink, mut events) = channel(10);
    let _handle = fake.cluster().await.watch(watch(), sink);
    assert_eq!(next(&mut events).await, "begin");
    let (_, first) = events.recv().await.expect("the first object");
    let Event::Seen(first) = first else { unreachable!("not an object: {first:?}") };
    assert!(first.text.contains(r#""kind":"ConfigMap""#) && first.text.contains(r#""apiVersion":"v1""#));
    expect(&mut events, &["listed", "gone a", "seen b"]).await;
    let requests = fake.requests();
    assert!(!requests[0].line.contains("resourceVersion"), "{}", requests[0].line);
    assert!(requests[0].line.contains("limit=1000"), "{}", requests[0].line);
    for wanted in ["watch=true", "allowWatchBookmarks=true", "resourceVersion=5"] {
        assert!(requests[1].line.contains(wanted), "{}", requests[1].line);
    }
    assert!(requests.iter().all(|r| r.line.contains("labelSelector=innkeeper.dev%2Fobject-uid")), "{requests:?}");
}

#[tokio::test]
async fn after_410_everything_is_listed_again_and_that_is_no_trouble() {
    let fake = Fake::start(|request, before| match (is_watch(request), before) {
        (true, 1) => Reply::Cut(line("ERROR", &expired())),
        (true, 3) => Reply::Answer("410 Gone", vec![], expired()),
        (true, _) => Reply::Open(String::new()),
        (false, 0) => list("5", &["a", "b"]),
        (false, _) => list("9", &["b"]),
    })
    .await;
    let (sink, mut events) = channel(10);
    let handle = fake.cluster().await.watch(watch(), sink);
    expect(&mut events, &["begin", "seen a", "seen b", "listed"]).await;
    expect(&mut events, &["begin", "seen b", "listed"]).await;
    assert!(handle.healthy(), "{:?}", handle.trouble());
    expect(&mut events, &["begin", "seen b", "listed"]).await;
}

#[tokio::test]
async fn a_watch_that_broke_is_resumed_where_it_stood() {
    let fake = Fake::start(|request, before| match (is_watch(request), before) {
        (false, _) => list("5", &[]),
        (true, 1) => Reply::Cut(line("ADDED", &object("a", "6")) + &line("MODI", "")),
        (true, 2) => Reply::Answer("503 Service Unavailable", vec![], "starting".into()),
        (true, _) => Reply::Open(line("DELETED", &object("a", "8"))),
    })
    .await;
    let (sink, mut events) = channel(10);
    let handle = fake.cluster().await.watch(watch(), sink);
    expect(&mut events, &["begin", "listed", "seen a", "gone a"]).await;
    assert!(handle.healthy() && handle.failures() > 0, "{:?}", handle.trouble());
    let requests = fake.requests();
    assert!(requests[2].line.contains("resourceVersion=6"), "{}", requests[2].line);
}

#[tokio::test]
async fn a_watch_that_may_not_be_says_so_until_it_may() {
    let denied = json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
                        "message": "configmaps is forbidden"});
    let fake = Fake::start(move |request, before| match (is_watch(request), before) {
        (false, 0..3) => Reply::Answer("403 Forbidden", vec![], denied.to_string()),
        (false, _) => list("5", &[]),
        (true, _) => Reply::Open(String::new()),
    })
    .await;
    let (sink, mut events) = channel(100);
    let handle = fake.cluster().await.watch(watch(), sink);
    while handle.healthy() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(handle.trouble().as_deref(), Some("it cannot be listed: configmaps is forbidden"));
    while next(&mut events).await != "listed" {}
    assert!(handle.healthy());
    assert_eq!(handle.failures(), 3);
}

#[tokio::test]
async fn a_server_that_ends_every_watch_at_once_is_not_stormed() {
    let fake = Fake::start(|request, _| match is_watch(request) {
        true => Reply::Answer("200 OK", vec![], String::new()),
        false => list("5", &[]),
    })
    .await;
    let (sink, mut events) = channel(10);
    let _handle = fake.cluster().await.watch(watch(), sink);
    expect(&mut events, &["begin", "listed"]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let watches = fake.requests().iter().filter(|r| is_watch(r)).count();
    assert!((2..=6).contains(&watches), "{watches} in 2 s");
}

#[tokio::test]
async fn an_object_that_makes_no_sense_counts_as_gone_and_keeps_no_other_waiting() {
    let odd =
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"odd","resourceVersion":"6","labels":{"a":1}}}"#;
    let lines = line("ADDED", odd) + &line("MODIFIED", odd) + &line("ADDED", &object("b", "7"));
    let fake = Fake::start(move |request, _| match is_watch(request) {
        true => Reply::Open(lines.clone()),
        false => list("5", &[]),
    })
    .await;
    let (sink, mut events) = channel(10);
    let _handle = fake.cluster().await.watch(watch(), sink);
    expect(&mut events, &["begin", "listed", "gone odd", "gone odd", "seen b"]).await;
}

#[tokio::test]
async fn dropping_the_handle_ends_the_watch() {
    let fake = Fake::start(|request, _| match is_watch(request) {
        true => Reply::Open(String::new()),
        false => list("5", &[]),
    })
    .await;
    let (sink, mut events) = channel(10);
    let handle = fake.cluster().await.watch(watch(), sink);
    expect(&mut events, &["begin", "listed"]).await;
    drop(handle);
    assert!(timeout(Duration::from_secs(5), events.recv()).await.expect("in time").is_none());
}

#[tokio::test]
async fn a_place_that_is_forgotten_again_and_again_is_a_trouble_and_no_storm() {
    let fake = Fake::start(|request, _| match is_watch(request) {
        true => Reply::Cut(line("ERROR", &expired())),
        false => list("5", &["a"]),
    })
    .await;
    let (sink, mut events) = channel(1000);
    let handle = fake.cluster().await.watch(watch(), sink);
    let until = tokio::time::Instant::now() + Duration::from_secs(8);
    while tokio::time::timeout_at(until, events.recv()).await.is_ok() {}
    // Each 0.5 s at first, as watches are paced; then less and less often.
    let lists = fake.requests().iter().filter(|r| !is_watch(r)).count();
    assert!((3..=8).contains(&lists), "{lists} lists");
    assert!(handle.failures() > 0, "somebody is told");
}

#[tokio::test]
async fn an_object_nested_too_deeply_counts_as_gone_until_it_can_be_read() {
    let deep = |version: &str| {
        let (open, close) = ("{\"a\":".repeat(200), "}".repeat(200));
        let managed = "\"metadata\":{\"managedFields\":[{\"manager\":\"m\"}],";
        let object = object("a", version).replacen("\"metadata\":{", managed, 1);
        object.replacen('{', &format!("{{\"spec\":{open}1{close},"), 1)
    };
    let fake = Fake::start(move |request, _| match is_watch(request) {
        true => Reply::Open(
            line("MODIFIED", &deep("6")) + &line("MODIFIED", &object("a", "7")) + &line("DELETED", &deep("8")),
        ),
        false => list("5", &["a"]),
    })
    .await;
    let (sink, mut events) = channel(10);
    let _handle = fake.cluster().await.watch(watch(), sink);
    expect(&mut events, &["begin", "seen a", "listed", "gone a", "seen a", "gone a"]).await;
}
