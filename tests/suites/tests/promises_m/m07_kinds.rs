//! M07: a swap that changes the kinds of children watches the new ones, and loses no child of the old ones.

use innkeeper_suites::bench::{Bench, config_map};
use innkeeper_suites::{guest, reworded};
use serde_json::json;

use crate::pusher::{Pusher, digest, grant, house};

#[test]
fn m07_after_a_swap_to_other_kinds_children_of_the_old_ones_are_kept_and_go_when_nobody_wants_them() {
    let house = house();
    let pusher = Pusher::of(&house);
    let module = guest("workbench");
    pusher.pushes(&house, &module);
    let first = digest(&house);
    Bench::new("tidy").child(config_map("old", "one")).apply_ready(&house);

    // The same guest, but it asks for Endpoints where it asked for ConfigMaps.
    let other = reworded(&module, "ConfigMap", "Endpoints");
    grant(&house, "Endpoints");
    pusher.pushes(&house, &other);
    assert_ne!(digest(&house), first);

    assert!(house.find("ConfigMap", "old").is_some());
    house.delete("configmap", "old");
    house.eventually("a child of the old kind that somebody deleted is there again", || {
        house.find("ConfigMap", "old").is_some()
    });
    let new = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "new"}});
    Bench::new("tidy").child(new).apply_ready(&house);
    house.eventually("a child of the old kind that nobody wants any more is gone", || {
        house.find("ConfigMap", "old").is_none()
    });
    let endpoints = || house.kubectl(&["get", "endpoints", "new", "--ignore-not-found", "-o", "name"]);
    assert!(!endpoints().is_empty());
    house.kubectl(&["delete", "endpoints", "new"]);
    house.eventually("a child of the new kind that somebody deleted is there again", || !endpoints().is_empty());
}
