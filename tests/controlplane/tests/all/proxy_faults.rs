//! The proxy stops the n-th write, before it is sent or after it took effect.

use std::process::{Child, Stdio};
use std::time::Duration;

use innkeeper_controlplane::{Fault, Proxy};

use super::proxy::proxy_for;
use super::{SHARED, namespace};

const PATIENCE: Duration = Duration::from_secs(20);

/// Begins to create ConfigMaps, one after the other, through the proxy.
fn begin_to_create(proxy: &Proxy, ns: &str, names: &[&str]) -> Child {
    let object =
        |name: &&str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: {ns}}}}}");
    let yaml = names.iter().map(object).collect::<Vec<_>>().join("\n---\n");
    let file = SHARED.folder().unwrap().join(format!("{ns}.yaml"));
    std::fs::write(&file, yaml).unwrap();
    let mut command = SHARED.kubectl().unwrap();
    command.env("KUBECONFIG", proxy.kubeconfig()).arg("create").arg("-f").arg(file);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn configmaps(ns: &str) -> Vec<String> {
    let text = SHARED.run(&["get", "configmaps", "-n", ns, "-o=name"]).unwrap();
    let names = text.lines().map(|line| line.trim_start_matches("configmap/").to_owned());
    names.filter(|name| name != "kube-root-ca.crt").collect()
}

#[test]
fn a_write_that_is_stopped_before_it_is_sent_never_arrives() {
    let ns = namespace("before-write");
    let proxy = proxy_for("liam");
    let mark = SHARED.audit().unwrap().mark().unwrap();
    let caught = proxy.arm(Fault::BeforeWrite(2));
    let mut client = begin_to_create(&proxy, ns, &["one", "two", "three"]);
    assert_eq!(caught.wait(PATIENCE).unwrap().resource(), Some("configmaps"));
    client.kill().unwrap();
    client.wait().unwrap();
    assert_eq!(configmaps(ns), ["one"]);
    assert_eq!(SHARED.audit().unwrap().since(&mark).unwrap().by("liam").writes().len(), 1);
    assert_eq!(proxy.writes_seen(), 2);
}

#[test]
fn a_write_that_is_stopped_after_it_was_sent_takes_effect_and_nobody_is_told() {
    let ns = namespace("after-write");
    let proxy = proxy_for("mallory");
    let caught = proxy.arm(Fault::AfterWrite(2));
    let mut client = begin_to_create(&proxy, ns, &["one", "two", "three"]);
    caught.wait(PATIENCE).unwrap();
    assert_eq!(configmaps(ns), ["one", "two"]);
    assert!(client.try_wait().unwrap().is_none(), "the client still waits for its answer");
    proxy.disarm();
    assert!(!client.wait().unwrap().success(), "the answer was lost");
}

#[test]
fn after_disarming_writes_go_through() {
    let ns = namespace("disarmed");
    let proxy = proxy_for("niaj");
    let caught = proxy.arm(Fault::BeforeWrite(1));
    let mut client = begin_to_create(&proxy, ns, &["one"]);
    caught.wait(PATIENCE).unwrap();
    proxy.disarm();
    client.wait().unwrap();
    assert!(begin_to_create(&proxy, ns, &["two"]).wait().unwrap().success());
    assert!(configmaps(ns).contains(&"two".to_owned()));
}

#[test]
fn a_fault_that_does_not_strike_is_told_in_time() {
    let proxy = proxy_for("olivia");
    let error = proxy.arm(Fault::AfterWrite(3)).wait(Duration::from_millis(50)).unwrap_err().to_string();
    assert!(error.contains("AfterWrite(3)"), "{error}");
}

#[test]
fn a_test_can_say_what_counts() {
    let ns = namespace("counted");
    let proxy = proxy_for("peggy");
    proxy.count_only(|sent| sent.resource() == Some("secrets"));
    assert!(begin_to_create(&proxy, ns, &["one"]).wait().unwrap().success());
    assert_eq!(proxy.writes_seen(), 0);
}
