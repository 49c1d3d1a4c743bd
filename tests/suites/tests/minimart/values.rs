//! Values over the chart's defaults, as the API server keeps them.

use serde_json::{Value, json};

use crate::{KIND, NAME, SHOP_CHILDREN, change, child, house, house_with_shop, ready};

fn container(deployment: &Value) -> &Value {
    &deployment["spec"]["template"]["spec"]["containers"][0]
}

#[test]
fn minimart_03_values_override_defaults_deeply() {
    let house = house_with_shop();
    change(
        &house,
        r#"{"apps": {"httpport": 9000, "rest": {"bev": "/drinks"}}, "podAnnotations": {"a": "b"},
            "resources": {"limits": {"memory": "1Gi"}}, "nodeSelector": {"kubernetes.io/os": "linux"},
            "imagePullSecrets": [{"name": "key"}], "image": {"pullPolicy": "Always"}}"#,
    );
    house.eventually("the port follows", || {
        container(&child(&house, "Deployment"))["ports"][0]["containerPort"] == 9000
    });
    let deployment = child(&house, "Deployment");
    let (container, pod) = (container(&deployment), &deployment["spec"]["template"]["spec"]);
    assert_eq!(container["image"], "samutup/minimart:1.0.1", "what was not said stays");
    assert_eq!(container["imagePullPolicy"], "Always");
    assert_eq!(container["resources"]["limits"]["memory"], "1Gi");
    assert_eq!(deployment["spec"]["template"]["metadata"]["annotations"]["a"], "b");
    assert_eq!(pod["nodeSelector"]["kubernetes.io/os"], "linux");
    assert_eq!(pod["imagePullSecrets"][0]["name"], "key");
    let file = child(&house, "ConfigMap")["data"]["minimart.yaml"].as_str().unwrap().to_owned();
    for line in ["path: \"/minimart-stat\"", "path: \"/drinks\"", "httpport: 9000"] {
        assert!(file.contains(line), "{file}");
    }
    change(&house, r#"{"apps": null, "podAnnotations": null, "resources": null, "nodeSelector": null}"#);
    change(&house, r#"{"imagePullSecrets": null, "image": null}"#);
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
}

#[test]
fn minimart_03_unknown_keys_are_ignored_and_null_means_the_default() {
    let house = house();
    let yaml = r"
apiVersion: charts.samutup.com/v1alpha1
kind: Minimart
metadata: {name: minimart-sample}
spec:
  replicaCount: null
  image: {tag: null, colour: red}
  service: {type: NodePort, port: null}
  apps: {rest: null}
  serviceAccount: null
  podAnnotations: {nothing: null}
  shelves: [{of: wood}]
";
    house.kubectl_with(&["create", "--filename=-"], yaml);
    ready(&house, NAME);
    let spec = house.get(KIND, NAME)["spec"].clone();
    assert!(spec.as_object().unwrap().contains_key("replicaCount"), "the API server keeps the null: {spec}");
    assert_eq!(spec["shelves"][0]["of"], "wood", "and what it does not know");
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
}

#[test]
fn minimart_03_a_text_for_a_number_is_refused_with_a_message() {
    let house = house_with_shop();
    for (spec, field) in [
        (r#"{"replicaCount": "3"}"#, "spec.replicaCount"),
        (r#"{"service": {"port": "http"}}"#, "spec.service.port"),
        (r#"{"autoscaling": {"enabled": "yes"}}"#, "spec.autoscaling.enabled"),
        (r#"{"apps": {"httpport": 8002.5}}"#, "spec.apps.httpport"),
    ] {
        let patch = format!(r#"{{"spec": {spec}}}"#);
        let why = house.kubectl_is_refused(&["patch", "minimart", NAME, "--type=merge", "-p", &patch]);
        assert!(why.contains(field) && why.contains("must be of type"), "{spec}: {why}");
    }
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
}

#[test]
fn minimart_03_texts_that_end_up_in_the_configuration_file_stay_texts() {
    let house = house_with_shop();
    let odd = "/it's \"ä\"; $(rm) # {no: map}\\n\u{2713}: [x]\n  items: [mine]";
    change(&house, &json!({"apps": {"rest": {"stat": odd}}}).to_string());
    let file = || {
        let text = child(&house, "ConfigMap")["data"]["minimart.yaml"].as_str().unwrap().to_owned();
        innkeeper_suites::yaml(&text)
    };
    house.eventually("the shop's file says it, and nothing else", || {
        let stat = file()["providers"]["stat"].clone();
        if stat["path"] == odd { Ok(()) } else { Err(stat.to_string()) }
    });
    assert_eq!(file()["providers"]["stat"]["items"], json!(["book", "scissor", "ruler", "eraser"]));
    ready(&house, NAME);
}
