//! A08: children no longer wanted are deleted: by uid, in the background, and also when their kind is no
//! longer declared.

use innkeeper_suites::{House, guest, reworded};
use serde_json::{Value, json};

use crate::bench::{Bench, config_map, patch, service};

/// A policy that refuses every deletion of a person's or a host's in this namespace that does not name the
/// uid of the object that is there, or does not say Background. The audit log does not hold what a delete
/// says; the API server shows it to admission.
fn only_careful_deletes(house: &House) -> String {
    let (name, namespace) = (house.namespace(), house.namespace());
    format!(
        r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}
    resourceRules:
      - {{apiGroups: [""], apiVersions: ["v1"], operations: ["DELETE"], resources: ["configmaps"]}}
      - {{apiGroups: ["batch"], apiVersions: ["v1"], operations: ["DELETE"], resources: ["jobs"]}}
  validations:
    - expression: >-
        has(request.options.preconditions) && has(request.options.preconditions.uid)
        && request.options.preconditions.uid == oldObject.metadata.uid
      message: a delete must name the uid
    - expression: has(request.options.propagationPolicy) && request.options.propagationPolicy == 'Background'
      message: a delete must say Background
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec: {{policyName: {name}, validationActions: [Deny]}}
"#
    )
}

fn job(name: &str) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "app", "image": "example.com/app:1"}]},
        }},
    })
}

#[test]
fn a08_a_pruned_child_is_deleted_by_its_uid_and_in_the_background() {
    let house = House::shared();
    house.kubectl(&["create", "configmap", "probe"]);
    house.apply(&only_careful_deletes(&house));
    let probe = ["delete", "configmap", "probe", "--dry-run=server"];
    house.eventually("the policy is in force", || {
        house.try_kubectl(&probe).is_err_and(|said| said.contains("must name the uid"))
    });
    Bench::new("tidy").child(config_map("old", "one")).child(config_map("new", "one")).apply_ready(&house);
    Bench::new("tidy").child(config_map("new", "two")).apply(&house);
    house.eventually("the old child is gone", || house.find("ConfigMap", "old").is_none());
    assert_eq!(house.get("ConfigMap", "new")["data"]["word"], "two");
    let kinds = ["validatingadmissionpolicybinding", "validatingadmissionpolicy"];
    for kind in kinds {
        house.delete(kind, house.namespace());
    }
}

#[test]
fn a08_what_hangs_on_a_pruned_child_goes_with_it() {
    let house = House::shared();
    // A Job whose deletion says nothing of propagation leaves its Pods behind (batch/v1's default).
    Bench::new("tidy").child(job("work")).child(config_map("stays", "one")).apply(&house);
    house.eventually("the Job has a Pod", || !house.list("Pod", "app=work").is_empty());
    Bench::new("tidy").child(config_map("stays", "one")).apply(&house);
    house.eventually("the Job is gone", || house.find("Job", "work").is_none());
    house.eventually("its Pods are gone", || house.list("Pod", "app=work").is_empty());
    house.wait_for_condition(crate::bench::KIND, "tidy", "Ready", "True");
}

#[test]
fn a08_a_child_goes_although_its_kind_is_not_permitted_any_more() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    let bench = || Bench::new("tidy").child(service("stays"));
    bench().child(config_map("old", "one")).apply_ready(&house);
    let only_services = json!([{"group": "", "kinds": ["Service"]}]);
    patch(&house, "reconciler", "workbench", "somebody", &json!({"spec": {"permissions": {"apply": only_services}}}));
    house.wait_for_condition(crate::bench::KIND, "tidy", "Ready", "False");
    assert!(house.find("ConfigMap", "old").is_some(), "an outcome that is refused deletes nothing");
    bench().apply(&house);
    house.eventually("the child of that kind is gone", || house.find("ConfigMap", "old").is_none());
    house.wait_for_condition(crate::bench::KIND, "tidy", "Ready", "True");
    assert!(house.find("Service", "stays").is_some());
}

#[test]
fn a08_a_child_goes_although_the_module_does_not_declare_its_kind_any_more() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    let bench = || Bench::new("tidy").child(service("stays"));
    bench().child(config_map("old", "one")).apply_ready(&house);
    house.host().kill();
    // The same guest, but what it declares is a kind of that other name; and its Reconciler is made anew
    // with what it declares, so that only the children themselves say what they are.
    house.modules().put("workbench.wasm", &reworded(&guest("workbench"), "ConfigMap", "ConfigMop"));
    let only_services = json!([{"group": "", "kinds": ["Service"]}]);
    patch(&house, "reconciler", "workbench", "somebody", &json!({"spec": {"permissions": {"apply": only_services}}}));
    bench().apply(&house);
    house.start_host();
    house.eventually("the child of that kind is gone", || house.find("ConfigMap", "old").is_none());
    house.wait_for_condition(crate::bench::KIND, "tidy", "Ready", "True");
    assert!(house.find("Service", "stays").is_some());
}
