//! A07: waves are applied in order, each after the earlier one is ready by kstatus; waiting holds no worker.

use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

use crate::bench::{Bench, KIND, config_map, deployment, invalid_config_map, is_quiet, permit, stalled};

fn wave(n: i32) -> Value {
    json!({"wave": n})
}

/// Waits until the object says that it waits for its children, with these words.
fn waits(house: &House, name: &str, words: &[&str]) {
    house.eventually(&format!("{name} waits and says {words:?}"), || {
        let object = house.get(KIND, name);
        let one = condition(&object, "Reconciling").unwrap_or_default();
        let message = one["message"].as_str().unwrap_or_default();
        let is_so = one["status"] == "True"
            && one["observedGeneration"] == object["metadata"]["generation"]
            && words.iter().all(|word| message.contains(word));
        if is_so { Ok(()) } else { Err(one.to_string()) }
    });
}

#[test]
fn a07_a_wave_comes_after_the_earlier_ones_are_ready_by_the_rules_of_built_in_kinds() {
    let house = House::shared();
    let bench = |node: Value| {
        Bench::new("one")
            .child_with(config_map("third", "3"), wave(7))
            .child_with(config_map("second", "2"), wave(0))
            .child_with(deployment("first", "first", &node), wave(-1))
            .with("verdicts", json!(true))
    };
    // No node has such a label, so no Pod of it ever runs.
    bench(json!({"nowhere": "yes"})).apply(&house);
    waits(&house, "one", &["first", "second", "third", "wave 0", "wave 7"]);
    house.wait_until_quiet();
    assert!(house.find("Deployment", "first").is_some());
    for later in ["second", "third"] {
        assert!(house.find("ConfigMap", later).is_none(), "{later} waits");
    }
    let told = house.get(KIND, "one")["status"]["verdicts"]["children"].to_string();
    for word in ["first: State::Applied", "second: State::Waiting", "third: State::Waiting"] {
        assert!(told.contains(word), "the guest is told {word:?}: {told}");
    }
    bench(json!({})).apply_ready(&house);
    let made = |kind: &str, name: &str| house.get(kind, name)["metadata"]["creationTimestamp"].clone();
    assert!(made("Deployment", "first").as_str() <= made("ConfigMap", "second").as_str());
    assert!(house.find("ConfigMap", "third").is_some());
    is_quiet(&house);
}

/// A kind that somebody else keeps, with conditions as kstatus wants them.
const GADGETS: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.test.innkeeper.dev}
spec:
  group: test.innkeeper.dev
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

fn gadget(size: u32) -> Value {
    let spec = json!({"size": size});
    json!({"apiVersion": "test.innkeeper.dev/v1", "kind": "Gadget", "metadata": {"name": "gadget"}, "spec": spec})
}

/// Its controller says how it stands.
fn says(house: &House, generation: u32, ready: &str) {
    let conditions = json!([{"type": "Ready", "status": ready, "reason": "Said", "message": "so it is said"}]);
    let status = json!({"status": {"observedGeneration": generation, "conditions": conditions}}).to_string();
    house.kubectl(&["patch", "gadget", "gadget", "--subresource=status", "--type=merge", "-p", &status]);
}

#[test]
fn a07_a_wave_waits_for_the_conditions_and_the_observed_generation_of_a_custom_resource() {
    let house = House::shared();
    house.apply(GADGETS);
    house.kubectl(&["wait", "--for=condition=Established", "crd/gadgets.test.innkeeper.dev"]);
    permit(&house, "apply", &json!({"group": "test.innkeeper.dev", "kinds": ["Gadget"], "reach": "Own"}));
    Bench::new("one").child(gadget(1)).apply_ready(&house);
    says(&house, 1, "False");
    waits(&house, "one", &["gadget", "so it is said"]);
    let second = |size: u32| Bench::new("one").child(gadget(size)).child_with(config_map("second", "2"), wave(1));
    second(1).apply(&house);
    waits(&house, "one", &["second", "wave 1"]);
    assert!(house.find("ConfigMap", "second").is_none());
    says(&house, 1, "True");
    house.eventually("the second wave comes", || house.find("ConfigMap", "second").is_some());
    house.wait_for_condition(KIND, "one", "Ready", "True");

    // What was said of an earlier generation does not count.
    let third = |size: u32| second(size).child_with(config_map("third", "3"), wave(2));
    third(2).apply(&house);
    waits(&house, "one", &["gadget", "not ready yet", "third"]);
    assert!(house.find("ConfigMap", "third").is_none());
    says(&house, 2, "True");
    house.eventually("the third wave comes", || house.find("ConfigMap", "third").is_some());
    house.wait_for_condition(KIND, "one", "Ready", "True");
}

/// More than the host has in work at once.
const WAITING: usize = 70;

#[test]
fn a07_waiting_holds_no_worker() {
    let house = House::shared();
    let nowhere = json!({"nowhere": "yes"});
    for n in 0..WAITING {
        let name = format!("waits-{n}");
        let first = deployment(&name, &name, &nowhere);
        Bench::new(&name).child(first).child_with(config_map(&name, "late"), wave(1)).apply(&house);
    }
    house.eventually("all of them wait", || {
        let all = house.list(KIND, "");
        let waiting = all.iter().filter(|o| condition(o, "Reconciling").is_some_and(|c| c["status"] == "True")).count();
        if waiting == WAITING { Ok(()) } else { Err(format!("{waiting} do")) }
    });
    Bench::new("served").child(config_map("served", "now")).apply_ready(&house);
    assert_eq!(house.list("ConfigMap", "").iter().filter(|c| c["data"]["word"] == "late").count(), 0);
}

#[test]
fn a07_the_failure_of_a_later_wave_leaves_the_earlier_ones_and_stops_those_after_it() {
    let house = House::shared();
    let bench = |word: &str, broken: Value| {
        Bench::new("one")
            .child(config_map("first", word))
            .child_with(broken, wave(1))
            .child_with(config_map("beside", word), wave(1))
            .child_with(config_map("third", word), wave(2))
    };
    bench("one", invalid_config_map("second")).apply(&house);
    stalled(&house, "one", "ChildFailed", &["second", "no/key"]);
    assert_eq!(house.get("ConfigMap", "first")["data"]["word"], "one");
    assert!(house.find("ConfigMap", "third").is_none());
    bench("two", invalid_config_map("second")).apply(&house);
    for name in ["first", "beside"] {
        house.eventually(&format!("{name} goes on"), || house.get("ConfigMap", name)["data"]["word"] == "two");
    }
    assert!(house.find("ConfigMap", "third").is_none());
    bench("three", config_map("second", "three")).apply_ready(&house);
    assert_eq!(house.get("ConfigMap", "third")["data"]["word"], "three");
}
