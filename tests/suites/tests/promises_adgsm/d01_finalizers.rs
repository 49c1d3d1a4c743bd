//! D01: a finalizer is there only where Kubernetes' own garbage collection is not enough, and then before
//! the first write that needs it.

use innkeeper_controlplane::Request;
use innkeeper_suites::{House, uid};
use serde_json::{Value, json};

use crate::bench::{Bench, KIND, config_map, history, patch, position, service, told};

const CHILDREN: &str = "innkeeper.dev/children";
const GUEST: &str = "innkeeper.dev/guest";

fn finalizers(object: &Value) -> Vec<String> {
    let list = object["metadata"]["finalizers"].as_array();
    list.into_iter().flatten().map(|f| f.as_str().unwrap().to_owned()).collect()
}

/// A house whose Reconciler lets benches have these children too.
fn house_that_permits(more: &Value) -> House {
    let house = House::alone(&["workbench"]);
    house.start_host();
    let mut all = house.get("Reconciler", "workbench")["spec"]["permissions"]["apply"].clone();
    all.as_array_mut().unwrap().push(more.clone());
    patch(&house, "reconciler", "workbench", "somebody", &json!({"spec": {"permissions": {"apply": all}}}));
    house
}

/// The finalizer was written before that child was.
fn finalizer_first(requests: &[Request], resource: &str, name: &str) {
    let taken = position(requests, "patch", "workbenches", "far");
    let written = position(requests, "patch", resource, name);
    assert!(written.is_some() && taken.is_some() && taken < written, "the finalizer is first:\n{}", told(requests));
}

/// The far child makes the finalizer come, and its end makes it go; a deletion takes the child along.
fn a_far_child(house: &House, far: &Value, resource: &str, find: impl Fn() -> Option<Value>) {
    let near = || Bench::new("far").child(config_map("near", "one"));
    near().apply_ready(house);
    assert_eq!(finalizers(&house.get(KIND, "far")), Vec::<String>::new());
    let mark = house.mark();
    near().child(far.clone()).apply_ready(house);
    assert_eq!(finalizers(&house.get(KIND, "far")), [CHILDREN]);
    assert!(find().is_some());
    finalizer_first(&house.requests_everywhere_since(&mark), resource, far["metadata"]["name"].as_str().unwrap());

    near().apply(house);
    house.eventually("the far child is gone", || find().is_none());
    house.eventually("the finalizer is gone", || finalizers(&house.get(KIND, "far")).is_empty());

    near().child(far.clone()).apply_ready(house);
    let owner = uid(&house.get(KIND, "far"));
    house.delete("workbench", "far");
    assert!(find().is_none(), "the far child went before its object");
    house.wait_until_gone(&owner);
}

#[test]
fn d01_plain_children_need_no_finalizer() {
    let house = House::shared();
    let before = house.get("Namespace", house.namespace());
    Bench::new("plain").child(config_map("plain", "one")).child(service("plain")).apply_ready(&house);
    Bench::new("plain").child(config_map("plain", "two")).apply_ready(&house);
    let versions = history(&house, &crate::bench::benches(&house), &before);
    assert!(!versions.is_empty());
    for version in &versions {
        assert_eq!(finalizers(version), Vec::<String>::new(), "{version}");
    }
    let owner = uid(&house.get(KIND, "plain"));
    house.delete("workbench", "plain");
    house.wait_until_gone(&owner);
}

#[test]
fn d01_a_child_in_another_namespace_needs_a_finalizer_before_it_is_written() {
    let house = house_that_permits(&json!({"group": "", "kinds": ["ConfigMap"], "reach": "All"}));
    let elsewhere = house.another_namespace();
    let mut far = config_map("distant", "one");
    far["metadata"]["namespace"] = elsewhere.clone().into();
    a_far_child(&house, &far, "configmaps", || house.find_in(&elsewhere, "ConfigMap", "distant"));
}

#[test]
fn d01_a_cluster_scoped_child_needs_a_finalizer_before_it_is_written() {
    let rule = json!({"group": "rbac.authorization.k8s.io", "kinds": ["ClusterRole"], "reach": "Cluster"});
    let house = house_that_permits(&rule);
    let name = house.namespace().to_owned();
    let far = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    });
    a_far_child(&house, &far, "clusterroles", || house.find("ClusterRole", &name));
}

#[test]
fn d01_a_guest_that_finalizes_needs_a_finalizer_until_it_is_finished() {
    let house = House::alone(&["final-bench"]);
    house.start_host();
    let mark = house.mark();
    let bench = |finished: bool| {
        Bench::of("FinalBench", "last").child(config_map("last", "one")).with("finished", finished.into())
    };
    bench(false).apply(&house);
    let find = || house.find("FinalBench", "last");
    house.eventually("its child is there", || house.find("ConfigMap", "last").is_some());
    assert_eq!(finalizers(&find().unwrap()), [GUEST]);
    let requests = house.requests_since(&mark);
    let taken = position(&requests, "patch", "finalbenches", "last");
    let written = position(&requests, "patch", "configmaps", "last");
    assert!(taken.is_some() && taken < written, "the finalizer is first:\n{}", told(&requests));

    house.begin_deletion("finalbench", "last");
    house.wait_until_quiet();
    assert_eq!(finalizers(&find().expect("it waits for its guest")), [GUEST]);
    bench(true).apply(&house);
    house.eventually("the guest is finished, and it goes", || find().is_none());
    house.eventually("so does its child", || house.find("ConfigMap", "last").is_none());
}
