//! Actions against a real API server: what it answers is what the core is told.

use std::sync::Arc;

use innkeeper_cluster::Cluster;
use innkeeper_core::action::{Action, Done};
use innkeeper_core::kind::Kind;
use innkeeper_core::object::Object;
use innkeeper_core::resource::Address;
use serde_json::{Value, json};

use crate::real::{self, namespace};
use crate::things::{config_map, object};

const MANAGER: &str = "innkeeper.Site.example.com";
/// The uid of nothing.
const NO_UID: &str = "11111111-0000-0000-0000-000000000000";

fn apply(at: &Address, data: Value, uid: Option<&str>, manager: &str, force: bool) -> Action {
    let mut manifest = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": at.name, "namespace": at.namespace}, "data": data});
    if let Some(uid) = uid {
        manifest["metadata"]["uid"] = uid.into();
    }
    Action::Apply { at: at.clone(), manager: manager.into(), manifest, force }
}

async fn made(cluster: &Cluster, at: &Address, data: Value) -> Arc<Object> {
    object(cluster.act(&apply(at, data, None, MANAGER, false)).await).0
}

#[tokio::test]
async fn an_apply_tells_created_from_existing_and_a_second_one_changes_nothing() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "apply").await;
    let at = config_map(&ns, "a");
    let (first, created) = object(cluster.act(&apply(&at, json!({"k": "v"}), None, MANAGER, false)).await);
    assert!(created && !first.text.contains("managedFields") && !first.meta.managed_fields.is_empty());
    assert_eq!(first.meta.managed_fields[0].manager, MANAGER);
    let (second, created) = object(cluster.act(&apply(&at, json!({"k": "v"}), None, MANAGER, true)).await);
    assert!(!created);
    assert_eq!(first.meta.resource_version, second.meta.resource_version);
    let (looked, created) = object(cluster.act(&Action::Look(at)).await);
    assert!(!created);
    assert_eq!(*looked, *second);
}

#[tokio::test]
async fn an_apply_with_the_uid_of_another_never_creates() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "uid").await;
    let at = config_map(&ns, "a");
    let done = cluster.act(&apply(&at, json!({"k": "v"}), Some(NO_UID), MANAGER, true)).await;
    assert!(matches!(done, Done::Conflict(_)), "{done:?}");
    assert!(matches!(cluster.act(&Action::Look(at.clone())).await, Done::NotFound(_)));
    let own = made(&cluster, &at, json!({"k": "v"})).await;
    let (_, created) = object(cluster.act(&apply(&at, json!({"k": "w"}), Some(&own.meta.uid), MANAGER, true)).await);
    assert!(!created);
    let done = cluster.act(&apply(&at, json!({"k": "x"}), Some(NO_UID), MANAGER, true)).await;
    assert!(matches!(&done, Done::Conflict(e) if e.contains("metadata.uid")), "{done:?}");
}

#[tokio::test]
async fn a_field_of_another_manager_is_a_conflict_that_names_it() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "conflict").await;
    let at = config_map(&ns, "a");
    made(&cluster, &at, json!({"k": "v"})).await;
    let done = cluster.act(&apply(&at, json!({"k": "mine"}), None, "somebody", false)).await;
    assert!(matches!(&done, Done::Conflict(e) if e.contains(MANAGER) && e.contains(".data.k")), "{done:?}");
    let done = cluster
        .act(&Action::Create {
            at: at.clone(),
            manifest: json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": ns}}),
        })
        .await;
    assert!(matches!(&done, Done::Conflict(e) if e.contains("already exists")), "{done:?}");
}

#[tokio::test]
async fn what_the_api_server_will_not_have_is_invalid_in_its_own_words() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "invalid").await;
    let at = config_map(&ns, "a");
    let mut unknown = apply(&at, json!({"k": "v"}), None, MANAGER, false);
    if let Action::Apply { manifest, .. } = &mut unknown {
        manifest["dota"] = json!({});
    }
    let done = cluster.act(&unknown).await;
    assert!(matches!(&done, Done::Invalid(e) if e.message.contains("dota")), "{done:?}");
    let done = cluster.act(&apply(&config_map(&ns, "Not_A_Name"), json!({}), None, MANAGER, false)).await;
    assert!(matches!(&done, Done::Invalid(e) if e.message.contains("RFC 1123")), "{done:?}");
    let big = "x".repeat(4 << 20);
    let done = cluster.act(&apply(&at, json!({"k": big}), None, MANAGER, false)).await;
    assert!(matches!(&done, Done::Invalid(_)), "{done:?}");
    let done = cluster.act(&apply(&config_map("nowhere", "a"), json!({}), None, MANAGER, false)).await;
    assert!(matches!(&done, Done::NotFound(e) if e.contains("nowhere")), "{done:?}");
    let Some(nobody) = real::cluster_as("nobody", &[]).await else { return };
    let done = nobody.act(&Action::Look(at)).await;
    assert!(matches!(&done, Done::Forbidden(e) if e.contains("cannot get")), "{done:?}");
}

