//! What people do to children by hand is put right, in place; what belongs to others is left alone.

use innkeeper_suites::{condition, uid};

use crate::{CORNER, CORNER_CHILDREN, house, house_serving, house_with_corner};

#[test]
fn workers_all_04_what_is_edited_by_hand_of_a_bundles_children_is_put_right() {
    let house = house_with_corner();
    for (kind, name, path, value) in [
        ("Service", "corner-svc", "/spec/ports/0/port", "9999"),
        ("Ingress", "corner-ingress", "/spec/rules/0/http/paths/0/path", r#""/other""#),
        ("Deployment", "corner-depl", "/spec/template/spec/containers/0/ports/0/containerPort", "9999"),
        ("Deployment", "corner-depl", "/spec/template/spec/containers/0/name", r#""stranger""#),
    ] {
        let before = uid(&house.get(kind, name));
        let patch = format!(r#"[{{"op": "replace", "path": "{path}", "value": {value}}}]"#);
        house.kubectl(&["patch", kind, name, "--type=json", "-p", &patch]);
        house.wait_for_children("WorkerBundle", "corner", CORNER_CHILDREN);
        assert_eq!(uid(&house.get(kind, name)), before, "it is put right in place");
    }
    house.wait_for_condition("WorkerBundle", "corner", "Ready", "True");
    house.wait_until_quiet();
}

#[test]
fn workers_all_04_what_is_edited_by_hand_of_an_accounts_children_is_put_right() {
    let house = house_serving(&["hello"]);
    let release = house.list("WorkerRelease", "")[0]["metadata"]["name"].as_str().unwrap().to_owned();
    for (kind, name, patch) in [
        ("WorkerBundle", "acme", r#"{"spec": {"workers": [], "podTemplate": {"image": "mine:1"}}}"#),
        ("JobBuilder", "acme", r#"{"spec": {"workerBundleName": "mine"}}"#),
        ("WorkerRelease", &release, r#"{"spec": {"scriptUrls": ["http://mine.example/1.js"]}}"#),
    ] {
        let before = house.get(kind, name);
        house.patch(kind, name, patch);
        house.eventually(&format!("{kind} is put right"), || {
            let now = house.get(kind, name);
            now["spec"] == before["spec"] && now["metadata"]["generation"] != before["metadata"]["generation"]
        });
    }
    house.wait_for_condition("WorkerBundle", "acme", "Ready", "True");
    house.eventually("the Deployment is there", || house.find("Deployment", "acme-depl").is_some());
}

#[test]
fn workers_all_04_children_deleted_by_hand_come_back() {
    let house = house_serving(&["hello"]);
    house.eventually("it is served", || house.find("Ingress", "acme-ingress").is_some());
    let release = house.list("WorkerRelease", "")[0]["metadata"]["name"].as_str().unwrap().to_owned();
    for (kind, name) in [
        ("Deployment", "acme-depl"),
        ("Service", "acme-svc"),
        ("Ingress", "acme-ingress"),
        ("WorkerBundle", "acme"),
        ("WorkerRelease", &release),
    ] {
        let before = uid(&house.get(kind, name));
        house.begin_deletion(kind, name);
        house.eventually(&format!("there is a new {kind}"), || {
            house.find(kind, name).is_some_and(|child| uid(&child) != before)
        });
    }
    house.eventually("it is served again", || {
        house.find("Deployment", "acme-depl").is_some_and(|deployment| deployment["status"]["readyReplicas"] == 1)
    });
}

#[test]
fn workers_all_04_a_child_name_that_somebody_elses_object_has_is_reported_and_left_alone() {
    let house = house();
    let clash = ["create", "service", "clusterip", "corner-svc", "--tcp=80:80", "--field-manager=somebody"];
    house.kubectl(&clash);
    let before = house.get("Service", "corner-svc");
    house.apply(CORNER);
    let message = house.wait_for_condition("WorkerBundle", "corner", "Stalled", "True");
    for word in ["Service", "corner-svc", "somebody"] {
        assert!(message.contains(word), "the condition names {word}: {message}");
    }
    assert_eq!(condition(&house.get("WorkerBundle", "corner"), "Ready").unwrap()["status"], "False");
    assert_eq!(house.get("Service", "corner-svc"), before, "nobody touched it");
    house.delete("service", "corner-svc");
    house.wait_for_children("WorkerBundle", "corner", CORNER_CHILDREN);
    house.wait_for_condition("WorkerBundle", "corner", "Ready", "True");
}
