//! What was kept by an earlier Reconciler, or comes out of a backup, is found again.

use innkeeper_suites::bench::{Bench, config_map};
use innkeeper_suites::{House, guest, reworded, uid};
use serde_json::{Value, json};

use crate::street::{self, GUEST, KIND};

/// The kinds of children in the street.
const CHILDREN: [&str; 3] = ["Deployment", "Service", "ConfigMap"];

#[test]
fn a_reconciler_of_another_name_keeps_the_children_of_the_one_before() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    Bench::new("kept").child(config_map("kept", "one")).apply_ready(&house);
    let before = house.get("ConfigMap", "kept");
    house.modules().put("renamed.wasm", &reworded(&guest("workbench"), "workbench", "workbanch"));
    house.eventually("it has its Reconciler", || house.find("Reconciler", "workbanch").is_some());
    house.modules().remove("workbench.wasm");
    house.host_says(&["workbench.wasm", "stays in service"]);
    house.begin_deletion("reconciler", "workbench");
    house.eventually("the other one serves", || {
        let told = house.get("Reconciler", "workbanch");
        if told["status"]["objects"]["ready"] == 1 { Ok(()) } else { Err(told["status"].to_string()) }
    });
    house.wait_until_quiet();
    assert_eq!(house.get("ConfigMap", "kept"), before, "its child is as it was");
    Bench::new("kept").child(config_map("kept", "two")).apply(&house);
    house.eventually("it does what the object says now", || house.get("ConfigMap", "kept")["data"]["word"] == "two");
    assert_eq!(uid(&house.get("ConfigMap", "kept")), uid(&before));
    house.delete_everywhere("Workbench");
}

/// What a backup holds: all that is needed to make an object again. Whoever restores it makes another one of that name.
fn saved(house: &House, kinds: &[&str]) -> Value {
    let mut items: Vec<Value> = kinds.iter().flat_map(|kind| house.list(kind, "")).collect();
    items.retain(|item| item["metadata"]["name"] != "kube-root-ca.crt" && item["metadata"]["name"] != "kubernetes");
    for item in &mut items {
        for field in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
            item["metadata"].as_object_mut().unwrap().remove(field);
        }
        item.as_object_mut().unwrap().remove("status");
        // The API server gives a Service of ours an address anew.
        if let Some(spec) = item.get_mut("spec").and_then(Value::as_object_mut) {
            ["clusterIP", "clusterIPs"].iter().for_each(|field| drop(spec.remove(*field)));
        }
    }
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

#[test]
fn what_a_backup_brings_back_is_kept_again() {
    let house = street::house();
    house.start_host();
    street::before(&house);
    house.host().kill();
    let (objects, others) = (saved(&house, &[KIND]), saved(&house, &CHILDREN));
    let reconciler = house.get("Reconciler", GUEST)["spec"].clone();
    house.delete_everywhere("KindCustomHttp");
    house.eventually("nothing is left", || house.compare(innkeeper_suites::OBJECT_UID, ""));
    house.lose_reconciler(GUEST);

    // The Reconciler comes without its status, children name an object that is gone, and objects are made anew.
    let reconciler = json!({"apiVersion": "innkeeper.dev/v1alpha1", "kind": "Reconciler",
        "metadata": {"name": GUEST}, "spec": reconciler});
    for backup in [&reconciler, &others, &objects] {
        house.kubectl_with(&["create", "-f", "-"], &backup.to_string());
    }
    house.start_host();
    street::is_as_before(&house);
    assert_eq!(house.list(KIND, "").len(), 3);
    street::meanwhile(&house);
    street::after(&house);
}
