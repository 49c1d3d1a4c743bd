//! A06: drift in what we own is put back, labels and annotations too; so are lists and maps declared
//! exclusive.

use innkeeper_suites::{House, OBJECT_UID, uid};
use serde_json::{Value, json};

use crate::bench::{Bench, KIND, config_map, deployment, patch, service};

/// A bench whose child is changed by somebody; it becomes again what it was, in place, and nothing fights.
fn put_back(child: Value, more: Value, edit: &Value, is_back: impl Fn(&Value) -> bool) {
    let house = House::shared();
    let (kind, name) =
        (child["kind"].as_str().unwrap().to_owned(), child["metadata"]["name"].as_str().unwrap().to_owned());
    Bench::new("kept").child_with(child, more).apply_ready(&house);
    let before = house.get(&kind, &name);
    assert!(is_back(&before), "it is so before: {before}");
    patch(&house, &kind, &name, "somebody", edit);
    house.eventually("it is put back", || {
        let child = house.get(&kind, &name);
        let is_later = child["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"];
        (is_later && is_back(&child)).then_some(()).ok_or_else(|| child.to_string())
    });
    house.wait_for_condition(KIND, "kept", "Ready", "True");
    house.wait_until_quiet();
    let after = house.get(&kind, &name);
    assert!(is_back(&after), "it stays so: {after}");
    assert_eq!(uid(&after), uid(&before), "it is put back in place");
}

#[test]
fn a06_a_changed_field_is_put_back() {
    let edit = json!({"data": {"word": "theirs"}});
    put_back(config_map("kept", "ours"), json!({}), &edit, |child| child["data"]["word"] == "ours");
}

#[test]
fn a06_a_changed_field_deep_in_a_spec_is_put_back() {
    let containers = json!([{"name": "app", "image": "example.com/theirs:2"}]);
    let edit = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    let image = "/spec/template/spec/containers/0/image";
    put_back(deployment("kept"), json!({}), &edit, |child| child.pointer(image) == Some(&json!("example.com/app:1")));
}

#[test]
fn a06_labels_and_annotations_that_were_changed_are_put_back() {
    let edit = json!({"metadata": {"labels": {"team": "theirs"}, "annotations": {"menu": "theirs"}}});
    put_back(deployment("kept"), json!({}), &edit, |child| {
        child["metadata"]["labels"]["team"] == "kitchen" && child["metadata"]["annotations"]["menu"] == "soup"
    });
}

#[test]
fn a06_labels_and_annotations_that_were_removed_are_put_back() {
    let edit = json!({"metadata": {"labels": null, "annotations": null}});
    put_back(deployment("kept"), json!({}), &edit, |child| {
        child["metadata"]["labels"]["team"] == "kitchen"
            && child["metadata"]["annotations"]["menu"] == "soup"
            && child["metadata"]["annotations"]["innkeeper.dev/object"].is_string()
    });
}

#[test]
fn a06_the_label_that_says_whose_it_is_is_put_back() {
    let edit = json!({"metadata": {"labels": {OBJECT_UID: null}}});
    put_back(config_map("kept", "ours"), json!({}), &edit, |child| child["metadata"]["labels"][OBJECT_UID].is_string());
}

#[test]
fn a06_a_foreign_key_of_an_exclusive_map_goes() {
    let edit = json!({"data": {"foreign": "theirs"}});
    let exclusive = json!({"exclusive": ["data"]});
    put_back(config_map("kept", "ours"), exclusive, &edit, |child| child["data"] == json!({"word": "ours"}));
}

#[test]
fn a06_a_foreign_port_of_an_exclusive_list_goes() {
    let edit = json!({"spec": {"ports": [{"name": "http", "port": 8080}, {"name": "foreign", "port": 9090}]}});
    let exclusive = json!({"exclusive": ["spec.ports"]});
    let ports = |child: &Value| child["spec"]["ports"].as_array().map_or(0, Vec::len);
    put_back(service("kept"), exclusive, &edit, |child| ports(child) == 1 && child["spec"]["ports"][0]["port"] == 8080);
}

#[test]
fn a06_a_foreign_container_of_an_exclusive_list_goes() {
    let containers =
        json!([{"name": "app", "image": "example.com/app:1"}, {"name": "foreign", "image": "example.com/foreign:1"}]);
    let edit = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    let exclusive = json!({"exclusive": ["spec.template.spec.containers"]});
    let names = |child: &Value| -> Vec<Value> {
        let containers = child.pointer("/spec/template/spec/containers").and_then(Value::as_array);
        containers.into_iter().flatten().map(|c| c["name"].clone()).collect()
    };
    put_back(deployment("kept"), exclusive, &edit, |child| names(child) == ["app"]);
}
