//! Admission that refuses children, or cannot be asked.

use innkeeper_suites::House;

use crate::street::{self, KIND};

/// Something that stands in the way until it is deleted.
fn is_survived(house: &House, obstacle: &str, told: &str) {
    house.start_host();
    street::before(house);
    house.apply(obstacle);
    // It is in force only a moment after it is there.
    house.eventually("it is in force", || {
        house.try_kubectl(&["create", "configmap", "probe", "--dry-run=server"]).is_err()
    });
    house.apply(include_str!("after.yaml"));
    house.eventually("the object says why", || {
        let said = house.get(KIND, "coming")["status"]["conditions"].to_string();
        if said.contains(told) { Ok(()) } else { Err(said) }
    });
    house.kubectl_with(&["delete", "-f", "-"], obstacle);
    house.eventually("it is gone", || house.try_kubectl(&["create", "configmap", "probe", "--dry-run=server"]).is_ok());
    street::meanwhile(house);
    street::after(house);
}

#[test]
fn a_policy_that_refuses_children_is_told_and_survived() {
    let house = street::house();
    let namespace = house.namespace();
    let policy = format!(
        r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: no-configmaps}}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{{apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["configmaps"]}}]
  validations: [{{expression: "false", message: "nobody may write ConfigMaps today"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: no-configmaps}}
spec:
  policyName: no-configmaps
  validationActions: [Deny]
  matchResources: {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}}}
"#
    );
    is_survived(&house, &policy, "nobody may write ConfigMaps today");
}

#[test]
fn a_webhook_that_does_not_answer_is_told_and_survived() {
    let house = street::house();
    let namespace = house.namespace();
    // Nobody listens on the discard port of loopback.
    let webhook = format!(
        r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: gone}}
webhooks:
  - name: gone.test.innkeeper.dev
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 1
    clientConfig: {{url: "https://127.0.0.1:9/"}}
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}
    rules: [{{apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["configmaps"]}}]
"#
    );
    is_survived(&house, &webhook, "gone.test.innkeeper.dev");
}
