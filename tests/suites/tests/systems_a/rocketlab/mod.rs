//! Rocketlab: sites that can be switched off, and their telemetry sources.

mod cost;
mod general;
mod pods;
mod sites;

use innkeeper_suites::{House, uid};
use serde_json::json;

use crate::everywhere::Sample;

const POD: &str = "rocket-source-pod-thrust";
const MOON: &str = include_str!("site.yaml");
const THRUST: &str = include_str!("source.yaml");
const THRUST_CHILDREN: &str = include_str!("source.children.yaml");

const SITE: Sample =
    Sample { kind: "Site", crd: "sites.tm.rocketlab.global", app: "", name: "moon", yaml: MOON, children: &[] };

const SOURCE: Sample = Sample {
    kind: "TmSource",
    crd: "tmsources.tm.rocketlab.global",
    app: "rocket-source",
    name: "thrust",
    yaml: THRUST,
    children: &[("Pod", POD)],
};

/// A source of that name and site.
fn source(name: &str, site: &str) -> String {
    THRUST.replace("name: thrust", &format!("name: {name}")).replace("site: moon", &format!("site: {site}"))
}

/// A house with the enabled Site `moon` in it and the source `thrust`, whose Pod runs.
fn house_with_thrust() -> House {
    let house = crate::house();
    house.apply(MOON);
    SOURCE.lives_in(&house);
    house
}

/// Switches a site on or off.
fn switch(house: &House, site: &str, enabled: bool) {
    crate::change(house, "site", site, &json!({"enabled": enabled}));
}

/// The names of the Pods of a site that are not going.
fn pods_of(house: &House, site: &str) -> Vec<String> {
    let pods = house.list("Pod", &format!("app=rocket-source-pod,site={site}"));
    let staying = pods.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    staying.map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

/// Waits until these sources of a site have a Pod, and no others.
fn wait_for_pods(house: &House, site: &str, sources: &[&str]) {
    let wanted: Vec<String> = sources.iter().map(|source| format!("rocket-source-pod-{source}")).collect();
    house.eventually(&format!("the sources of {site} with a Pod are {sources:?}"), || {
        let there = pods_of(house, site);
        if there == wanted { Ok(()) } else { Err(format!("{there:?}")) }
    });
}

/// Waits until there is another Pod under the name of this one, and it runs.
fn wait_for_another_pod(house: &House, before: &str) {
    house.eventually("another Pod of that name runs", || {
        house.find("Pod", POD).is_some_and(|pod| uid(&pod) != before && pod["status"]["phase"] == "Running")
    });
}
