//! A01, A04 and W02 in the one moment between the host's look at a name and its write: the proxy makes it long.

use std::time::Duration;

use innkeeper_controlplane::{Fault, Mark, Proxy};
use innkeeper_suites::{House, LIMIT, condition, uid};
use serde_json::{Map, Value, json};

use crate::bench::{
    KUBECTL, MANAGER, bench_with, children_of, config_map, event_says, lines, object, stalled, wait_until_ready,
    writes_of,
};

/// Long enough for kubectl to do two things.
const MOMENT: Duration = Duration::from_secs(6);
/// Long enough for the host to decide after kubectl has answered, much shorter than the moment.
const THOUGHT: Duration = Duration::from_secs(1);

/// A house whose host is behind a proxy, ready and quiet.
fn house() -> (House, Proxy) {
    let house = House::alone(&["workbench"]);
    let proxy = house.start_host_behind_a_proxy();
    // The kind of the children is recorded and watched before the moment that counts.
    house.apply(&bench_with("zero", &[config_map("zero", "mine")]));
    wait_until_ready(&house, "zero");
    house.wait_until_quiet();
    (house, proxy)
}

/// The field managers of a ConfigMap.
fn managers(house: &House, name: &str) -> Vec<Value> {
    let text = house.kubectl(&["get", "configmap", name, "--output=json", "--show-managed-fields"]);
    let live: Value = serde_json::from_str(&text).unwrap();
    let entries = live["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["manager"].clone()).collect()
}

/// A neighbour creates the ConfigMap `paper` after the host saw that its name is free, before its apply is sent.
fn created_in_the_moment(house: &House, proxy: &Proxy, mark: &Mark, theirs: &str) -> Value {
    proxy.delay(MOMENT);
    house.apply(&bench_with("one", &[config_map("paper", "mine")]));
    house.eventually("the host saw that the name is free", || {
        house.requests_since(mark).iter().any(|r| r.verb == "get" && r.resource == "configmaps" && r.code == 404)
    });
    house.kubectl(&["create", "configmap", "paper", theirs, "--field-manager=neighbour"]);
    house.get("ConfigMap", "paper")
}

/// Condition and Event say whose it is; nothing of ours is left; it resolves by itself when the other goes.
fn it_is_undone(house: &House, mark: &Mark, before: &Value) {
    let message = stalled(house, "one", "Conflict");
    house.wait_until_quiet();
    let writes = writes_of(house, mark, "configmaps");
    let after = house.get("ConfigMap", "paper");
    assert_eq!(uid(&after), uid(before));
    assert_eq!(after["data"], before["data"], "{}", lines(&writes));
    for field in ["labels", "annotations", "ownerReferences"] {
        let left = &after["metadata"][field];
        let count = left.as_object().map_or(0, Map::len) + left.as_array().map_or(0, Vec::len);
        assert_eq!(count, 0, "nothing of ours is left in metadata.{field}: {after}\n{}", lines(&writes));
    }
    assert_eq!(managers(house, "paper"), [json!("neighbour")], "{}", lines(&writes));
    for word in ["paper", "neighbour"] {
        assert!(message.contains(word), "the condition says {word:?}: {message}");
    }
    event_says(house, "one", "Conflict", &["paper", "neighbour"]);

    house.delete("configmap", "paper");
    wait_until_ready(house, "one");
    assert_eq!(managers(house, "paper"), [json!(MANAGER)]);
}

/// Two create one name, and both know what came of it.
fn two_creators(theirs: &str) {
    let (house, proxy) = house();
    let mark = house.mark();
    let before = created_in_the_moment(&house, &proxy, &mark, theirs);
    house.eventually("the host's apply arrives", || !writes_of(&house, &mark, "configmaps").is_empty());
    proxy.delay(Duration::ZERO);
    it_is_undone(&house, &mark, &before);
}

#[test]
fn a04_two_creators_of_one_name_who_disagree_are_undone() {
    two_creators("--from-literal=text=theirs");
}

#[test]
fn a04_two_creators_of_one_name_who_agree_are_undone() {
    two_creators("--from-literal=more=theirs");
}

#[test]
fn a04_two_creators_of_one_name_are_undone_although_the_answer_to_ours_is_lost() {
    let (house, proxy) = house();
    let mark = house.mark();
    let before = created_in_the_moment(&house, &proxy, &mark, "--from-literal=more=theirs");
    proxy.count_only(|sent| sent.name() == Some("paper"));
    proxy.arm(Fault::AfterWrite(1)).wait(*LIMIT).unwrap();
    proxy.delay(Duration::ZERO);
    proxy.disarm();
    it_is_undone(&house, &mark, &before);
}

#[test]
fn w02_a_child_deleted_before_the_reconcile_that_made_it_is_over_comes_back() {
    let (house, proxy) = house();
    proxy.count_only(|sent| sent.name() == Some("slow"));
    let caught = proxy.arm(Fault::BeforeWrite(1));
    house.apply(&bench_with("one", &[config_map("paper", "mine"), config_map("slow", "mine")]));
    caught.wait(*LIMIT).unwrap();
    house.eventually("one child is there", || house.find("ConfigMap", "paper").is_some());
    house.delete("configmap", "paper");
    // The host's watch tells it so while the other child is still on its way.
    std::thread::sleep(THOUGHT);
    proxy.disarm();
    wait_until_ready(&house, "one");
    for name in ["paper", "slow"] {
        assert!(house.find("ConfigMap", name).is_some(), "{name} is there");
    }
}

#[test]
fn a01_a_child_replaced_by_a_stranger_in_the_same_moment_is_not_forced() {
    let (house, proxy) = house();
    house.apply(&bench_with("one", &[config_map("paper", "first")]));
    wait_until_ready(&house, "one");
    house.wait_until_quiet();
    let mark = house.mark();
    proxy.delay(MOMENT);
    let patch = json!({"spec": children_of(&[config_map("paper", "second")])}).to_string();
    house.patch(KUBECTL, "one", &patch);
    // The host knows of the change at once, for its watch is open; its apply is on the way, forced.
    std::thread::sleep(THOUGHT);
    house.delete("configmap", "paper");
    house.kubectl(&["create", "configmap", "paper", "--from-literal=text=theirs", "--field-manager=neighbour"]);
    let before = house.get("ConfigMap", "paper");
    house.eventually("the host's apply arrives", || !writes_of(&house, &mark, "configmaps").is_empty());
    proxy.delay(Duration::ZERO);

    stalled(&house, "one", "Conflict");
    let writes = writes_of(&house, &mark, "configmaps");
    assert!(writes[0].uri.contains("force=true"), "it was forced, for the child was ours:\n{}", lines(&writes));
    // 409 where nothing has the name, 422 (metadata.uid is immutable) where another object has it.
    let refused = |code: u16| matches!(code, 409 | 422);
    assert!(writes.iter().all(|write| refused(write.code)), "the uid says that it is another:\n{}", lines(&writes));
    assert_eq!(house.get("ConfigMap", "paper"), before, "nobody touched it");
    assert_eq!(condition(&object(&house, "one"), "Ready").unwrap()["status"], "False");
}
