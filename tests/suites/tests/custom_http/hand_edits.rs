//! What people do to children by hand is put right, in place; what belongs to others is left alone.

use innkeeper_suites::{House, condition, uid};

use crate::{KIND, WEB, WEB_CHILDREN, house_with_web};

/// Edits a child by hand with a JSON patch; it is put right, is still the same object, and nothing fights.
fn an_edit_is_put_right(kind: &str, name: &str, patch: &str) -> House {
    let house = house_with_web();
    let before = uid(&house.get(kind, name));
    house.kubectl(&["patch", kind, name, "--type=json", "-p", patch]);
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
    house.wait_for_condition(KIND, "web", "Ready", "True");
    assert_eq!(uid(&house.get(kind, name)), before, "it is put right in place");
    house.wait_until_quiet();
    house
}

#[test]
fn custom_http_all_04_a_service_port_edited_by_hand_is_put_back() {
    let patch = r#"[{"op": "replace", "path": "/spec/ports/0/port", "value": 9999}]"#;
    an_edit_is_put_right("Service", "web", patch);
}

#[test]
fn custom_http_all_04_a_container_port_edited_by_hand_is_put_back() {
    let patch =
        r#"[{"op": "replace", "path": "/spec/template/spec/containers/0/ports/0/containerPort", "value": 9090}]"#;
    an_edit_is_put_right("Deployment", "web", patch);
}

#[test]
fn custom_http_all_04_a_renamed_container_gets_its_name_back_and_the_foreign_one_goes() {
    let patch = r#"[{"op": "replace", "path": "/spec/template/spec/containers/0/name", "value": "stranger"}]"#;
    an_edit_is_put_right("Deployment", "web", patch);
}

#[test]
fn custom_http_all_04_an_added_config_map_key_goes() {
    let patch = r#"[{"op": "add", "path": "/data/foreign", "value": "words"}]"#;
    let house = an_edit_is_put_right("ConfigMap", "web-configmap", patch);
    assert!(house.get("ConfigMap", "web-configmap")["data"]["foreign"].is_null());
}

#[test]
fn custom_http_all_04_a_changed_config_map_value_is_put_back() {
    an_edit_is_put_right(
        "ConfigMap",
        "web-configmap",
        r#"[{"op": "replace", "path": "/data/greeting", "value": "words"}]"#,
    );
}

#[test]
fn custom_http_all_04_labels_and_annotations_taken_off_by_hand_come_back() {
    let patch = r#"[{"op": "remove", "path": "/metadata/labels"}, {"op": "remove", "path": "/metadata/annotations"}]"#;
    an_edit_is_put_right("Service", "web", patch);
}

#[test]
fn custom_http_all_04_a_child_deleted_by_hand_comes_back() {
    let house = house_with_web();
    for (kind, name) in [("Deployment", "web"), ("Service", "web"), ("ConfigMap", "web-configmap")] {
        let before = uid(&house.get(kind, name));
        house.begin_deletion(kind, name);
        house.eventually(&format!("there is a new {kind} {name}"), || {
            house.find(kind, name).is_some_and(|child| uid(&child) != before)
        });
    }
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
    house.wait_for_condition(KIND, "web", "Ready", "True");
}

#[test]
fn custom_http_all_04_a_child_name_that_somebody_elses_object_has_is_reported_and_left_alone() {
    let house = House::shared();
    house.kubectl(&["create", "configmap", "web-configmap", "--from-literal=mine=yes", "--field-manager=somebody"]);
    let before = house.get("ConfigMap", "web-configmap");
    house.apply(WEB);
    let message = house.wait_for_condition(KIND, "web", "Stalled", "True");
    for word in ["ConfigMap", "web-configmap", "somebody"] {
        assert!(message.contains(word), "the condition names {word}: {message}");
    }
    let ready = condition(&house.get(KIND, "web"), "Ready").unwrap();
    assert_eq!(ready["status"], "False");
    house.eventually("an Event says so too", || {
        house.list("Event", "").iter().any(|e| {
            e["involvedObject"]["name"] == "web" && e["message"].as_str().is_some_and(|m| m.starts_with(&message))
        })
    });
    assert!(house.find("Service", "web").is_some(), "independent children are there");
    assert_eq!(house.get("ConfigMap", "web-configmap"), before, "nobody touched it");

    house.delete("configmap", "web-configmap");
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
    house.wait_for_condition(KIND, "web", "Ready", "True");
}
