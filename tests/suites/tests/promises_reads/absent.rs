//! W07: a read of a kind that is not there is answered "none", and the kind's arrival is a change.

use serde_json::json;

use crate::bench::{calls_by, house, looking, seen, wait_until_seen};

/// The CRD of the kind Latecomer.
const CRD: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: latecomers.test.innkeeper.dev}
spec:
  group: test.innkeeper.dev
  scope: Namespaced
  names: {plural: latecomers, singular: latecomer, kind: Latecomer}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {text: {type: string}}}}}
"#;

#[test]
fn w07_a_kind_that_is_not_there_is_answered_none_and_its_coming_and_going_are_changes() {
    let house = house();
    house.apply(&looking(
        "one",
        &json!({"apiVersion": "test.innkeeper.dev/v1", "kind": "Latecomer", "name": "late", "view": "spec"}),
    ));
    house.apply(&looking("all", &json!({"apiVersion": "test.innkeeper.dev/v1", "kind": "Latecomer"})));
    house.apply(&looking("bystander", &json!({"kind": "Secret", "name": "none"})));
    for name in ["one", "all", "bystander"] {
        wait_until_seen(&house, name, &json!([]));
    }
    house.wait_until_quiet();
    let arrival = calls_by(&house, || house.apply(CRD));
    assert_eq!(arrival, 2, "its arrival is a change for the two who read it");
    house.apply(r#"{"apiVersion": "test.innkeeper.dev/v1", "kind": "Latecomer", "metadata": {"name": "late"}, "spec": {"text": "here"}}"#);
    wait_until_seen(&house, "all", &json!(["late"]));
    house.eventually("it sees the text", || seen(&house, "one")[0]["spec"]["text"] == "here");
    house.delete_crd("latecomers.test.innkeeper.dev");
    wait_until_seen(&house, "one", &json!([]));
    wait_until_seen(&house, "all", &json!([]));
}
