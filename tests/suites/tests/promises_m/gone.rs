//! Reconcilers that go in the middle: deleted or renamed during a rollout, or left by a host that died before the cluster
//! kept its module.

use innkeeper_controlplane::Fault;
use innkeeper_suites::{House, guest};
use serde_json::{Value, json};

use crate::by_kubectl::{decides, web};
use crate::m05_plan::names;
use crate::m06_rollouts::{NAME, stopped_at_the_canary};
use crate::pusher::{digest_of, house};

/// The same Reconciler under another name, which names that module.
fn renamed(house: &House, before: &Value, name: &str, digest: &str) {
    let mut spec = before["spec"].clone();
    spec["module"] = json!({"pushed": {}, "digest": digest});
    let anew = json!({
        "apiVersion": "innkeeper.dev/v1alpha1", "kind": "Reconciler", "metadata": {"name": name}, "spec": spec,
    });
    house.apply(&anew.to_string());
}

#[test]
fn m06_a_reconciler_deleted_in_the_middle_of_a_rollout_leaves_everything_as_it_is() {
    let house = house();
    stopped_at_the_canary(&house);
    let (maps, deployments) = (names(&house, "ConfigMap"), names(&house, "Deployment"));
    house.kubectl(&["delete", "reconciler", NAME]);
    house.wait_until_quiet();
    assert_eq!((names(&house, "ConfigMap"), names(&house, "Deployment")), (maps, deployments));
    assert!(house.find("Reconciler", NAME).is_none(), "nobody makes it again");
    house.kubectl(&["delete", "kindcustomhttp", "--all"]);
}

#[test]
fn m06_a_reconciler_renamed_in_the_middle_of_a_rollout_goes_on_with_the_module_that_it_names() {
    let house = house();
    let [first, second] = stopped_at_the_canary(&house);
    for (name, module, child) in [("second-name", &second, "configmop"), ("third-name", &first, "configmap")] {
        let before = house.get("Reconciler", if name == "second-name" { NAME } else { "second-name" });
        house.kubectl(&["delete", "reconciler", before["metadata"]["name"].as_str().unwrap()]);
        renamed(&house, &before, name, module);
        house.eventually("the module that is named decides", || digest_of(&house, name) == *module);
        let wanted = ["ping", "pong"].map(|object| format!("{object}-{child}"));
        house.eventually("all have what it wants", || names(&house, "ConfigMap") == wanted);
        assert_eq!(house.get("Reconciler", name)["status"]["rollout"], Value::Null);
    }
}

#[test]
fn m04_a_host_that_dies_before_the_cluster_keeps_its_module_keeps_it_at_the_next_start() {
    let house = House::alone(&[]);
    house.lose_kept_modules();
    let proxy = house.proxy();
    proxy.count_only(|sent| sent.changes_the_cluster() && sent.path.contains("/namespaces/innkeeper/configmaps"));
    let caught = proxy.arm(Fault::BeforeWrite(1));
    house.begin_host_on(house.modules().path(), proxy.kubeconfig()).wait_until_ready();
    house.modules().put("custom-http.wasm", &guest(NAME));
    house.eventually("the host is about to keep it", || caught.now().is_some());
    web(&house, "it serves all the same");
    house.host().kill();
    proxy.disarm();
    let kept = |house: &House| house.get("Reconciler", NAME)["status"]["history"][0]["kept"].clone();
    assert_eq!(kept(&house), Value::Null);
    house.begin_host_on(house.modules().path(), proxy.kubeconfig()).wait_until_ready();
    house.eventually("the cluster keeps it", || kept(&house) == true);
    let digest = decides(&house);
    house.host().kill();
    // So a host without the file goes on.
    house.modules().remove("custom-http.wasm");
    house.begin_host_on(house.modules().path(), proxy.kubeconfig()).wait_until_ready();
    web(&house, "without the file");
    assert_eq!(decides(&house), digest);
}
