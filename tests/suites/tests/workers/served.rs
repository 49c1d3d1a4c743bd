//! A bundle that somebody made by hand, and an account that has something to serve with it.

use innkeeper_suites::{House, condition, uid};
use serde_json::json;

use crate::{CORNER_CHILDREN, account, builds, deploy, house_with_corner, ports_of};

fn corner(house: &House) -> serde_json::Value {
    house.get("WorkerBundle", "corner")
}

#[test]
fn workers_08_a_bundle_made_by_hand_gets_image_and_workers_and_stays_its_owners() {
    let house = house_with_corner();
    let before = uid(&corner(&house));
    house.apply(&account("corner"));
    house.wait_for_condition("WorkerAccount", "corner", "Ready", "True");
    house.wait_until_quiet();
    house.wait_for_children("WorkerBundle", "corner", CORNER_CHILDREN);

    deploy(&house, &["hello"], 1);
    builds::succeed_with(&house, "corner", &["hello"]);
    builds::are_served(&house, "corner");
    let bundle = corner(&house);
    assert_eq!(uid(&bundle), before);
    assert!(bundle["metadata"]["ownerReferences"].is_null(), "it is not the account's");
    assert_eq!(
        bundle["spec"]["podTemplate"],
        json!({
            "image": builds::wanted_image(&house, "corner"), "imagePullSecret": "registry-key",
        })
    );
    assert_eq!(ports_of(&bundle), [("hello".to_owned(), 8080)]);
    house.eventually("its Deployment follows", || {
        let deployment = house.get("Deployment", "corner-depl");
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] == bundle["spec"]["podTemplate"]["image"]
    });
    assert_eq!(bundle["metadata"]["annotations"]["lastImage"], "registry.example.com/corner:1");
    let first = builds::wanted_image(&house, "corner");
    deploy(&house, &["hello"], 2);
    builds::succeed_of(&house, "corner", "http://store.example/hello/2.js");
    house.eventually("the image before is named", || {
        corner(&house)["metadata"]["annotations"]["lastImage"] == first.as_str()
    });

    // The account goes: what it gave goes with it, the bundle stays.
    house.delete("workeraccount", "corner");
    house.eventually("nothing is served any more", || {
        ports_of(&corner(&house)).is_empty() && corner(&house)["spec"]["podTemplate"]["image"].is_null()
    });
    assert_eq!((uid(&corner(&house)), &corner(&house)["spec"]["deploymentName"]), (before, &json!("corner")));
}

#[test]
fn workers_08_a_bundle_made_by_hand_that_goes_is_made_by_the_account_with_what_it_serves() {
    let house = house_with_corner();
    house.apply(&account("corner"));
    deploy(&house, &["hello"], 1);
    builds::succeed_with(&house, "corner", &["hello"]);
    builds::are_served(&house, "corner");
    house.delete("workerbundle", "corner");
    house.eventually("the account has made one", || {
        house.find("WorkerBundle", "corner").is_some_and(|bundle| !bundle["metadata"]["ownerReferences"].is_null())
    });
    assert_eq!(ports_of(&corner(&house)), [("hello".to_owned(), 8080)]);
    builds::are_served(&house, "corner");
    assert!(condition(&corner(&house), "Stalled").is_none_or(|stalled| stalled["status"] == "False"));
}
