//! M06: a host that is killed in the middle of a rollout, at a write to the Reconciler, goes on where that was.

use innkeeper_controlplane::Fault;
use innkeeper_suites::{House, guest, rebuilt};
use serde_json::{Value, json};

use crate::by_kubectl::{NAME, decides, name_it, put, web};

/// Each step, and the end.
const WRITES: u64 = 3;

fn is_killed_at_the_writes_of_a_rollout(fault: fn(u64) -> Fault) {
    let house = House::alone(&[]);
    let proxy = house.proxy();
    proxy.count_only(|sent| sent.changes_the_cluster() && sent.group() == "innkeeper.dev");
    house.begin_host_on(house.modules().path(), proxy.kubeconfig()).wait_until_ready();
    let modules = [guest(NAME), rebuilt(&guest(NAME))];
    put(&house, &modules[0]);
    name_it(&house);
    web(&house, "before");
    let patch = json!({"spec": {"rollout": {"steps": ["tier=nowhere"], "pause": "1s"}}});
    house.patch("reconciler", NAME, &patch.to_string());
    let mut struck = 0;
    for number in 1..=WRITES {
        let status = || house.get("Reconciler", NAME)["status"].clone();
        house.eventually("the cluster keeps the one before", || status()["history"][0]["kept"] == true);
        house.wait_until_quiet();
        let last = decides(&house);
        let caught = proxy.arm(fault(number));
        put(&house, &modules[usize::try_from(number).unwrap() % 2]);
        let is_over = || decides(&house) != last && status()["rollout"] == Value::Null;
        house.eventually("the host is killed, or the other module decides", || {
            caught.now().is_some_and(|_| {
                struck += 1;
                house.host().kill();
                true
            }) || is_over()
        });
        proxy.disarm();
        if house.host().exited().is_some() {
            house.begin_host_on(house.modules().path(), proxy.kubeconfig()).wait_until_ready();
        }
        house.eventually("the other module decides for all", is_over);
        web(&house, &format!("after-{number}"));
        let history = status()["history"].clone();
        let digests: Vec<&str> = history.as_array().unwrap().iter().map(|h| h["digest"].as_str().unwrap()).collect();
        assert_eq!(digests[..2], [decides(&house).as_str(), &last], "each module is in the history once for each time");
        assert_eq!(status()["rejected"], Value::Null);
    }
    assert!(struck >= 2, "a rollout writes to the Reconciler at each step: {struck}");
}

#[test]
fn m06_a_host_killed_before_each_write_of_a_rollout_comes_to_the_same_end() {
    is_killed_at_the_writes_of_a_rollout(Fault::BeforeWrite);
}

#[test]
fn m06_a_host_killed_before_each_answer_of_a_rollout_comes_to_the_same_end() {
    is_killed_at_the_writes_of_a_rollout(Fault::AfterWrite);
}
