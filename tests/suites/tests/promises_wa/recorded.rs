//! A02: a kind is recorded before the first child of that kind is written; it costs no write per object.

use innkeeper_suites::House;
use serde_json::json;

use crate::bench::{children_of, config_map, lines, writes_of};
use crate::own_kind::OwnKind;

/// Many, so that a write for each of them cannot be taken for anything else.
const OBJECTS: usize = 30;

/// A house that is quiet, with a kind of its own of which there is no object yet.
fn quiet_house(word: &'static str) -> (House, OwnKind) {
    let house = House::alone(&[]);
    let kind = OwnKind::with_module(&house, word);
    house.start_host();
    kind.apply_crd(&house, &kind.crd(&house));
    kind.wait_for_reason(&house, "Serving");
    house.wait_until_quiet();
    (house, kind)
}

/// The kinds that the Reconciler of a kind lists.
fn recorded(house: &House, kind: &OwnKind) -> serde_json::Value {
    house.get("Reconciler", &kind.reconciler())["status"]["kinds"].clone()
}

#[test]
fn a02_a_kind_is_recorded_on_the_reconciler_before_the_first_child_of_that_kind_is_written() {
    let (house, kind) = quiet_house("lynch");
    assert!(recorded(&house, &kind).is_null(), "no kind is recorded before it is needed");
    let mark = house.mark();
    house.apply(&kind.object("one", &children_of(&[config_map("paper", "text")])));
    house.eventually("its object has its child", || house.find("ConfigMap", "paper").is_some());
    assert_eq!(recorded(&house, &kind), json!([{"group": "", "version": "v1", "kind": "ConfigMap"}]));
    let requests = house.requests_since(&mark);
    let first = |resource: &str| requests.iter().position(|request| request.is_write() && request.resource == resource);
    let (kinds, child) = (first("reconcilers"), first("configmaps"));
    assert!(kinds.is_some() && kinds < child, "the kind comes before the child:\n{}", lines(&requests));
}

/// Refuses to record kinds on one Reconciler.
fn refusal(kind: &OwnKind) -> String {
    let mine = format!("object.metadata.name != '{}'", kind.reconciler());
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": kind.reconciler()},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{
                "apiGroups": ["innkeeper.dev"],
                "apiVersions": ["*"],
                "operations": ["UPDATE"],
                "resources": ["reconcilers/status"],
            }]},
            "validations": [{
                "expression": format!("{mine} || !has(object.status.kinds) || size(object.status.kinds) == 0"),
                "message": "no kinds today",
            }],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": kind.reconciler()},
        "spec": {"policyName": kind.reconciler(), "validationActions": ["Deny"]},
    });
    json!({"apiVersion": "v1", "kind": "List", "items": [policy, binding]}).to_string()
}

#[test]
fn a02_no_child_is_written_while_its_kind_cannot_be_recorded() {
    let (house, kind) = quiet_house("conch");
    house.apply(&refusal(&kind));
    let patch = r#"{"status": {"kinds": [{"group": "", "version": "v1", "kind": "Pod"}]}}"#;
    let name = kind.reconciler();
    let record = ["patch", "reconciler", &name, "--subresource=status", "--type=merge", "--patch", patch];
    house.eventually("the refusal is in force", || {
        house.try_kubectl(&[&record[..], &["--dry-run=server"]].concat()).is_err_and(|why| why.contains("no kinds"))
    });
    let mark = house.mark();
    house.apply(&kind.object("one", &children_of(&[config_map("paper", "text")])));
    house.eventually("the host tried twice to record the kind", || {
        writes_of(&house, &mark, "reconcilers").iter().filter(|write| write.code >= 400).count() >= 2
    });
    let children = writes_of(&house, &mark, "configmaps");
    assert!(children.is_empty(), "no child before its kind is recorded:\n{}", lines(&children));
    house.kubectl(&["delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", &name]);
    house.eventually("its object has its child", || house.find("ConfigMap", "paper").is_some());
    assert_eq!(recorded(&house, &kind), json!([{"group": "", "version": "v1", "kind": "ConfigMap"}]));
}

#[test]
fn a02_recording_kinds_costs_no_write_per_object() {
    let (house, kind) = quiet_house("hunch");
    let mark = house.mark();
    let names: Vec<String> = (0..OBJECTS).map(|n| format!("one-{n}")).collect();
    let object = |name: &String| kind.object(name, &children_of(&[config_map(name, "text")]));
    let items: Vec<serde_json::Value> = names.iter().map(|name| serde_json::from_str(&object(name)).unwrap()).collect();
    house.apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string());
    house.eventually("every object has its child", || names.iter().all(|name| house.find("ConfigMap", name).is_some()));
    house.wait_until_quiet();
    // One write records the kind. The others are counts of objects, at most one in five seconds.
    let writes = writes_of(&house, &mark, "reconcilers");
    assert!(!writes.is_empty() && writes.len() < OBJECTS / 3, "not a write per object:\n{}", lines(&writes));
    let children = writes_of(&house, &mark, "configmaps");
    assert_eq!(children.len(), OBJECTS, "one write per child:\n{}", lines(&children));
}
