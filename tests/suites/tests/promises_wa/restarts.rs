//! W01: a kind whose version or scope changes gets its controller anew.

use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::bench::{children_of, config_map, widen, within};
use crate::own_kind::OwnKind;

/// The CRD with its version v1 served or not, beside a version v2 that is.
fn with_v2(crd: &Value, v1_is_served: bool) -> Value {
    let mut crd = crd.clone();
    let mut v1 = crd["spec"]["versions"][0].clone();
    let mut v2 = v1.clone();
    v2["name"] = "v2".into();
    v1["served"] = v1_is_served.into();
    v1["storage"] = true.into();
    v2["storage"] = false.into();
    crd["spec"]["versions"] = json!([v1, v2]);
    crd
}

#[test]
fn w01_a_kind_whose_version_goes_and_comes_back_has_its_controller_stopped_and_started() {
    let house = House::alone(&[]);
    let kind = OwnKind::with_module(&house, "march");
    house.start_host();
    let crd = kind.crd(&house);
    kind.apply_crd(&house, &crd);
    // It takes an owner in a version that is not served for one that is gone.
    house.garbage_collection_knows_every_kind();
    house.apply(&kind.object("one", &children_of(&[config_map("paper", "first")])));
    house.eventually("its object has its child", || house.find("ConfigMap", "paper").is_some());

    kind.apply_crd(&house, &with_v2(&crd, false));
    kind.wait_until_controller(&house, "stopped", 1);
    kind.wait_for_reason(&house, "VersionNotServed");
    house.kubectl(&["delete", "configmap", "paper", "--ignore-not-found"]);

    kind.apply_crd(&house, &with_v2(&crd, true));
    kind.wait_until_controller(&house, "started", 2);
    kind.wait_for_reason(&house, "Serving");
    house.eventually("its object has its child again", || house.find("ConfigMap", "paper").is_some());
}

#[test]
fn w01_a_kind_that_comes_back_with_another_scope_has_its_controller_anew() {
    let house = House::alone(&[]);
    let kind = OwnKind::with_module(&house, "perch");
    house.start_host();
    let crd = kind.crd(&house);
    kind.apply_crd(&house, &crd);
    widen(&house, &kind.reconciler());
    house.apply(&kind.object("one", &children_of(&[config_map("paper", "first")])));
    house.eventually("its object has its child", || house.find("ConfigMap", "paper").is_some());
    house.delete_crd(&kind.crd_name());

    let mut cluster_wide = crd;
    cluster_wide["spec"]["scope"] = "Cluster".into();
    kind.apply_crd(&house, &cluster_wide);
    kind.wait_until_controller(&house, "stopped", 1);
    kind.wait_until_controller(&house, "started", 2);
    // It would look for the owner in a namespace, and take the child for an orphan.
    house.garbage_collection_knows_every_kind();
    // kubectl remembers the scope of kinds; it must not.
    let cache = tempfile::tempdir().unwrap();
    let cache = ["--cache-dir", cache.path().to_str().unwrap()];
    let child = within(config_map("pencil", "second"), house.namespace());
    let object = kind.object("two", &children_of(&[child]));
    house.kubectl_with(&[&cache[..], &["apply", "-f", "-"]].concat(), &object);
    house.eventually("the cluster-scoped object has its child", || house.find("ConfigMap", "pencil").is_some());
    let said = house.get("ConfigMap", "pencil")["metadata"]["annotations"]["innkeeper.dev/object"].clone();
    assert_eq!(said, "Workperch.test.innkeeper.dev//two", "its object has no namespace");
    house.kubectl(&[&cache[..], &["delete", &kind.crd_name(), "two"]].concat());
    house.eventually("its child goes with it", || house.find("ConfigMap", "pencil").is_none());
    house.delete_crd(&kind.crd_name());
}
