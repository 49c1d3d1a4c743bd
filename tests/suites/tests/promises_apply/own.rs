//! Labels and annotations of the object itself: set, changed and withdrawn, never taken from anybody.

use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::bench::{Bench, KIND, deeds, is_quiet, patch, stalled};

fn label(house: &House, name: &str, key: &str) -> Value {
    house.get(KIND, name)["metadata"]["labels"][key].clone()
}

/// Waits until the object carries this and is quiet.
fn carries(house: &House, name: &str, labels: &Value, annotation: &Value) {
    house.eventually(&format!("{name} carries {labels} and {annotation}"), || {
        let meta = house.get(KIND, name)["metadata"].clone();
        let is_so = ["team", "site"].iter().all(|key| meta["labels"][key] == labels[*key])
            && meta["annotations"]["menu"] == *annotation;
        if is_so { Ok(()) } else { Err(meta.to_string()) }
    });
    house.wait_for_condition(KIND, name, "Ready", "True");
}

#[test]
fn own_labels_and_annotations_are_set_changed_and_withdrawn_also_by_a_host_that_did_not_set_them() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    let bench = |labels: Value, annotations: Value| {
        Bench::new("one").with("labels", labels).with("annotations", annotations).apply(&house);
    };
    bench(json!({"team": "kitchen", "site": "moon"}), json!({"menu": "soup"}));
    carries(&house, "one", &json!({"team": "kitchen", "site": "moon"}), &json!("soup"));
    house.kubectl(&["label", "workbench", "one", "mine=yes"]);
    bench(json!({"team": "bar"}), json!({"menu": "soup"}));
    carries(&house, "one", &json!({"team": "bar"}), &json!("soup"));
    is_quiet(&house);

    // Nothing but managedFields says after a restart what was set.
    house.host().kill();
    let mark = house.mark();
    house.start_host();
    house.wait_until_quiet();
    assert_eq!(deeds(&house, &mark, "workbenches"), Vec::<String>::new(), "nothing changed");
    bench(json!({}), json!({}));
    carries(&house, "one", &json!({}), &Value::Null);
    assert_eq!(label(&house, "one", "mine"), "yes", "what others set stays");
    is_quiet(&house);
}

#[test]
fn own_labels_that_were_removed_by_hand_come_back_in_one_write() {
    let house = House::shared();
    Bench::new("one").with("labels", json!({"site": "moon"})).apply_ready(&house);
    carries(&house, "one", &json!({"site": "moon"}), &Value::Null);
    house.wait_until_quiet();
    let mark = house.mark();
    house.kubectl(&["label", "workbench", "one", "site-"]);
    carries(&house, "one", &json!({"site": "moon"}), &Value::Null);
    house.wait_until_quiet();
    assert_eq!(deeds(&house, &mark, "workbenches"), ["patch 200"]);
}

#[test]
fn own_labels_of_somebody_else_are_not_taken_and_the_condition_says_whose_they_are() {
    let house = House::shared();
    Bench::new("one").apply_ready(&house);
    patch(&house, "workbench", "one", "neighbour", &json!({"metadata": {"labels": {"site": "sun"}}}));
    let child = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "child"}});
    Bench::new("one").child(child).with("labels", json!({"site": "moon"})).apply(&house);
    stalled(&house, "one", "Conflict", &["neighbour", "metadata.labels.site"]);
    assert_eq!(label(&house, "one", "site"), "sun");
    assert!(house.find("ConfigMap", "child").is_some(), "children do not wait for it");
    // It resolves by itself when the other lets go.
    house.kubectl(&["label", "workbench", "one", "site-"]);
    carries(&house, "one", &json!({"site": "moon"}), &Value::Null);
}

#[test]
fn own_labels_of_innkeeper_itself_refuse_the_outcome() {
    let house = House::shared();
    for (n, key) in ["innkeeper.dev/paused", "uid.innkeeper.dev/contributed"].iter().enumerate() {
        let name = format!("bench-{n}");
        Bench::new(&name).with("annotations", json!({*key: "true"})).apply(&house);
        stalled(&house, &name, "OutcomeRefused", &[key, "is the host's"]);
    }
}
