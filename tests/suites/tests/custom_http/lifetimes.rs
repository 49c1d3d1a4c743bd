//! Deleting and making again, and the host's own restart.

use innkeeper_suites::{House, uid};

use crate::{KIND, WEB, WEB_CHILDREN, house_with_web};

#[test]
fn custom_http_all_05_deleted_it_leaves_nothing_behind() {
    let house = house_with_web();
    let owner = uid(&house.get(KIND, "web"));
    house.delete("kindcustomhttp", "web");
    house.wait_until_gone(&owner);
    house.wait_until_quiet();
    house.wait_until_gone(&owner);
    assert!(house.find(KIND, "web").is_none());
}

#[test]
fn custom_http_all_05_deleting_and_creating_again_at_once_works() {
    let house = house_with_web();
    let first = uid(&house.get(KIND, "web"));
    house.delete("kindcustomhttp", "web");
    house.apply(WEB);
    let second = uid(&house.get(KIND, "web"));
    assert_ne!(first, second);
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
    house.wait_for_condition(KIND, "web", "Ready", "True");
    house.wait_until_gone(&first);
    let owner = house.get("Deployment", "web")["metadata"]["ownerReferences"][0]["uid"].clone();
    assert_eq!(owner, second);
}

#[test]
fn custom_http_all_06_a_restart_of_the_host_writes_nothing_and_reads_no_single_object() {
    let house = House::alone(&["custom-http"]);
    house.start_host();
    house.apply(WEB);
    house.apply(&WEB.replace("name: web", "name: shop"));
    for name in ["web", "shop"] {
        house.wait_for_condition(KIND, name, "Ready", "True");
    }
    house.wait_until_quiet();
    let versions = || -> Vec<String> {
        let all = ["KindCustomHttp", "Deployment", "Service", "ConfigMap", "Pod"]
            .iter()
            .flat_map(|kind| house.list(kind, ""));
        all.map(|object| format!("{}", object["metadata"]["resourceVersion"])).collect()
    };
    let before = versions();

    house.restart_reads_and_writes_nothing();
    assert_eq!(versions(), before, "nothing was rebuilt or rolled");
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
}
