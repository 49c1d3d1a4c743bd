//! A04: what is not ours is removed only by permission. (This host refuses contributions, the other exception.)

use innkeeper_suites::{House, uid};
use serde_json::json;

use crate::bench::{bench, config_map, event_says, lines, permissions, permit, stalled, wait_until_ready, writes_of};

#[test]
fn a04_an_object_that_is_not_ours_is_removed_only_by_permission_and_by_its_uid() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    permissions(&house, "workbench", "delete");
    permit(&house, "workbench", "delete", &[]);
    house.wait_until_quiet();
    house.kubectl(&["create", "configmap", "theirs", "--from-literal=text=theirs"]);
    let before = house.get("ConfigMap", "theirs");
    let remove = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "uid": uid(&before)});
    let mark = house.mark();
    house.apply(&bench("one", &json!({"children": [], "remove": [remove]})));
    let message = stalled(&house, "one", "ChildFailed");
    for word in ["theirs", "not this object's child", "spec.permissions.delete"] {
        assert!(message.contains(word), "the condition says {word:?}: {message}");
    }
    event_says(&house, "one", "ChildFailed", &["theirs", "spec.permissions.delete"]);
    assert_eq!(house.get("ConfigMap", "theirs"), before, "nobody touched it");
    let writes = writes_of(&house, &mark, "configmaps");
    assert!(writes.is_empty(), "it was not even tried:\n{}", lines(&writes));

    permit(&house, "workbench", "delete", &[json!({"group": "", "kinds": ["ConfigMap"], "reach": "Own"})]);
    house.eventually("it is removed", || house.find("ConfigMap", "theirs").is_none());
    wait_until_ready(&house, "one");

    // Another one of that name is not what was meant.
    house.kubectl(&["create", "configmap", "theirs", "--from-literal=text=theirs"]);
    let another = house.get("ConfigMap", "theirs");
    let children = json!([{"manifest": config_map("paper", "mine")}]);
    let patch = json!({"spec": {"children": children}}).to_string();
    house.patch(crate::bench::KUBECTL, "one", &patch);
    wait_until_ready(&house, "one");
    house.wait_until_quiet();
    assert_eq!(house.get("ConfigMap", "theirs"), another, "a uid means one object, not a name");
}

#[test]
fn a04_a_removal_of_a_kind_that_no_permission_names_refuses_the_outcome() {
    let house = House::shared();
    let role =
        r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "power"}, "rules": []}"#;
    house.apply(role);
    let arguments = ["get", "role", "power", "--output=json"];
    let before: serde_json::Value = serde_json::from_str(&house.kubectl(&arguments)).unwrap();
    let version = "rbac.authorization.k8s.io/v1";
    let remove = json!({"apiVersion": version, "kind": "Role", "name": "power", "uid": uid(&before)});
    house.apply(&bench("one", &json!({"children": [], "remove": [remove]})));
    let message = stalled(&house, "one", "OutcomeRefused");
    assert!(message.contains("power") && message.contains("spec.permissions.delete"), "{message}");
    let after: serde_json::Value = serde_json::from_str(&house.kubectl(&arguments)).unwrap();
    assert_eq!(after, before, "nobody touched it");
}
