//! A04: an object of the same name that is not ours is never changed; condition and Event say whose it is.

use innkeeper_suites::{House, uid};
use serde_json::json;

use crate::bench::{
    KIND, KUBECTL, bench, bench_with, config_map, event_says, lines, object, stalled, wait_until_ready, writes_of,
};

/// A Workbench whose only child is this ConfigMap, to be adopted so.
fn adopting(name: &str, adopt: &str) -> String {
    let child = json!({"manifest": config_map("paper", "mine"), "adopt": adopt});
    bench(name, &json!({"children": [child]}))
}

/// Waits until condition and Event say these words of a conflict.
fn conflict_says(house: &House, name: &str, words: &[&str]) {
    let message = stalled(house, name, "Conflict");
    for word in words {
        assert!(message.contains(word), "the condition says {word:?}: {message}");
    }
    event_says(house, name, "Conflict", words);
}

#[test]
fn a04_an_object_of_somebody_else_is_left_alone_said_whose_it_is_and_replaced_when_it_goes() {
    let house = House::shared();
    house.kubectl(&["create", "configmap", "paper", "--from-literal=text=theirs", "--field-manager=neighbour"]);
    let before = house.get("ConfigMap", "paper");
    let mark = house.mark();
    house.apply(&bench_with("one", &[config_map("paper", "mine"), config_map("pencil", "mine")]));
    conflict_says(&house, "one", &["ConfigMap", "paper", "neighbour"]);
    assert_eq!(house.get("ConfigMap", "paper"), before, "nobody touched it");
    let touched: Vec<_> =
        writes_of(&house, &mark, "configmaps").into_iter().filter(|w| w.name.as_deref() == Some("paper")).collect();
    assert!(touched.is_empty(), "it was not even tried:\n{}", lines(&touched));
    assert!(house.find("ConfigMap", "pencil").is_some(), "the other child is there");

    house.delete("configmap", "paper");
    wait_until_ready(&house, "one");
    assert_eq!(house.get("ConfigMap", "paper")["data"], json!({"text": "mine"}));
    assert_ne!(uid(&house.get("ConfigMap", "paper")), uid(&before));
}

#[test]
fn a04_a_stranger_is_left_alone_when_our_object_goes() {
    let house = House::shared();
    house.kubectl(&["create", "configmap", "paper", "--from-literal=text=theirs"]);
    let before = house.get("ConfigMap", "paper");
    house.apply(&bench_with("one", &[config_map("paper", "mine")]));
    stalled(&house, "one", "Conflict");
    house.patch(KUBECTL, "one", r#"{"spec": {"children": []}}"#);
    wait_until_ready(&house, "one");
    house.delete(KUBECTL, "one");
    assert_eq!(house.get("ConfigMap", "paper"), before, "neither pruning nor deleting touched it");
}

#[test]
fn a04_a_child_of_another_object_is_left_alone_until_that_object_goes() {
    let house = House::shared();
    house.apply(&bench_with("first", &[config_map("paper", "mine")]));
    wait_until_ready(&house, "first");
    let before = house.get("ConfigMap", "paper");
    house.apply(&bench_with("second", &[config_map("paper", "theirs")]));
    let owner = format!("{KIND}.test.innkeeper.dev/{}/first", house.namespace());
    conflict_says(&house, "second", &["ConfigMap", "paper", &owner]);
    assert_eq!(house.get("ConfigMap", "paper"), before, "nobody touched it");

    house.delete(KUBECTL, "first");
    wait_until_ready(&house, "second");
    assert_eq!(house.get("ConfigMap", "paper")["data"], json!({"text": "theirs"}));
}

#[test]
fn a04_an_object_without_an_owner_is_adopted_only_where_the_guest_asks_for_it() {
    let house = House::shared();
    house.kubectl(&["create", "configmap", "paper", "--from-literal=text=theirs"]);
    house.kubectl(&["label", "configmap", "paper", "more=theirs"]);
    let before = uid(&house.get("ConfigMap", "paper"));
    house.apply(&adopting("one", "Never"));
    conflict_says(&house, "one", &["ConfigMap", "paper"]);
    house.apply(&adopting("one", "Unowned"));
    wait_until_ready(&house, "one");
    let adopted = house.get("ConfigMap", "paper");
    assert_eq!(uid(&adopted), before, "it is the same object");
    assert_eq!(adopted["data"], json!({"text": "mine"}));
    assert_eq!(adopted["metadata"]["labels"]["more"], "theirs", "what nobody asked to change stays");
    let owner = uid(&object(&house, "one"));
    assert_eq!(adopted["metadata"]["labels"]["innkeeper.dev/object-uid"], owner.as_str());
    assert_eq!(adopted["metadata"]["ownerReferences"][0]["uid"], owner.as_str());
}

#[test]
fn a04_an_object_that_a_controller_owns_is_not_adopted_and_its_owner_is_named() {
    let house = House::shared();
    house.kubectl(&["create", "configmap", "boss"]);
    let boss = uid(&house.get("ConfigMap", "boss"));
    let mut owned = config_map("paper", "theirs");
    owned["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "boss", "uid": boss, "controller": true}]);
    house.apply(&owned.to_string());
    let before = house.get("ConfigMap", "paper");
    house.apply(&adopting("one", "Unowned"));
    conflict_says(&house, "one", &["ConfigMap", "paper", "boss"]);
    assert_eq!(house.get("ConfigMap", "paper"), before, "nobody touched it");
}

#[test]
fn a04_a_child_of_an_earlier_object_is_adopted_only_where_the_guest_asks_for_it() {
    let house = House::shared();
    house.apply(&bench_with("one", &[config_map("paper", "mine")]));
    wait_until_ready(&house, "one");
    let before = uid(&house.get("ConfigMap", "paper"));
    house.kubectl(&["delete", KUBECTL, "one", "--cascade=orphan"]);
    house.apply(&adopting("one", "Never"));
    conflict_says(&house, "one", &["ConfigMap", "paper"]);
    assert_eq!(uid(&house.get("ConfigMap", "paper")), before, "nobody touched it");
    house.apply(&adopting("one", "Earlier"));
    wait_until_ready(&house, "one");
    let adopted = house.get("ConfigMap", "paper");
    assert_eq!(uid(&adopted), before, "it is the same object");
    let owner = uid(&object(&house, "one"));
    assert_eq!(adopted["metadata"]["labels"]["innkeeper.dev/object-uid"], owner.as_str());
    // Another object cannot have it in the same way.
    house.kubectl(&["delete", KUBECTL, "one", "--cascade=orphan"]);
    house.apply(&adopting("two", "Earlier"));
    conflict_says(&house, "two", &["ConfigMap", "paper"]);
}
