//! The kind `Reconciler` in a real API server.

use innkeeper_core::action::{Action, Done};
use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::resource::Address;
use serde_json::{Value, json};

use crate::real;
use crate::things::object;

#[tokio::test]
async fn the_kind_is_installed_once_and_holds_people_to_its_rules() {
    let cluster = real::cluster().await;
    cluster.install_reconciler_crd().await.expect("it is installed");
    cluster.install_reconciler_crd().await.expect("it is there");
    let resource = cluster.resolve(&Kind::new("innkeeper.dev", "v1alpha1", "Reconciler")).await;
    let resource = resource.expect("an answer").expect("it is served");
    let at = |name: &str| Address { resource: resource.clone(), namespace: None, name: name.into() };
    let create = async |name: &str, spec: Value| {
        let manifest = json!({"apiVersion": "innkeeper.dev/v1alpha1", "kind": "Reconciler",
            "metadata": {"name": name}, "spec": spec});
        cluster.act(&Action::Create { at: at(name), manifest }).await
    };
    let name = format!("rules-{}", std::process::id());
    let bad = [
        (json!({"module": {}}), "exactly one source"),
        (json!({}), "spec.module"),
        (json!({"module": {"folder": {}, "url": "http://localhost/x"}}), "exactly one source"),
        (json!({"module": {"url": "https://example.com/x"}}), "named by its digest"),
        (json!({"module": {"url": "http://127.0.0.1.example.com/x"}}), "named by its digest"),
        (json!({"module": {"url": "http://localhost:1@example.com/x"}}), "spec.module.url"),
        (json!({"module": {"url": "file:///etc/passwd"}}), "spec.module.url"),
        (json!({"module": {"configMaps": []}}), "spec.module.configMaps"),
        (json!({"module": {"folder": {}}, "limits": {"time": "1h"}}), "spec.limits.time"),
        (json!({"module": {"folder": {}}, "limits": {"reads": -1}}), "spec.limits.reads"),
        (json!({"module": {"folder": {}}, "suspended": true}), "suspended"),
        (json!({"module": {"folder": {}}, "permissions": {"apply": [{"kinds": []}]}}), "kinds"),
        (json!({"module": {"folder": {}}, "permissions": {"apply": [{"kinds": ["X"], "reach": "Far"}]}}), "reach"),
    ];
    for (spec, word) in bad {
        let done = create(&name, spec.clone()).await;
        assert!(matches!(&done, Done::Invalid(e) if e.message.contains(word)), "{spec}: {done:?}");
    }
    let config = json!({"any": {"thing": [1, {"goes": null}]}});
    let spec = json!({"module": {"folder": {}}, "for": {"kind": "Service"}, "config": config,
        "permissions": {"apply": [{"kinds": ["ConfigMap"]}]}});
    let value = object(create(&name, spec).await).0.value();
    assert_eq!(value["spec"]["config"], config);
    assert_eq!(value["spec"]["for"]["group"], "");
    assert_eq!(value["spec"]["permissions"]["apply"][0], json!({"group": "", "kinds": ["ConfigMap"], "reach": "Own"}));

    let status = json!({"status": {
        "observedGeneration": 1, "digest": "sha256:00", "version": "1.0.0", "for": {"group": "", "kind": "Service"},
        "kinds": [{"group": "", "version": "v1", "kind": "ConfigMap"}],
        "objects": {"total": 3, "ready": 2, "failing": 1},
        "conditions": [{"type": "Ready", "status": "True", "reason": "Serving", "message": "", "observedGeneration": 1,
                        "lastTransitionTime": "2026-01-01T00:00:00Z"}],
    }});
    let done = cluster.act(&Action::Merge { at: at(&name), status: true, patch: status.clone() }).await;
    let (reconciler, _) = object(done);
    assert_eq!(reconciler.value()["status"], status["status"]);

    let overview = cluster.overview().await.expect("an overview");
    let service = GroupKind { group: "".into(), kind: "Service".into() };
    let row = overview.rows.iter().find(|r| r.reconciler.as_ref().is_some_and(|k| k.reconciler == name));
    let row = row.expect("the Reconciler is shown");
    assert_eq!((row.kind.as_ref(), row.defined), (Some(&service), false), "no CRD defines Service");
    assert_eq!(serde_json::to_value(row).expect("JSON")["ready"], "True");
    assert!(overview.rows.iter().all(|r| r.kind.as_ref().is_none_or(|k| k.group != "innkeeper.dev")));
    let done = cluster.act(&Action::Delete { at: at(&name), uid: reconciler.meta.uid.clone() }).await;
    assert_eq!(done, Done::Accepted);
}

#[tokio::test]
async fn somebody_who_may_not_install_it_is_told_what_to_do() {
    let Some(nobody) = real::cluster_as("nobody", &[]).await else { return };
    let error = nobody.install_reconciler_crd().await.expect_err("nobody may").to_string();
    assert!(error.contains("forbidden") && error.contains("crds/reconcilers.innkeeper.dev.yaml"), "{error}");
}

#[tokio::test]
async fn the_server_says_that_it_is_there() {
    let cluster = real::cluster().await;
    cluster.ping().await.expect("it is ready");
    assert!(cluster.version().await.expect("a version").git_version.starts_with("v1."));
}

#[tokio::test]
async fn a_start_with_the_kind_in_place_is_one_read() {
    let Some(cluster) = real::cluster_as("starter", &["system:masters"]).await else { return };
    cluster.install_reconciler_crd().await.expect("it is installed");
    let audit = real::CONTROL_PLANE.audit().expect("an audit log");
    let mark = audit.mark().expect("a mark");
    cluster.install_reconciler_crd().await.expect("it is there");
    let requests = audit.since(&mark).expect("the requests").by("starter");
    let verbs: Vec<&str> = requests.iter().map(|r| r.verb.as_str()).collect();
    assert_eq!(verbs, ["get"]);
}
