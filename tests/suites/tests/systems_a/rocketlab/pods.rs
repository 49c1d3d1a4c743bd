//! When the Pod of a source is made anew, and when not.

use innkeeper_suites::uid;
use serde_json::json;

use super::{MOON, POD, SOURCE, house_with_thrust, switch, wait_for_another_pod};
use crate::{change, fail, history};

#[test]
fn rocketlab_07_a_changed_metricname_deletes_the_pod_and_makes_it_anew() {
    let house = house_with_thrust();
    let before = house.get("Pod", POD);
    change(&house, "tmsource", "thrust", &json!({"metricname": "altitude"}));
    wait_for_another_pod(&house, &uid(&before));
    house.wait_for_condition("TmSource", "thrust", "Ready", "True");
    let env = house.get("Pod", POD)["spec"]["containers"][0]["env"].clone();
    assert_eq!(env[1], json!({"name": "METRIC_NAME", "value": "altitude"}));

    let path = format!("/api/v1/namespaces/{}/pods", house.namespace());
    let told = history(&house, &path, &before);
    let comings: Vec<&str> = told.iter().map(|(what, _)| what.as_str()).filter(|what| *what != "MODIFIED").collect();
    assert_eq!(comings, ["DELETED", "ADDED"], "never two at once, and once is enough");
}

#[test]
fn rocketlab_09_a_pod_deleted_by_hand_is_replaced() {
    let house = house_with_thrust();
    let before = uid(&house.get("Pod", POD));
    house.begin_deletion("pod", POD);
    wait_for_another_pod(&house, &before);
    house.wait_for_condition("TmSource", "thrust", "Ready", "True");
}

#[test]
fn rocketlab_09_a_pod_that_failed_or_was_evicted_is_replaced() {
    let house = house_with_thrust();
    for reason in ["Error", "Evicted"] {
        let before = uid(&house.get("Pod", POD));
        fail(&house, POD, reason);
        wait_for_another_pod(&house, &before);
    }
    house.wait_for_condition("TmSource", "thrust", "Ready", "True");
}

#[test]
fn rocketlab_09_under_a_disabled_site_nothing_is_replaced() {
    let house = house_with_thrust();
    switch(&house, "moon", false);
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    house.kubectl(&["annotate", "tmsource", "thrust", "touched=yes"]);
    house.wait_until_quiet();
    assert!(house.list("Pod", "").is_empty());
}

/// Puts a sidecar, an annotation and a toleration into every new Pod of the namespace.
const SIDECARS: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: NAME}
spec:
  failurePolicy: Fail
  reinvocationPolicy: Never
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAME}}
    resourceRules: [{apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"]}]
  mutations:
    - patchType: JSONPatch
      jsonPatch:
        expression: >-
          [JSONPatch{op: "add", path: "/spec/containers/-",
                     value: Object.spec.containers{name: "sidecar", image: "example.com/sidecar:1"}},
           JSONPatch{op: "add", path: "/spec/terminationGracePeriodSeconds", value: 7}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: NAME}
spec: {policyName: NAME}
"#;

#[test]
fn rocketlab_09_a_pod_to_which_a_webhook_added_fields_is_not_replaced() {
    let house = crate::house();
    house.apply(&SIDECARS.replace("NAME", house.namespace()));
    let probe = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"},
        "spec": {"containers": [{"name": "probe", "image": "example.com/probe:1"}]}});
    house.eventually("the policy is in force", || {
        let create = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
        house.kubectl_with(&create, &probe.to_string()).contains("sidecar")
    });
    house.apply(MOON);
    SOURCE.lives_in(&house);
    let before = house.get("Pod", POD);
    assert_eq!(before["spec"]["containers"].as_array().map(Vec::len), Some(2), "{}", before["spec"]);
    house.wait_until_quiet();
    house.kubectl(&["annotate", "tmsource", "thrust", "touched=yes"]);
    house.kubectl(&["annotate", "pod", POD, "example.com/seen=yes"]);
    let writes = house.writes_during(std::time::Duration::from_secs(5));
    assert!(writes.is_empty(), "nothing is fought: {writes:#?}");
    assert_eq!(uid(&house.get("Pod", POD)), uid(&before));
    for kind in ["mutatingadmissionpolicybinding", "mutatingadmissionpolicy"] {
        house.delete(kind, house.namespace());
    }
}
