//! A10: one child's failure does not stop independent children; all failures are reported together, and told to
//! the guest.

use innkeeper_suites::House;
use serde_json::json;

use crate::bench::{Bench, KIND, config_map, invalid_config_map, stalled};

#[test]
fn a10_all_failures_are_reported_together_and_what_does_not_depend_on_them_is_done() {
    let house = House::shared();
    house.kubectl(&["create", "configmap", "taken", "--from-literal=word=theirs", "--field-manager=neighbour"]);
    let bad_service =
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "bad"}, "spec": {"ports": [{"port": 0}]}});
    let bench = |word: &str| {
        Bench::new("one")
            .child(config_map("a-good-one", word))
            .child(invalid_config_map("broken"))
            .child(bad_service.clone())
            .child(config_map("taken", word))
            .child(config_map("z-good-one", word))
            .with("verdicts", json!(true))
    };
    for word in ["one", "two"] {
        bench(word).apply(&house);
        stalled(&house, "one", "ChildFailed", &["broken", "no/key", "bad", "spec.ports[0].port", "taken", "neighbour"]);
        for name in ["a-good-one", "z-good-one"] {
            house.eventually(&format!("{name} says {word}"), || {
                house.find("ConfigMap", name).is_some_and(|found| found["data"]["word"] == word)
            });
        }
    }
    let words = [
        "broken: State::Failed",
        "no/key",
        "bad: State::Failed",
        "spec.ports[0].port",
        "taken: State::Conflict",
        "neighbour",
        "a-good-one: State::Current",
    ];
    house.eventually("the guest is told of all", || {
        let told = house.get(KIND, "one")["status"]["verdicts"]["children"].to_string();
        if words.iter().all(|word| told.contains(word)) { Ok(()) } else { Err(told) }
    });
    house.eventually("an Event tells of all", || {
        house.list("Event", "").iter().any(|event| {
            let message = event["message"].as_str().unwrap_or_default();
            ["broken", "bad", "taken"].iter().all(|word| message.contains(word))
        })
    });
    assert_eq!(house.get("ConfigMap", "taken")["data"]["word"], "theirs");
}
