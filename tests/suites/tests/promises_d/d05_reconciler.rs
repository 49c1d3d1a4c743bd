//! D05: deleting a Reconciler leaves no finalizer behind on any object; children stay or go as it says.

use innkeeper_suites::{House, condition, guest, uid};
use serde_json::{Value, json};

use crate::bench::{Bench, CHILDREN, GUEST, SLOW, alone, child, child_with, config_map, let_go, permit_everywhere};

const GUARD: &str = "innkeeper.dev/reconciler";
const FINAL: &str = "final-bench";

/// A bench with a child beside it and one far away, and so with both finalizers.
fn bench<'a>(house: &'a House, name: &'static str, elsewhere: &str, more: &Value) -> Bench<'a> {
    let bench = Bench { house, kind: "FinalBench", name };
    let far = child_with(name, 1, &json!({"namespace": elsewhere}));
    let mut spec = json!({"children": [child(name), far]});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bench.apply_ready(&spec);
    assert_eq!(bench.finalizers().len(), 2);
    bench
}

fn guards(house: &House) -> Value {
    house.get("Reconciler", FINAL)["metadata"]["finalizers"].clone()
}

fn delete(house: &House) {
    house.begin_deletion("reconciler", FINAL);
}

fn is_gone(house: &House) {
    house.eventually("the Reconciler is gone", || match house.find("Reconciler", FINAL) {
        None => Ok(()),
        Some(found) => Err(found.to_string()),
    });
}

#[test]
fn d05_finalizers_are_withdrawn_and_children_stay() {
    let house = alone(&[FINAL]);
    house.start_host();
    permit_everywhere(&house, FINAL);
    let elsewhere = house.another_namespace();
    let bench = bench(&house, "stays", &elsewhere, &json!({}));
    assert_eq!(guards(&house), json!([GUARD]), "it is there before any object's");
    let (near, far) = (house.get("ConfigMap", "stays"), config_map(&house, &elsewhere, "stays").unwrap());

    house.modules().remove("final-bench.wasm");
    house.host_says(&["final-bench.wasm", "stays in service"]);
    delete(&house);
    is_gone(&house);
    assert_eq!(bench.finalizers(), Vec::<String>::new());
    house.wait_until_quiet();
    assert!(house.find("Reconciler", FINAL).is_none(), "its module's file is gone, so it is not made again");
    assert_eq!(house.get("ConfigMap", "stays"), near, "its children are as they were");
    assert_eq!(config_map(&house, &elsewhere, "stays").unwrap(), far);

    // A later Reconciler finds them again.
    house.modules().put("final-bench.wasm", &guest(FINAL));
    house.eventually("there is a Reconciler", || house.find("Reconciler", FINAL).is_some());
    permit_everywhere(&house, FINAL);
    bench.eventually("both finalizers are back", |object| object["metadata"]["finalizers"] == json!([CHILDREN, GUEST]));
    assert_eq!(uid(&config_map(&house, &elsewhere, "stays").unwrap()), uid(&far));
}

