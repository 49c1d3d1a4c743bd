//! Deletion: finalizers, owners, namespaces, kinds.

use innkeeper_harness::server::{How, Propagation, Server};
use serde_json::{Value, json};

use crate::cluster::{CRD, apply, at, cluster};

/// An owner, and one that it owns.
fn family(finalizers: &str) -> (Server, String) {
    let mut server = cluster();
    let owner = apply(
        &mut server,
        "they",
        &format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: owner, finalizers: [{finalizers}]}}}}"),
    )
    .unwrap();
    let uid = owner["metadata"]["uid"].as_str().unwrap().to_owned();
    let owners = format!("ownerReferences: [{{apiVersion: v1, kind: ConfigMap, name: owner, uid: {uid}}}]");
    apply(&mut server, "they", &format!("{{apiVersion: v1, kind: Secret, metadata: {{name: owned, {owners}}}}}"))
        .unwrap();
    (server, uid)
}

fn there(server: &Server, what: &str) -> bool {
    server.get(&at(server, what)).is_some()
}

#[test]
fn what_is_owned_goes_after_its_owner_before_it_or_not_at_all() {
    for (propagation, stays) in
        [(Propagation::Background, false), (Propagation::Foreground, false), (Propagation::Orphan, true)]
    {
        let (mut server, uid) = family("");
        let owner = at(&server, "ConfigMap/owner");
        server.delete(&owner, Some(&uid), propagation).unwrap();
        assert_eq!(there(&server, "ConfigMap/owner"), propagation == Propagation::Foreground);
        while server.collect() {}
        assert!(!there(&server, "ConfigMap/owner"));
        assert_eq!(there(&server, "Secret/owned"), stays, "{propagation:?}");
    }
}

#[test]
fn a_finalizer_holds_an_object_until_it_is_taken_away_and_no_other_comes() {
    let (mut server, _) = family("example.com/mine");
    let owner = at(&server, "ConfigMap/owner");
    server.delete(&owner, None, Propagation::Background).unwrap();
    while server.collect() {}
    assert!(server.get(&owner).unwrap()["metadata"]["deletionTimestamp"].is_string());
    assert!(there(&server, "Secret/owned"), "its owner is there still");
    let more = json!({"metadata": {"finalizers": ["example.com/mine", "example.com/more"]}});
    assert_eq!(server.merge(&owner, &more, &How::by("they")).unwrap_err().code, 422);
    server.merge(&owner, &json!({"metadata": {"finalizers": null}}), &How::by("they")).unwrap();
    while server.collect() {}
    assert!(!there(&server, "ConfigMap/owner") && !there(&server, "Secret/owned"));
}

#[test]
fn another_uid_is_a_conflict() {
    let (mut server, _) = family("");
    let owner = at(&server, "ConfigMap/owner");
    assert_eq!(server.delete(&owner, Some("other"), Propagation::Background).unwrap_err().code, 409);
}

#[test]
fn a_namespace_takes_along_what_is_in_it_and_takes_nothing_more_in() {
    let mut server = cluster();
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, namespace: shop, finalizers: [example.com/mine]}}";
    assert_eq!(apply(&mut server, "they", map).unwrap_err().message, "namespaces \"shop\" not found");
    server.ensure_namespace("shop");
    let made = apply(&mut server, "they", map).unwrap();
    let mut at_shop = server.address(&made, None).unwrap();
    let namespace = at(&server, "Namespace/shop");
    server.delete(&namespace, None, Propagation::Background).unwrap();
    while server.collect() {}
    assert!(
        server.get(&at_shop).unwrap()["metadata"]["deletionTimestamp"].is_string() && there(&server, "Namespace/shop")
    );
    assert_eq!(apply(&mut server, "they", &map.replace("name: m", "name: n")).unwrap_err().code, 403);
    server.merge(&at_shop, &json!({"metadata": {"finalizers": null}}), &How::by("they")).unwrap();
    while server.collect() {}
    assert!(!there(&server, "Namespace/shop"));
    at_shop.name = "n".to_owned();
    assert_eq!(server.get(&at_shop), None);
}

#[test]
fn a_kind_takes_its_objects_along_and_is_not_served_any_more() {
    let mut server = cluster();
    apply(&mut server, "they", CRD).unwrap();
    apply(&mut server, "they", "{apiVersion: example.com/v1, kind: Inn, metadata: {name: i}}").unwrap();
    let crd = at(&server, "CustomResourceDefinition/inns.example.com");
    server.delete(&crd, None, Propagation::Background).unwrap();
    while server.collect() {}
    assert!(server.called("Inn").is_err());
    let left: Vec<&Value> = server.all().filter(|object| object["kind"] == "Inn").collect();
    assert!(left.is_empty(), "{left:?}");
}
