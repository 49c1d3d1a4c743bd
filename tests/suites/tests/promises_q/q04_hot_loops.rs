//! Q04: an object that does not settle is slowed down and says who keeps it from settling.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use innkeeper_controlplane::Mark;
use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

use crate::bench::{KIND, apply, bench, children, config_map};

/// As whom the host applies the children of that kind.
const MANAGER: &str = "innkeeper.Workbench.test.innkeeper.dev";

/// Somebody changes a ConfigMap back whenever it says what its object wants.
fn meddle(house: &House, until: &AtomicBool) {
    let theirs = json!({"data": {"text": "theirs"}}).to_string();
    while !until.load(Ordering::Relaxed) {
        if house.find("ConfigMap", "fought").is_some_and(|found| found["data"]["text"] == "mine") {
            let patch = ["patch", "configmap", "fought", "--type=merge", "--field-manager=meddler", "--patch", &theirs];
            house.kubectl(&patch);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn stalled(house: &House) -> Value {
    condition(&house.get(KIND, "one"), "Stalled").unwrap_or_default()
}

/// How often the host has applied the ConfigMap since the mark.
fn applies(house: &House, mark: &Mark) -> usize {
    let all = house.requests_since(mark);
    all.iter().filter(|r| r.is_write() && r.resource == "configmaps").count()
}

/// It says who fights over what, and looks at it less often.
fn it_is_slowed_down(house: &House, mark: &Mark) {
    house.eventually("it says that it does not settle", || stalled(house)["reason"] == "HotLoop");
    let said = stalled(house);
    assert_eq!(said["status"], "True");
    let message = said["message"].as_str().unwrap();
    for name in ["ConfigMap", "fought", "meddler", MANAGER] {
        assert!(message.contains(name), "{message}");
    }
    let before = applies(house, mark);
    std::thread::sleep(Duration::from_secs(20));
    let after = applies(house, mark);
    assert!(after - before <= 5, "{} applies in twenty seconds", after - before);
}

#[test]
fn q04_who_fights_over_a_child_is_named_and_the_object_is_slowed_down_until_it_ends() {
    let house = House::shared();
    apply(&house, &[bench(KIND, "one", &children(&[config_map("fought", "mine")]))]);
    house.wait_for_condition(KIND, "one", "Ready", "True");
    let mark = house.mark();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| meddle(&house, &over));
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| it_is_slowed_down(&house, &mark)));
        over.store(true, Ordering::Relaxed);
        looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    // What a person changes counts at once.
    apply(&house, &[bench(KIND, "one", &children(&[config_map("fought", "mine"), config_map("more", "mine")]))]);
    house.wait_for_condition(KIND, "one", "Ready", "True");
    assert_eq!(house.get("ConfigMap", "fought")["data"]["text"], "mine");
    house.wait_until_quiet();
}

#[test]
fn q04_an_object_that_settles_again_is_ready_without_anybodys_doing() {
    let house = House::shared();
    apply(&house, &[bench(KIND, "one", &children(&[config_map("fought", "mine")]))]);
    house.wait_for_condition(KIND, "one", "Ready", "True");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| meddle(&house, &over));
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            house.eventually("it says that it does not settle", || stalled(&house)["reason"] == "HotLoop");
        }));
        over.store(true, Ordering::Relaxed);
        looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    house.wait_for_condition(KIND, "one", "Ready", "True");
    assert_eq!(house.get("ConfigMap", "fought")["data"]["text"], "mine");
}
