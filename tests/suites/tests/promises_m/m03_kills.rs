//! M03: a host that is killed in the middle of a swap, at a write to the Reconciler, loses nothing and decides nothing twice.

use std::time::{Duration, Instant};

use innkeeper_controlplane::Fault;
use innkeeper_suites::{House, guest, rebuilt};

use crate::by_kubectl::{NAME, decides, name_it, put, web};

/// What a swap writes comes at once.
const SOON: Duration = Duration::from_secs(3);

fn is_killed_at_the_writes_of_a_swap(fault: fn(u64) -> Fault) {
    let house = House::alone(&[]);
    let proxy = house.proxy();
    proxy.count_only(|sent| sent.changes_the_cluster() && sent.group() == "innkeeper.dev");
    house.begin_host_on(house.modules().path(), proxy.kubeconfig()).wait_until_ready();
    let modules = [guest(NAME), rebuilt(&guest(NAME))];
    put(&house, &modules[0]);
    name_it(&house);
    web(&house, "before");
    let mut struck = 0;
    for number in 1..=2 {
        let last = decides(&house);
        let caught = proxy.arm(fault(number));
        put(&house, &modules[usize::try_from(number).unwrap() % 2]);
        let began = Instant::now();
        house.eventually("the host is killed, or the other module decides", || {
            caught.now().is_some_and(|_| {
                struck += 1;
                house.host().kill();
                true
            }) || (decides(&house) != last && began.elapsed() > SOON)
        });
        proxy.disarm();
        if house.host().exited().is_some() {
            house.begin_host_on(house.modules().path(), proxy.kubeconfig()).wait_until_ready();
        }
        house.eventually("the other module decides", || decides(&house) != last);
        web(&house, &format!("after-{number}"));
        let history = house.get("Reconciler", NAME)["status"]["history"].clone();
        let digests: Vec<&str> = history.as_array().unwrap().iter().map(|h| h["digest"].as_str().unwrap()).collect();
        assert_eq!(digests[..2], [decides(&house).as_str(), &last], "each module is in the history once for each time");
    }
    assert!(struck > 0, "a swap writes to the Reconciler");
}

#[test]
fn m03_a_host_killed_before_each_write_of_a_swap_comes_to_the_same_end() {
    is_killed_at_the_writes_of_a_swap(Fault::BeforeWrite);
}

#[test]
fn m03_a_host_killed_before_each_answer_of_a_swap_comes_to_the_same_end() {
    is_killed_at_the_writes_of_a_swap(Fault::AfterWrite);
}
