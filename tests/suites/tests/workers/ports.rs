//! Several scripts of an account: one bundle, one Deployment, and ports that stay.

use crate::{builds, deploy, house_serving, ports_of};

fn named(ports: &[(&str, u64)]) -> Vec<(String, u64)> {
    ports.iter().map(|(name, port)| ((*name).to_owned(), *port)).collect()
}

#[test]
fn workers_11_several_scripts_end_in_one_bundle_and_a_new_one_does_not_renumber_running_ones() {
    let house = house_serving(&["middle", "zebra"]);
    let served = || ports_of(&house.get("WorkerBundle", "acme"));
    assert_eq!(served(), named(&[("middle", 8080), ("zebra", 8081)]), "at first by name");
    deploy(&house, &["apple"], 1);
    builds::succeed_with(&house, "acme", &["middle", "zebra", "apple"]);
    builds::are_served(&house, "acme");
    assert_eq!(served(), named(&[("middle", 8080), ("zebra", 8081), ("apple", 8082)]));
    let names = house.get("JobBuilder", "acme")["spec"]["scriptNames"].clone();
    assert_eq!(names, serde_json::json!(["middle", "zebra", "apple"]), "and so are they built");
    // Another version of one of them keeps its place.
    deploy(&house, &["middle"], 2);
    builds::succeed_of(&house, "acme", "http://store.example/middle/2.js");
    assert_eq!(served(), named(&[("middle", 8080), ("zebra", 8081), ("apple", 8082)]));
    assert_eq!(house.list("WorkerBundle", "").len(), 1);
    assert_eq!(house.list("Deployment", "").len(), 1);
    house.eventually("the Service has its ports", || {
        house.get("Service", "acme-svc")["spec"]["ports"].as_array().map(Vec::len) == Some(3)
    });
}

#[test]
fn workers_11_a_script_that_goes_renumbers_others_only_together_with_their_image() {
    let house = house_serving(&["a", "b", "c"]);
    let bundle = || house.get("WorkerBundle", "acme");
    let before = bundle();
    house.delete("workerdeployment", "a");
    let job = builds::begun_with(&house, "acme", &["b", "c"]);
    house.wait_until_quiet();
    assert_eq!(bundle()["spec"], before["spec"], "the old image is served with its own ports");
    builds::succeeds(&house, &job);
    builds::are_served(&house, "acme");
    assert_eq!(ports_of(&bundle()), named(&[("b", 8080), ("c", 8081)]));
    let generation = |bundle: &serde_json::Value| bundle["metadata"]["generation"].as_i64().unwrap();
    assert_eq!(generation(&bundle()), generation(&before) + 1, "image and ports change in one write");
}
