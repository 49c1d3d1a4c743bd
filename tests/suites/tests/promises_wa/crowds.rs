//! A04 and A05 where many names of one kind are claimed at once: they are known to be free without a look at each.

use innkeeper_controlplane::Request;
use innkeeper_suites::House;
use serde_json::Value;

use crate::bench::{bench_with, config_map, lines, stalled, wait_until_ready};

/// So many looks are made before the names of a kind are watched.
const LOOKS: usize = 16;

/// How often the API server may be so busy that it takes longer to list the names than the host waits, which is five
/// seconds: then each name is looked at.
const TRIES: usize = 3;

fn papers(name: &str, count: usize) -> Vec<Value> {
    (0..count).map(|n| config_map(&format!("{name}-{n:02}"), "mine")).collect()
}

/// A house with a host of its own: what other tests claim counts too.
fn house() -> House {
    let house = House::alone(&["workbench"]);
    house.start_host();
    house
}

fn looks(requests: &[Request]) -> Vec<Request> {
    requests.iter().filter(|r| r.verb == "get" && r.resource == "configmaps").cloned().collect()
}

#[test]
fn a04_among_many_names_that_are_claimed_a_strangers_is_left_alone() {
    let house = house();
    house.kubectl(&["create", "configmap", "paper-59", "--from-literal=text=theirs", "--field-manager=neighbour"]);
    let before = house.get("ConfigMap", "paper-59");
    let mark = house.mark();
    house.apply(&bench_with("one", &papers("paper", 60)));
    let message = stalled(&house, "one", "Conflict");
    assert!(message.contains("paper-59") && message.contains("neighbour"), "{message}");
    assert_eq!(house.get("ConfigMap", "paper-59"), before, "nobody touched it");
    let requests = house.requests_since(&mark);
    let touched: Vec<Request> =
        requests.iter().filter(|r| r.is_write() && r.name.as_deref() == Some("paper-59")).cloned().collect();
    assert!(touched.is_empty(), "it was not even tried:\n{}", lines(&touched));
    for n in 0..59 {
        assert_eq!(house.get("ConfigMap", &format!("paper-{n:02}"))["data"]["text"], "mine");
    }
}

#[test]
fn a05_many_claims_of_a_kind_cost_one_list_and_few_looks_and_nothing_afterwards() {
    let house = house();
    for attempt in 1.. {
        let (name, paper) = (format!("claims-{attempt}"), format!("paper-{attempt}"));
        let mark = house.mark();
        house.apply(&bench_with(&name, &papers(&paper, 60)));
        wait_until_ready(&house, &name);
        let requests = house.requests_since(&mark);
        let applied = requests.iter().filter(|r| r.is_write() && r.resource == "configmaps").count();
        assert_eq!(applied, 60, "each is applied once");
        let looks = looks(&requests);
        if looks.len() <= LOOKS {
            break;
        }
        assert!(attempt < TRIES, "{} looks:\n{}", looks.len(), lines(&looks));
        // Another process: this one does not watch these names again for a while.
        house.start_host();
    }

    house.wait_until_quiet();
    let mark = house.mark();
    house.start_host().wait_until_ready();
    house.wait_until_quiet();
    let requests = house.requests_since(&mark);
    assert!(!requests.iter().any(Request::is_write), "a restart writes nothing:\n{}", lines(&requests));
    let about: Vec<Request> = requests.iter().filter(|r| r.resource == "configmaps").cloned().collect();
    assert!(about.len() <= 2, "one list and one watch:\n{}", lines(&about));
}