#[test]
fn d05_children_are_deleted_where_it_says_so() {
    let house = alone(&[FINAL]);
    house.start_host();
    permit_everywhere(&house, FINAL);
    let elsewhere = house.another_namespace();
    let bench = bench(&house, "cleared", &elsewhere, &json!({}));
    house.patch("reconciler", FINAL, r#"{"spec":{"onDelete":"Delete"}}"#);
    house.modules().remove("final-bench.wasm");
    house.host_says(&["final-bench.wasm", "stays in service"]);
    let mark = house.mark();
    delete(&house);
    is_gone(&house);
    assert_eq!(bench.finalizers(), Vec::<String>::new());
    house.wait_until_gone(&bench.uid());
    assert!(config_map(&house, &elsewhere, "cleared").is_none());
    let requests = house.requests_everywhere_since(&mark);
    let deletions: Vec<_> = requests
        .iter()
        .filter(|r| r.verb == "delete" && r.resource == "configmaps" && r.name.as_deref() == Some("cleared"))
        .collect();
    let namespaces: Vec<_> = deletions.iter().map(|r| r.namespace.as_deref().unwrap_or_default()).collect();
    assert_eq!(namespaces, [elsewhere.as_str(), house.namespace()], "the last wave first");
}

#[test]
fn d05_no_module_is_needed() {
    let house = alone(&[FINAL]);
    house.start_host();
    permit_everywhere(&house, FINAL);
    let elsewhere = house.another_namespace();
    let [going, staying] = ["going", "staying"].map(|name| bench(&house, name, &elsewhere, &json!({})));
    house.host().kill();
    delete(&house);
    going.delete();
    assert_eq!(guards(&house), json!([GUARD]), "it waits for a host");
    let empty = tempfile::tempdir().unwrap();
    house.lose_kept_modules();
    house.begin_host_on(empty.path(), &house.host_kubeconfig());
    is_gone(&house);
    assert_eq!(staying.finalizers(), Vec::<String>::new());
    going.is_gone();
    assert!(config_map(&house, &elsewhere, "going").is_none(), "an object that goes is finished all the same");
    assert!(config_map(&house, &elsewhere, "staying").is_some());
}

#[test]
fn d05_an_object_that_is_being_deleted_is_finished_first() {
    let house = alone(&[FINAL]);
    house.start_host();
    permit_everywhere(&house, FINAL);
    let elsewhere = house.another_namespace();
    let [going, staying] = ["going", "staying"].map(|name| bench(&house, name, &elsewhere, &json!({})));
    house.modules().remove("final-bench.wasm");
    house.host_says(&["final-bench.wasm", "stays in service"]);
    going.delete();
    delete(&house);
    staying.eventually("its finalizers are withdrawn", |object| object["metadata"]["finalizers"].is_null());
    house.wait_until_quiet();
    assert_eq!(guards(&house), json!([GUARD]));
    let told = condition(&house.get("Reconciler", FINAL), "Reconciling").unwrap();
    assert_eq!((&told["status"], &told["reason"]), (&json!("True"), &json!("Deleting")), "{told}");
    assert_eq!(going.finalizers().len(), 2, "its guest has work to do");
    going.change(&json!({"finished": true}));
    going.is_gone();
    is_gone(&house);
}

#[test]
fn d05_a_reconciler_that_would_leave_nothing_behind_goes_at_once_and_is_made_again() {
    let house = alone(&["workbench"]);
    house.start_host();
    // Fields that it contributes would have to be withdrawn.
    let none = json!({"spec": {"permissions": {"contribute": []}}}).to_string();
    house.patch("reconciler", "workbench", &none);
    let bench = Bench { house: &house, kind: "Workbench", name: "plain" };
    bench.apply_ready(&json!({"children": [child_with("plain", 0, &json!({"finalizers": [SLOW]}))]}));
    let before = uid(&house.get("Reconciler", "workbench"));
    assert_eq!(house.get("Reconciler", "workbench")["metadata"]["finalizers"], Value::Null);
    house.delete("reconciler", "workbench");
    house.eventually("its module is there, so it is made again", || {
        house.find("Reconciler", "workbench").is_some_and(|found| uid(&found) != before)
    });
    bench.change(&json!({"children": []}));
    house.eventually("it keeps its objects", || {
        house.get("ConfigMap", "plain")["metadata"]["deletionTimestamp"].is_string()
    });
    let_go(&house, house.namespace(), "plain");
}

#[test]
fn d05_without_its_kind_a_reconciler_goes() {
    let house = alone(&[FINAL]);
    house.start_host();
    permit_everywhere(&house, FINAL);
    let elsewhere = house.another_namespace();
    bench(&house, "finished", &elsewhere, &json!({"finished": true}));
    house.delete_crd("finalbenches.test.innkeeper.dev");
    assert!(config_map(&house, &elsewhere, "finished").is_none(), "its object was finished");
    house.modules().remove("final-bench.wasm");
    house.host_says(&["final-bench.wasm", "stays in service"]);
    delete(&house);
    is_gone(&house);
    house.apply_crds();
}
