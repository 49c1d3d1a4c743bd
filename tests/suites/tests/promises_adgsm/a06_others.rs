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

#[test]
fn a06_an_autoscaler_scales_what_says_nothing_of_replicas() {
    let house = House::shared();
    Bench::new("scaled").child(deployment("scaled")).apply_ready(&house);
    let scaler = json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "scaled"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "scaled"},
            "minReplicas": 3,
            "maxReplicas": 5,
        },
    });
    house.apply(&scaler.to_string());
    house.eventually("the autoscaler scales it", || house.get("Deployment", "scaled")["spec"]["replicas"] == 3);
    house.wait_until_quiet();
    let mut newer = deployment("scaled");
    newer["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/app:2".into();
    Bench::new("scaled").child(newer).apply_ready(&house);
    house.eventually("the new image arrives", || {
        images(&house.get("Deployment", "scaled")) == [("app".to_owned(), "example.com/app:2".to_owned())]
    });
    house.wait_until_quiet();
    assert_eq!(house.get("Deployment", "scaled")["spec"]["replicas"], 3, "the autoscaler's replicas stay");
}

#[test]
fn a06_kubectl_scale_sets_replicas_where_the_guest_says_nothing_of_them_and_not_where_it_does() {
    let house = House::shared();
    let mut stated = deployment("stated");
    stated["spec"]["replicas"] = 1.into();
    Bench::new("hands").child(deployment("open")).child(stated).apply_ready(&house);
    house.kubectl(&["scale", "deployment", "open", "stated", "--replicas=2"]);
    house.eventually("what is stated is put back", || house.get("Deployment", "stated")["spec"]["replicas"] == 1);
    house.wait_until_quiet();
    assert_eq!(house.get("Deployment", "open")["spec"]["replicas"], 2, "what nobody states is left as it is");
}

#[test]
fn a06_kubectl_edit_that_renames_a_key_has_ours_put_back_and_its_own_kept() {
    let house = House::shared();
    Bench::new("edited").child_with(config_map("edited", "mine"), json!({"shared": ["data"]})).apply_ready(&house);
    house.kubectl_edit("configmap", "edited", "s/word:/theirs:/");
    house.eventually("both are there", || {
        house.get("ConfigMap", "edited")["data"] == json!({"word": "mine", "theirs": "mine"})
    });
    house.wait_until_quiet();
}
