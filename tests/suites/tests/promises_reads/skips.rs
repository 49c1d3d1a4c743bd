//! G07: a call whose inputs did not change since the last success is skipped, and counted as skipped.

use serde_json::json;

use crate::bench::{KIND, bench, calls, calls_by, config_map, house, looking, skipped, wait_until_seen};

#[test]
fn g07_a_call_whose_inputs_did_not_change_is_skipped_and_counted() {
    let house = house();
    let child =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "child"}, "data": {"text": "mine"}});
    house.apply(&bench("parent", &json!({"children": [{"manifest": child}]})));
    house.eventually("the child is there", || house.find("ConfigMap", "child").is_some());
    house.wait_until_quiet();
    // The first time that somebody sets a field of the child is looked at: it might be a field of ours.
    let first = calls_by(&house, || drop(house.kubectl(&["annotate", "configmap", "child", "example.com/note=1"])));
    assert!(first <= 1, "{first} calls");
    // Later changes of it are shown to nobody, and are no drift.
    let (before, mark) = (skipped(&house), house.mark());
    let again = calls_by(&house, || {
        house.kubectl(&["annotate", "configmap", "child", "example.com/note=2", "--overwrite"]);
        house.eventually("the change came to nothing", || skipped(&house) > before);
    });
    assert_eq!(again, 0, "nothing had changed for the guest");
    let writes: Vec<String> =
        house.requests_since(&mark).iter().filter(|r| r.is_write()).map(ToString::to_string).collect();
    assert!(writes.is_empty(), "{writes:?}");
    // What counts leads to a call: drift is put right.
    let drift = calls_by(&house, || {
        drop(house.kubectl(&["patch", "configmap", "child", "--patch", r#"{"data":{"text":"theirs"}}"#]))
    });
    assert!(drift >= 1);
    assert_eq!(house.get("ConfigMap", "child")["data"]["text"], "mine");
}

#[test]
fn g07_requeue_after_insists_on_the_call() {
    let house = house();
    house.apply(&bench("clock", &json!({"requeueAfterMs": 1000})));
    house.eventually("it was called", || calls(&house) > 2);
    let before = calls(&house);
    house.eventually("it is called again and again though nothing changes", || calls(&house) > before + 2);
    house.delete(KIND, "clock");
}

#[test]
fn g07_only_the_viewed_part_is_an_input() {
    let house = house();
    house.apply(&config_map("paper", "web", "blue"));
    house.apply(&looking("reader", &json!({"kind": "ConfigMap", "name": "paper", "view": "digest"})));
    house.eventually("it saw it", || crate::bench::seen(&house, "reader").as_array().is_some_and(|all| all.len() == 1));
    house.wait_until_quiet();
    assert_eq!(calls_by(&house, || drop(house.kubectl(&["label", "configmap", "paper", "more=x"]))), 0);
    let changed = calls_by(&house, || house.apply(&config_map("paper", "web", "red")));
    assert!((1..=2).contains(&changed), "{changed}");
    house.apply(&looking("reader", &json!({"kind": "ConfigMap", "name": "none"})));
    wait_until_seen(&house, "reader", &json!([]));
}
