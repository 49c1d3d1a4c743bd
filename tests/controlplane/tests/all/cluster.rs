//! The cluster is a whole one: controllers, scheduler and Nodes do their part.

use super::{SHARED, eventually, namespace};

#[test]
fn a_deployment_of_two_becomes_available_and_its_pods_go_with_it() {
    let ns = namespace("deployment");
    SHARED.run(&["create", "deployment", "web", "--image=web", "--replicas=2", "-n", ns]).unwrap();
    SHARED.run(&["wait", "--for=condition=Available", "deployment/web", "-n", ns, "--timeout=60s"]).unwrap();
    let pods = || SHARED.run(&["get", "pods", "-n", ns, "-o=name"]).unwrap().lines().count();
    assert_eq!(pods(), 2);
    SHARED.run(&["delete", "deployment", "web", "-n", ns]).unwrap();
    eventually("the Pods are garbage collected", || pods() == 0);
}

#[test]
fn a_job_completes() {
    let ns = namespace("job");
    SHARED.run(&["create", "job", "once", "--image=once", "-n", ns]).unwrap();
    SHARED.run(&["wait", "--for=condition=Complete", "job/once", "-n", ns, "--timeout=60s"]).unwrap();
}

#[test]
fn as_many_nodes_as_asked_for_are_ready() {
    let ready = SHARED.run(&["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=10s"]).unwrap();
    assert_eq!(ready.lines().count(), 2, "{ready}");
}

#[test]
fn client_and_server_have_the_same_version() {
    let text = SHARED.run(&["version"]).unwrap();
    let versions: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("Client") || line.starts_with("Server"))
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    assert_eq!(versions.len(), 2, "{text}");
    assert_eq!(versions[0], versions[1]);
}

#[test]
fn what_kubectl_complains_about_is_in_the_error() {
    let error = SHARED.run(&["get", "configmap", "nowhere"]).unwrap_err().to_string();
    assert!(error.contains("kubectl get configmap nowhere") && error.contains("NotFound"), "{error}");
}

#[test]
fn yaml_is_applied() {
    let yaml = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: applied\n";
    assert!(SHARED.kubectl_apply(yaml).unwrap().contains("namespace/applied serverside-applied"));
}
