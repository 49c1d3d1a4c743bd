//! Watches: from a resourceVersion on, in order, with bookmarks, and 410; and a host that goes on after they broke off.

use innkeeper_core::watch::Watch;
use innkeeper_harness::server::{How, Propagation, Server, Told};
use innkeeper_harness::{Link, Story};
use serde_json::json;

use crate::cluster::{apply, at, cluster};
use crate::custom_http;

fn map(server: &mut Server, name: &str, value: &str) -> u64 {
    let text = format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{a: {value}}}}}");
    let made = apply(server, "they", &text).unwrap();
    made["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}

fn told(server: &mut Server) -> Vec<String> {
    std::iter::from_fn(|| server.next_told())
        .map(|(number, told)| match told {
            Told::Seen(object) => format!("{number} seen {} {}", object.key.name, object.value()["data"]["a"]),
            Told::Gone(object) => format!("{number} gone {}", object.key.name),
            Told::Bookmark(version) => format!("{number} up to {version}"),
        })
        .collect()
}

fn maps(server: &Server) -> Watch {
    Watch::all(at(server, "ConfigMap/m").resource)
}

#[test]
fn a_watch_goes_on_from_a_resource_version_in_the_order_of_the_writes() {
    let mut server = cluster();
    map(&mut server, "before", "one");
    let (listed, from) = server.listed(&maps(&server));
    assert_eq!((listed.len(), from), (1, server.version()));
    map(&mut server, "m", "one");
    map(&mut server, "n", "one");
    map(&mut server, "m", "two");
    apply(&mut server, "they", "{apiVersion: v1, kind: Secret, metadata: {name: other}}").unwrap();
    let n = at(&server, "ConfigMap/n");
    server.delete(&n, None, Propagation::Background).unwrap();
    let watch = maps(&server);
    server.watch(7, watch, from).unwrap();
    let last = map(&mut server, "m", "three");
    server.bookmark();
    let all = [
        r#"7 seen m "one""#.to_owned(),
        r#"7 seen n "one""#.to_owned(),
        r#"7 seen m "two""#.to_owned(),
        "7 gone n".to_owned(),
        r#"7 seen m "three""#.to_owned(),
        format!("7 up to {last}"),
    ];
    assert_eq!(told(&mut server), all);
}

#[test]
fn a_version_that_is_forgotten_is_gone_and_a_bookmark_saves_from_that() {
    let mut server = cluster();
    let from = map(&mut server, "m", "one");
    apply(&mut server, "they", "{apiVersion: v1, kind: Secret, metadata: {name: other}}").unwrap();
    server.forget();
    let (watch, now) = (maps(&server), server.version());
    let refused = server.watch(1, watch.clone(), from).unwrap_err();
    assert_eq!((refused.code, refused.message), (410, format!("too old resource version: {from} ({now})")));
    server.watch(1, watch.clone(), now).unwrap();
    server.bookmark();
    assert_eq!(told(&mut server), [format!("1 up to {now}")]);
}

#[test]
fn an_object_that_is_selected_no_more_is_gone_for_the_watch() {
    let mut server = cluster();
    let child = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, labels: {innkeeper.dev/object-uid: u}}}";
    apply(&mut server, "they", child).unwrap();
    let (watch, from) = (Watch::children(at(&server, "ConfigMap/m").resource), server.version());
    server.watch(1, watch, from).unwrap();
    let m = at(&server, "ConfigMap/m");
    server.merge(&m, &json!({"metadata": {"labels": null}}), &How::by("they")).unwrap();
    server.merge(&m, &json!({"data": {"a": "b"}}), &How::by("they")).unwrap();
    assert_eq!(told(&mut server), ["1 gone m"]);
}

const WEB: &str = include_str!("../../../../guests/custom-http/scenarios/objects/web.yaml");

#[test]
fn nothing_is_missed_that_happened_while_the_watches_were_broken_off() {
    for forgotten in [false, true] {
        let story = Story::of(custom_http())
            .when_applied(WEB)
            .then_condition("KindCustomHttp/web", "Ready", "True")
            .when_watches(Link::Break)
            .when_deleted("Service/web")
            .then_called("KindCustomHttp/web", 0)
            .when_patched("KindCustomHttp/web", json!({"spec": {"replicaCount": 5}}))
            .then_called("KindCustomHttp/web", 0)
            .then("Deployment/web", json!({"spec": {"replicas": 2}}));
        let story = if forgotten { story.when_watches(Link::Expire).then_absent("Service/web") } else { story };
        story
            .when_watches(Link::Resume)
            .then("Service/web", json!({"spec": {"ports": [{"port": 8090}]}}))
            .then("Deployment/web", json!({"spec": {"replicas": 5}}))
            .then_condition("KindCustomHttp/web", "Ready", "True");
    }
}

#[test]
fn a_list_that_shows_nothing_new_leads_to_no_write() {
    Story::of(custom_http())
        .when_applied(WEB)
        .when_watches(Link::Expire)
        .then_written(&[])
        .then_called("KindCustomHttp/web", 0)
        .when_seconds_pass(3_600)
        .when_watches(Link::Break)
        .when_watches(Link::Resume)
        .then_written(&[]);
}
