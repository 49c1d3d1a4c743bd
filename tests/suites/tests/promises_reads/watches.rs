//! W05: one watch of a kind for the whole host, of no more than somebody needs, and no longer than somebody does.

use serde_json::json;

use crate::bench::{KIND, bench, config_map, house, looking, wait_until_seen, watches};

/// The one watch of ConfigMaps.
fn config_maps_are_watched(house: &innkeeper_suites::House, wanted: &[(&str, usize)]) {
    house.eventually(&format!("ConfigMaps are watched like this: {wanted:?}"), || {
        let watches = watches(house, "configmap");
        let same = watches.iter().map(|(selection, count)| (selection.as_str(), *count)).eq(wanted.iter().copied());
        if same { Ok(()) } else { Err(format!("{watches:?}")) }
    });
}

#[test]
fn w05_one_watch_of_a_kind_serves_everybody_and_ends_when_nobody_needs_it() {
    let house = house();
    // A host that found what other tests left goes on watching its kinds; the next one does not see it.
    house.delete_everywhere_with("ConfigMap", "innkeeper.dev/object-uid");
    house.start_host();
    config_maps_are_watched(&house, &[]);
    // Metadata where that is enough, however many look.
    for n in 0..3 {
        house.apply(&looking(&format!("names-{n}"), &json!({"kind": "ConfigMap", "view": "names", "labels": "app"})));
    }
    wait_until_seen(&house, "names-2", &json!([]));
    config_maps_are_watched(&house, &[("metadata", 1)]);
    // Whole where somebody views more; whoever saw metadata goes on seeing it.
    house.apply(&looking("data", &json!({"kind": "ConfigMap", "name": "paper", "view": "spec"})));
    wait_until_seen(&house, "data", &json!([]));
    config_maps_are_watched(&house, &[("all", 1)]);
    house.apply(&config_map("paper", "web", "blue"));
    wait_until_seen(&house, "names-0", &json!(["paper"]));
    // Children come from the same watch.
    let child = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "child", "labels": {"app": "x"}}});
    house.apply(&bench("parent", &json!({"children": [{"manifest": child}]})));
    wait_until_seen(&house, "names-0", &json!(["child", "paper"]));
    config_maps_are_watched(&house, &[("all", 1)]);
    house.delete("configmap", "child");
    house.eventually("the child is back", || house.find("ConfigMap", "child").is_some());
    // Without the readers, only children are watched: in one version, by our label.
    let mark = house.mark();
    house.kubectl(&["delete", KIND, "data", "names-0", "names-1", "names-2"]);
    config_maps_are_watched(&house, &[("children", 1)]);
    let asked = house.requests_since(&mark).into_iter();
    let lists: Vec<_> = asked.filter(|r| r.resource == "configmaps" && r.verb == "list").collect();
    assert!(
        !lists.is_empty() && lists.iter().all(|r| r.uri.contains("labelSelector=innkeeper.dev%2Fobject-uid")),
        "{lists:#?}"
    );
    house.delete("configmap", "child");
    house.eventually("the child is back", || house.find("ConfigMap", "child").is_some());
}
