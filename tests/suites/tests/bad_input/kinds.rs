//! Modules whose kind is not there, or has a module already; and kinds that go while objects exist.

use innkeeper_suites::{House, condition, guest, reworded, uid};

use crate::{KIND, WEB, custom_http_goes_on};

/// Waits until a Reconciler is stalled for that reason; returns the message.
fn stalled(house: &House, reconciler: &str, reason: &str) -> String {
    let mut message = String::new();
    house.eventually(&format!("Reconciler {reconciler} says {reason}"), || {
        let Some(found) = house.find("Reconciler", reconciler) else { return false };
        let one = condition(&found, "Stalled").unwrap_or_default();
        message = one["message"].as_str().unwrap_or_default().to_owned();
        one["status"] == "True" && one["reason"] == reason
    });
    message
}

#[test]
fn a_module_for_a_kind_without_a_crd_says_so_and_serves_when_the_crd_comes() {
    let house = House::alone(&["custom-http", "workbench"]);
    house.delete_crd("kindcustomhttps.groupsp.measutosh.dev");
    house.start_host();
    let message = stalled(&house, "custom-http", "KindNotFound");
    for word in ["KindCustomHttp", "groupsp.measutosh.dev", "apply"] {
        assert!(message.contains(word), "the condition says {word:?}: {message}");
    }
    house.host_says(&["KindCustomHttp", "CustomResourceDefinition"]);
    house.eventually("the host is ready for the others", || house.host().is_ready());
    house.apply_crds();
    custom_http_goes_on(&house);
}

#[test]
fn of_two_modules_for_one_kind_the_second_says_whose_the_kind_is() {
    let house = House::alone(&["custom-http"]);
    house.start_host();
    custom_http_goes_on(&house);
    house.modules().put("rival.wasm", &reworded(&guest("custom-http"), "custom-http", "rival--http"));
    let message = stalled(&house, "rival--http", "KindTaken");
    for word in ["custom-http", "KindCustomHttp", "delete"] {
        assert!(message.contains(word), "the condition says {word:?}: {message}");
    }
    house.host_says(&["rival--http", "KindCustomHttp"]);
    custom_http_goes_on(&house);
}

#[test]
fn of_two_files_with_one_name_the_second_is_refused_by_the_name_of_the_first() {
    let house = House::alone(&["custom-http"]);
    house.start_host();
    house.modules().put("copy.wasm", &guest("custom-http"));
    house.host_says(&["copy.wasm", "custom-http.wasm", "rename"]);
    custom_http_goes_on(&house);
}

#[test]
fn a_crd_that_is_deleted_while_objects_exist_takes_them_along_and_the_host_goes_on() {
    let house = House::alone(&["custom-http", "workbench"]);
    house.start_host();
    custom_http_goes_on(&house);
    let owner = uid(&house.get(KIND, "web"));
    // It would leave the children of a kind that came and went between two of its looks.
    house.garbage_collection_knows_every_kind();
    house.delete_crd("kindcustomhttps.groupsp.measutosh.dev");
    house.wait_until_gone(&owner);
    house.host_says(&["KindCustomHttp", "stopped"]);
    let message = stalled(&house, "custom-http", "KindNotFound");
    assert!(message.contains("KindCustomHttp"), "{message}");
    assert!(house.host().is_healthy() && house.host().exited().is_none());

    house.apply_crds();
    house.apply(WEB);
    custom_http_goes_on(&house);
    assert_ne!(uid(&house.get(KIND, "web")), owner);
}
