//! Deleting and making again, and the host's own restart.

use innkeeper_suites::{House, uid};

use crate::{KIND, NAME, SHOP, SHOP_CHILDREN, change, house_with_shop, ready};

#[test]
fn minimart_all_05_deleting_leaves_nothing_and_creating_again_at_once_works() {
    let house = house_with_shop();
    let first = uid(&house.get(KIND, NAME));
    house.delete("minimart", NAME);
    house.apply(SHOP);
    assert_ne!(uid(&house.get(KIND, NAME)), first);
    house.wait_for_children(KIND, NAME, SHOP_CHILDREN);
    ready(&house, NAME);
    house.wait_until_gone(&first);
    let second = uid(&house.get(KIND, NAME));
    house.delete("minimart", NAME);
    house.wait_until_gone(&second);
    house.wait_until_quiet();
    house.wait_until_gone(&second);
}

#[test]
fn minimart_all_06_a_restart_of_the_host_writes_nothing() {
    let house = House::alone(&["minimart"]);
    house.start_host();
    house.apply(SHOP);
    house.apply(&SHOP.replace(NAME, "corner"));
    ready(&house, "corner");
    ready(&house, NAME);
    // One with all that can be switched on, scaled by somebody else.
    change(&house, r#"{"autoscaling": {"enabled": true}, "ingress": {"enabled": true}}"#);
    house.kubectl(&["scale", "deployment", NAME, "--replicas=2"]);
    house.eventually("both Pods are ready", || {
        house.get("Deployment", NAME)["status"]["readyReplicas"] == 2 && house.find("Ingress", NAME).is_some()
    });
    house.wait_until_quiet();
    house.restart_reads_and_writes_nothing();
}
