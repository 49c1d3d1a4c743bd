//! A06: the fields of other managers are left alone, also when the child is applied again.

use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::bench::{Bench, config_map, deployment, patch};

/// The images of a Deployment's containers, by name.
fn images(deployment: &Value) -> Vec<(String, String)> {
    let containers = deployment.pointer("/spec/template/spec/containers").and_then(Value::as_array).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    containers.iter().map(|c| (text(&c["name"]), text(&c["image"]))).collect()
}

#[test]
fn a06_replicas_a_sidecar_labels_and_annotations_of_others_are_left_alone() {
    let house = House::shared();
    Bench::new("shared").child(deployment("shared")).apply_ready(&house);
    patch(&house, "deployment", "shared", "autoscaler", &json!({"spec": {"replicas": 3}}));
    let sidecar = r#"[{"op": "add", "path": "/spec/template/spec/containers/-",
        "value": {"name": "sidecar", "image": "example.com/sidecar:1"}}]"#;
    house.kubectl(&["patch", "deployment", "shared", "--type=json", "--field-manager=injector", "-p", sidecar]);
    let marks = json!({"metadata": {"labels": {"theirs": "yes"}, "annotations": {"theirs": "yes"}}});
    patch(&house, "deployment", "shared", "somebody", &marks);
    house.wait_until_quiet();

    let is_left_alone = |image: &str| {
        let child = house.get("Deployment", "shared");
        assert_eq!(child["spec"]["replicas"], 3, "the autoscaler's replicas");
        assert_eq!(child["metadata"]["labels"]["theirs"], "yes");
        assert_eq!(child["metadata"]["annotations"]["theirs"], "yes");
        let wanted = [("app", image), ("sidecar", "example.com/sidecar:1")];
        assert_eq!(images(&child), wanted.map(|(name, image)| (name.to_owned(), image.to_owned())));
    };
    is_left_alone("example.com/app:1");

    // An apply of ours changes only what is ours.
    let mut newer = deployment("shared");
    newer["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/app:2".into();
    Bench::new("shared").child(newer).apply_ready(&house);
    house
        .eventually("the new image arrives", || images(&house.get("Deployment", "shared"))[0].1 == "example.com/app:2");
    house.wait_until_quiet();
    is_left_alone("example.com/app:2");
}

#[test]
fn a06_a_key_of_a_map_that_is_not_exclusive_is_left_alone() {
    let house = House::shared();
    let bench = |word| Bench::new("open").child_with(config_map("open", word), json!({"shared": ["data"]}));
    bench("one").apply_ready(&house);
    patch(&house, "configmap", "open", "somebody", &json!({"data": {"theirs": "yes"}}));
    house.wait_until_quiet();
    bench("two").apply(&house);
    house.eventually("both are there", || {
        house.get("ConfigMap", "open")["data"] == json!({"word": "two", "theirs": "yes"})
    });
}
