//! W01: every CRD is watched. A kind with a guest has a controller from when it is served until its last object
//! is gone; kinds without a guest are listed as such.

use innkeeper_suites::{House, uid};
use serde_json::json;

use crate::bench::{children_of, config_map, widen, within};
use crate::own_kind::OwnKind;

#[test]
fn w01_a_kind_whose_crd_comes_after_the_host_has_a_running_controller() {
    let house = House::alone(&[]);
    let kind = OwnKind::with_module(&house, "lunch");
    house.start_host();
    kind.wait_for_reason(&house, "KindNotFound");
    assert!(house.host().said(&["Worklunch", "its controller started"]).is_none(), "there is nothing to keep yet");

    kind.apply_crd(&house, &kind.crd(&house));
    kind.wait_until_controller(&house, "started", 1);
    kind.wait_for_reason(&house, "Serving");
    house.apply(&kind.object("one", &children_of(&[config_map("paper", "text")])));
    house.eventually("its object has its child", || house.find("ConfigMap", "paper").is_some());
    let owner = &house.get("ConfigMap", "paper")["metadata"]["ownerReferences"][0];
    assert_eq!(owner["uid"], uid(&kind.find(&house, "one").unwrap()).as_str());
}

#[test]
fn w01_a_terminating_crd_keeps_its_controller_until_its_last_object_is_finished() {
    let house = House::alone(&[]);
    let kind = OwnKind::with_module(&house, "pinch");
    house.start_host();
    kind.apply_crd(&house, &kind.crd(&house));
    widen(&house, &kind.reconciler());
    let elsewhere = house.another_namespace();
    house.apply(&kind.object("one", &children_of(&[within(config_map("paper", "text"), &elsewhere)])));
    house.eventually("the child is in the other namespace", || {
        house.find_in(&elsewhere, "ConfigMap", "paper").is_some()
    });
    let finalizers = kind.find(&house, "one").unwrap()["metadata"]["finalizers"].clone();
    assert_eq!(finalizers, json!(["innkeeper.dev/children"]), "garbage collection cannot reach the child");

    // Somebody holds the child, so that the end takes as long as the test wants.
    let hold = |finalizers: &str| {
        let patch = format!(r#"{{"metadata": {{"finalizers": {finalizers}}}}}"#);
        let place = ["patch", "configmap", "paper", "--namespace", &elsewhere, "--type=merge", "--patch", &patch];
        house.kubectl(&place);
    };
    hold(r#"["example.com/hold"]"#);
    house.kubectl(&["delete", "crd", &kind.crd_name(), "--wait=false"]);
    house.eventually("the host deletes the child", || {
        house.find_in(&elsewhere, "ConfigMap", "paper").unwrap()["metadata"]["deletionTimestamp"].is_string()
    });
    let crd = house.get("CustomResourceDefinition", &kind.crd_name());
    assert!(crd["metadata"]["deletionTimestamp"].is_string(), "the CRD is terminating");
    assert!(kind.find(&house, "one").is_some(), "the object waits for its child");
    assert!(house.host().said(&["Workpinch", "its controller stopped"]).is_none(), "the controller goes on");

    hold("null");
    house.crd_ends(&kind.crd_name());
    assert!(house.find_in(&elsewhere, "ConfigMap", "paper").is_none(), "no child is left");
    kind.wait_until_controller(&house, "stopped", 1);
    kind.wait_for_reason(&house, "KindNotFound");
}

#[test]
fn w01_a_kind_without_a_guest_is_listed_as_such_by_innkeeper_get() {
    let house = House::alone(&["workbench"]);
    let kind = OwnKind { word: "patch" };
    house.apply(&kind.crd(&house).to_string());
    house.start_host();
    house.eventually("innkeeper get lists both kinds as they are", || {
        let table = house.innkeeper(&["get"]);
        let line = |name: &str| {
            let of_kind = |line: &&str| line.split_whitespace().next() == Some(name);
            table.lines().find(of_kind).unwrap_or_default().to_owned()
        };
        let without = line("Workpatch.test.innkeeper.dev").contains("no guest");
        let with = line("Workbench.test.innkeeper.dev");
        let with = with.contains("workbench") && with.contains("True") && !with.contains("no guest");
        if without && with { Ok(()) } else { Err(table.clone()) }
    });
    house.delete_crd(&kind.crd_name());
    house.eventually("a kind that is gone is not listed", || !house.innkeeper(&["get"]).contains("Workpatch"));
}
