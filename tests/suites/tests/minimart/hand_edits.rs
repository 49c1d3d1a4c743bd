//! What people do to children by hand is put right, in place; what belongs to others is left alone.

use innkeeper_suites::uid;

use crate::{KIND, NAME, SHOP, SHOP_CHILDREN, child, house, house_with_shop, ready};

/// Edits a child by hand with a JSON patch; it is put right, is still the same object, and nothing fights.
fn an_edit_is_put_right(kind: &str, patch: &str) {
    let house = house_with_shop();
    let before = uid(&child(&house, kind));
    house.kubectl(&["patch", kind, NAME, "--type=json", "-p", patch]);
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
    ready(&house, NAME);
    assert_eq!(uid(&child(&house, kind)), before, "it is put right in place");
    house.wait_until_quiet();
}

#[test]
fn minimart_all_04_a_service_port_edited_by_hand_is_put_back() {
    an_edit_is_put_right("Service", r#"[{"op": "replace", "path": "/spec/ports/0/port", "value": 9999}]"#);
}

#[test]
fn minimart_all_04_a_renamed_container_gets_its_name_back() {
    let path = "/spec/template/spec/containers/0/name";
    an_edit_is_put_right("Deployment", &format!(r#"[{{"op": "replace", "path": "{path}", "value": "stranger"}}]"#));
}

#[test]
fn minimart_all_04_a_config_map_edited_by_hand_is_put_back_and_an_added_key_goes() {
    let edit = r#"{"op": "replace", "path": "/data/minimart.yaml", "value": "words"}"#;
    an_edit_is_put_right("ConfigMap", &format!(r#"[{edit}, {{"op": "add", "path": "/data/more", "value": "words"}}]"#));
}

#[test]
fn minimart_all_04_replicas_scaled_by_hand_are_put_back() {
    an_edit_is_put_right("Deployment", r#"[{"op": "replace", "path": "/spec/replicas", "value": 4}]"#);
}

#[test]
fn minimart_all_04_a_child_name_that_somebody_elses_object_has_is_reported_and_left_alone() {
    let house = house();
    house.kubectl(&["create", "configmap", NAME, "--from-literal=mine=yes", "--field-manager=somebody"]);
    let before = child(&house, "ConfigMap");
    house.apply(SHOP);
    let message = house.wait_for_condition(KIND, NAME, "Stalled", "True");
    for word in ["ConfigMap", NAME, "somebody"] {
        assert!(message.contains(word), "the condition names {word}: {message}");
    }
    house.wait_for_condition(KIND, NAME, "ReleaseFailed", "True");
    assert_eq!(child(&house, "ConfigMap"), before, "nobody touched it");
    house.delete("configmap", NAME);
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
    ready(&house, NAME);
    house.wait_for_condition(KIND, NAME, "ReleaseFailed", "False");
}
