//! A06: what admission did to our request is not drift.

use innkeeper_suites::House;
use serde_json::json;

use crate::bench::{A_WHILE, Bench, KIND, config_map, patch};

/// A policy that makes every word of this namespace's ConfigMaps loud.
fn loud_words(house: &House) -> String {
    let (name, namespace) = (house.namespace(), house.namespace());
    format!(
        r#"
apiVersion: admissionregistration.k8s.io/VERSION
kind: MutatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  failurePolicy: Fail
  reinvocationPolicy: Never
  matchConstraints:
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}
    resourceRules:
      - {{apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["configmaps"]}}
  matchConditions:
    - {{name: has-a-word, expression: "has(object.data) && 'word' in object.data"}}
  mutations:
    - patchType: JSONPatch
      jsonPatch:
        expression: '[JSONPatch{{op: "replace", path: "/data/word", value: object.data.word.upperAscii()}}]'
---
apiVersion: admissionregistration.k8s.io/VERSION
kind: MutatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec: {{policyName: {name}}}
"#
    )
}

/// The newest version in which the API server has such policies.
fn served(house: &House) -> &'static str {
    let kinds = |version: &str| {
        let path = format!("/apis/admissionregistration.k8s.io/{version}");
        let versions = house.kubectl(&["api-versions"]);
        versions.contains(&path[6..]) && house.kubectl(&["get", "--raw", &path]).contains("mutatingadmissionpolicies")
    };
    ["v1", "v1beta1", "v1alpha1"]
        .into_iter()
        .find(|v| kinds(v))
        .expect("the API server has mutating admission policies")
}

#[test]
fn a06_what_admission_did_to_our_request_is_not_fought() {
    let house = House::shared();
    house.apply(&loud_words(&house).replace("VERSION", served(&house)));
    house.eventually("the policy is in force", || {
        let probe = config_map("probe", "quiet").to_string();
        let said = house.kubectl_with(&["create", "--dry-run=server", "-o", "json", "-f", "-"], &probe);
        said.contains("QUIET")
    });
    Bench::new("meek").child(config_map("meek", "quiet")).apply_ready(&house);
    assert_eq!(house.get("ConfigMap", "meek")["data"]["word"], "QUIET");
    house.wait_until_quiet();
    house.kubectl(&["label", "workbench", "meek", "touched=yes"]);
    assert_eq!(house.writes_during(A_WHILE), Vec::<String>::new(), "nothing is fought");

    // A change by a person is drift all the same; what is put back is what admission makes of it.
    patch(&house, "configmap", "meek", "somebody", &json!({"data": {"word": "theirs"}}));
    house.eventually("it is put back", || house.get("ConfigMap", "meek")["data"]["word"] == "QUIET");
    house.wait_for_condition(KIND, "meek", "Ready", "True");
    house.wait_until_quiet();
    let kinds = ["mutatingadmissionpolicybinding", "mutatingadmissionpolicy"];
    for kind in kinds {
        house.delete(kind, house.namespace());
    }
}
