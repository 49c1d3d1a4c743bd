//! W06: the host's own writes cause no loop: with nothing changing from outside, activity stops.

use std::time::Duration;

use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::bench::{bench, config_map, wait_until_ready};

/// How long nothing may happen after activity has stopped.
const A_LONG_WHILE: Duration = Duration::from_secs(15);

/// A Deployment whose Pods become ready after a moment: its own status changes several times.
fn deployment(name: &str) -> Value {
    let labels = json!({"app": name});
    let pod = json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app"}]}});
    let spec = json!({"replicas": 2, "selector": {"matchLabels": labels}, "template": pod});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec})
}

/// Everything of which the host or a controller writes something in answer to a write of the host.
fn restless(name: &str) -> String {
    let (first, then) = (format!("{name}-app"), format!("{name}-paper"));
    let spec = json!({
        "children": [
            {"manifest": deployment(&first)},
            {"manifest": config_map(&then, "after the first wave"), "wave": 1},
        ],
        "status": {"phase": "made", "list": [1, 2, 3]},
        "conditions": [{"type": "Tidy", "status": true, "reason": "Always", "message": "the spec says so"}],
        "events": ["Made"],
    });
    bench(name, &spec)
}

#[test]
fn w06_the_hosts_own_writes_cause_no_loop() {
    let house = House::shared();
    let names = ["ant", "bee", "cat", "dog"];
    let begin = house.mark();
    names.iter().for_each(|name| house.apply(&restless(name)));
    names.iter().for_each(|name| wait_until_ready(&house, name));
    house.wait_until_quiet();

    let quiet = house.mark();
    std::thread::sleep(A_LONG_WHILE);
    let heard: Vec<String> =
        house.requests_since(&quiet).iter().filter(|r| r.verb != "watch").map(ToString::to_string).collect();
    assert!(heard.is_empty(), "nothing changes, and yet: {heard:#?}");
    // What the host wrote until then is what it had to write: of each object the Event and a status for each of
    // its stages (made, the first wave ready, all ready), however many steps its Deployment took.
    for name in names {
        let all = house.requests_since(&begin);
        let written = all.iter().filter(|r| r.is_write() && r.name.as_deref() == Some(name));
        let written: Vec<String> = written.map(ToString::to_string).collect();
        assert!(written.len() <= 4, "{written:#?}");
    }
}
