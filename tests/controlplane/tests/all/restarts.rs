//! The API server can go and come back, and control planes do not disturb each other.

use innkeeper_controlplane::{ControlPlane, Options};

use super::eventually;
use super::left_behind::processes_of;

#[test]
fn the_api_server_comes_back_on_its_port_with_its_data_and_its_audit_log() {
    let control_plane = ControlPlane::start_with(&Options::api_server_only()).unwrap();
    control_plane.run(&["create", "configmap", "kept"]).unwrap();
    let mark = control_plane.audit().unwrap().mark().unwrap();
    for stop in [ControlPlane::stop_api_server, ControlPlane::kill_api_server] {
        stop(&control_plane).unwrap();
        let error = control_plane.run(&["get", "configmap", "kept"]).unwrap_err().to_string();
        assert!(error.contains("refused"), "{error}");
        control_plane.start_api_server().unwrap();
        control_plane.run(&["get", "configmap", "kept"]).unwrap();
    }
    let reads = control_plane.audit().unwrap().since(&mark).unwrap().by("kubernetes-admin").of("configmaps").reads();
    assert_eq!(reads.len(), 2, "{reads}");
}

#[test]
fn a_revision_that_etcd_has_compacted_is_gone_for_an_api_server_that_starts_afterwards() {
    let control_plane = ControlPlane::start_with(&Options::api_server_only()).unwrap();
    control_plane.run(&["create", "configmap", "one"]).unwrap();
    let version = control_plane.run(&["get", "configmap", "one", "-o=jsonpath={.metadata.resourceVersion}"]).unwrap();
    control_plane.run(&["create", "configmap", "other"]).unwrap();
    control_plane.stop_api_server().unwrap();
    control_plane.compact_etcd().unwrap();
    control_plane.start_api_server().unwrap();
    let uri = format!("/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=5&resourceVersion={version}");
    let answer = control_plane.run(&["get", "--raw", &uri]);
    let said = answer.unwrap_or_else(|error| error.to_string());
    assert!(said.contains("too old resource version") || said.contains("410"), "{said}");
}

#[test]
fn two_run_side_by_side_and_one_survives_the_panic_of_the_other() {
    let start = || ControlPlane::start_with(&Options::api_server_only()).unwrap();
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(start);
        (start(), other.join().unwrap())
    });
    one.run(&["create", "configmap", "here"]).unwrap();
    other.run(&["get", "configmap", "here"]).unwrap_err();
    // The certificates of one are worth nothing to the other.
    let eve = other.user("eve", &["system:masters"]).unwrap();
    let server = one.run(&["config", "view", "--minify", "-o=jsonpath={.clusters[0].cluster.server}"]).unwrap();
    let cross = other.run_as(&eve, &["get", "nodes", "--server", &server, "--insecure-skip-tls-verify"]);
    assert!(cross.unwrap_err().to_string().contains("You must be logged in"));

    let folder = other.folder().unwrap().to_owned();
    assert!(!processes_of(&folder).is_empty());
    let panicked = std::thread::spawn(move || {
        let _held = other;
        std::panic::resume_unwind(Box::new("a test that fails"));
    });
    assert!(panicked.join().is_err());
    eventually("the one that panicked left nothing behind", || processes_of(&folder).is_empty() && !folder.exists());
    one.run(&["get", "configmap", "here"]).unwrap();
}