#[tokio::test]
async fn a_delete_means_that_very_object() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "delete").await;
    let at = config_map(&ns, "a");
    let own = made(&cluster, &at, json!({})).await;
    let other = Action::Delete { at: at.clone(), uid: NO_UID.into() };
    let done = cluster.act(&other).await;
    assert!(matches!(&done, Done::Conflict(e) if e.contains("UID in the precondition")), "{done:?}");
    let delete = Action::Delete { at, uid: own.meta.uid.clone() };
    assert_eq!(cluster.act(&delete).await, Done::Accepted);
    assert!(matches!(cluster.act(&delete).await, Done::NotFound(_)));
}

#[tokio::test]
async fn patches_change_what_they_say_and_test_what_they_test() {
    let cluster = real::cluster().await;
    let ns = namespace(&cluster, "patch").await;
    let at = config_map(&ns, "a");
    let own = made(&cluster, &at, json!({"k": "v", "l": "w"})).await;
    let patch = |version: &str| Action::Patch {
        at: at.clone(),
        manager: MANAGER.into(),
        operations: json!([
            {"op": "test", "path": "/metadata/uid", "value": own.meta.uid},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
            {"op": "remove", "path": "/data/l"},
        ]),
    };
    let stale = cluster.act(&patch("1")).await;
    assert!(matches!(stale, Done::Conflict(_)), "{stale:?}");
    let (patched, _) = object(cluster.act(&patch(&own.meta.resource_version)).await);
    assert_eq!(patched.value()["data"], json!({"k": "v"}));
    let merge = Action::Merge { at, status: false, patch: json!({"metadata": {"labels": {"a": "b"}}}) };
    let (merged, _) = object(cluster.act(&merge).await);
    assert_eq!(merged.meta.labels.get("a"), Some("b"));
    assert!(merged.meta.managed_fields.iter().any(|m| m.manager == "innkeeper" && m.operation == "Update"));
}

#[tokio::test]
async fn a_name_with_a_colon_is_found() {
    let cluster = real::cluster().await;
    let resource = cluster.resolve(&Kind::new("rbac.authorization.k8s.io", "v1", "ClusterRole")).await;
    let resource = resource.expect("an answer").expect("it is served");
    let at = Address { resource, namespace: None, name: "system:node".into() };
    assert_eq!(object(cluster.act(&Action::Look(at)).await).0.key.name, "system:node");
}

#[tokio::test]
async fn a_kind_is_resolved_to_where_it_is_served_or_to_nothing() {
    let cluster = real::cluster().await;
    let resolve = async |group, version, kind| cluster.resolve(&Kind::new(group, version, kind)).await;
    let deployment = resolve("apps", "v1", "Deployment").await.expect("an answer").expect("it is served");
    assert_eq!((deployment.plural.as_str(), deployment.namespaced), ("deployments", true));
    let node = resolve("", "v1", "Node").await.expect("an answer").expect("it is served");
    assert_eq!((node.plural.as_str(), node.namespaced), ("nodes", false));
    for (group, version, kind) in [
        ("apps", "v1", "Scale"),
        ("apps", "v7", "Deployment"),
        ("no.such.group", "v1", "Thing"),
        ("../x", "v1", "X"),
        ("apps", "", "Deployment"),
        ("", "", "Pod"),
    ] {
        assert_eq!(resolve(group, version, kind).await, Ok(None), "{group}/{version} {kind}");
    }
}

#[tokio::test]
async fn an_action_is_one_request_also_when_it_is_refused() {
    let Some(cluster) = real::cluster_as("counted", &["system:masters"]).await else { return };
    let ns = namespace(&cluster, "counted").await;
    let at = config_map(&ns, "a");
    let audit = real::CONTROL_PLANE.audit().expect("an audit log");
    let mark = audit.mark().expect("a mark");
    cluster.act(&apply(&at, json!({"k": "v"}), None, MANAGER, false)).await;
    cluster.act(&apply(&at, json!({"k": "w"}), None, "somebody", false)).await;
    cluster.act(&Action::Look(at.clone())).await;
    cluster.act(&Action::Delete { at, uid: NO_UID.into() }).await;
    let requests = audit.since(&mark).expect("the requests").by("counted");
    let verbs: Vec<&str> = requests.iter().map(|r| r.verb.as_str()).collect();
    assert_eq!(verbs, ["patch", "patch", "get", "delete"]);
}
