//! Connections that break: of watches, of writes, for a moment or for long (promise W04).

use std::time::Duration;

use innkeeper_controlplane::Fault;
use innkeeper_suites::LIMIT;

use crate::street;

#[test]
fn w04_what_happened_while_the_host_was_down_is_not_missed() {
    let house = street::house();
    house.start_host();
    street::before(&house);
    house.host().kill();
    street::meanwhile(&house);
    house.start_host();
    street::after(&house);
}

#[test]
fn w04_what_happened_while_the_host_was_cut_off_is_not_missed() {
    let house = street::house();
    let proxy = house.start_host_behind_a_proxy();
    street::before(&house);
    proxy.refuse().unwrap();
    street::meanwhile(&house);
    // Garbage collection goes on meanwhile: its deletions are nobody's to tell either.
    house.eventually("the children of the one that went are gone", || house.find("Service", "leaving").is_none());
    proxy.accept().unwrap();
    street::after(&house);
}

#[test]
fn connections_that_are_cut_again_and_again_cost_nothing() {
    let house = street::house();
    let proxy = house.start_host_behind_a_proxy();
    street::before(&house);
    std::thread::scope(|scope| {
        let (over, ended) = std::sync::mpsc::channel::<()>();
        let cutting = &proxy;
        scope.spawn(move || {
            while ended.recv_timeout(Duration::from_millis(70)).is_err_and(|e| e == TIMEOUT) {
                cutting.cut();
            }
        });
        street::meanwhile(&house);
        std::thread::sleep(Duration::from_secs(3));
        drop(over);
    });
    street::after(&house);
}

const TIMEOUT: std::sync::mpsc::RecvTimeoutError = std::sync::mpsc::RecvTimeoutError::Timeout;

#[test]
fn answers_that_are_lost_leave_no_strays() {
    let house = street::house();
    let proxy = house.start_host_behind_a_proxy();
    street::before(&house);
    proxy.count_only(|sent| sent.changes_the_cluster() && sent.group() != "innkeeper.dev");
    for number in 1..=6 {
        // The host lives on; what it asked for has happened, and it does not know.
        let caught = proxy.arm(Fault::AfterWrite(number));
        match number {
            1 => street::meanwhile(&house),
            _ => drop(house.kubectl(&["delete", "deployment,service,configmap", "--all"])),
        }
        caught.wait(*LIMIT).unwrap();
        proxy.disarm();
    }
    house.eventually("it is made again", || house.find("Deployment", "changing").is_some());
    house.kubectl(&["label", "deployment", "changing", "colour=red", "--overwrite"]);
    street::after(&house);
}
