//! 11: what a change of one site costs does not grow with the sources of others.

use std::collections::BTreeMap;

use innkeeper_suites::{House, exposition};
use serde_json::Value;

use super::{MOON, source, switch, wait_for_pods};

const OTHERS: usize = 8;
const SOURCES_OF_OTHERS: usize = 4;

/// How often the guest of a kind was called.
fn calls(house: &House, controller: &str) -> usize {
    let families = exposition::read(&house.host().metrics("*/*").text, false);
    let samples =
        families["innkeeper_guest_calls_total"].samples.iter().filter(|s| s.has(&[("controller", controller)]));
    samples.map(|sample| format!("{:.0}", sample.value).parse::<usize>().unwrap()).sum()
}

/// How often each object of a kind was reconciled lately, as the host's traces tell.
fn reconciles(house: &House, kind: &str) -> BTreeMap<String, Vec<Value>> {
    let objects = house.list(kind, "");
    let names = objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap().to_owned());
    let trace = |name: &str| {
        let (code, told, complaint) = house.trace(&[&format!("{}/{name}", kind.to_lowercase()), "-o", "json"]);
        assert_eq!(code, Some(0), "{complaint}");
        let report: Value = serde_json::from_str(&told).unwrap();
        report["reconciles"].as_array().unwrap().iter().map(|one| one["began"].clone()).collect()
    };
    names.map(|name| (name.clone(), trace(&name))).collect()
}

/// The objects that were reconciled in between.
fn looked_at(before: &BTreeMap<String, Vec<Value>>, after: &BTreeMap<String, Vec<Value>>) -> Vec<String> {
    after.iter().filter(|(name, times)| before.get(*name) != Some(times)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn rocketlab_11_a_switched_site_calls_exactly_its_own_sources() {
    let house = House::alone(&["rocketlab-site", "rocketlab-tmsource"]);
    house.delete_everywhere("TmSource");
    house.start_host();
    let mut all = vec![MOON.to_owned(), source("fuel", "moon"), source("spin", "moon"), source("thrust", "moon")];
    for other in 0..OTHERS {
        all.push(MOON.replace("name: moon", &format!("name: other-{other}")));
        all.extend((0..SOURCES_OF_OTHERS).map(|n| source(&format!("s-{other}-{n}"), &format!("other-{other}"))));
    }
    house.apply(&all.join("---\n"));
    house.kubectl(&["wait", "--for=condition=Ready", "--timeout=90s", "tmsources", "--all"]);
    house.wait_until_quiet();

    let (sites, sources) = (reconciles(&house, "Site"), reconciles(&house, "TmSource"));
    let before = ["site", "tmsource"].map(|kind| calls(&house, &format!("{kind}.tm.rocketlab.global")));
    switch(&house, "moon", false);
    wait_for_pods(&house, "moon", &[]);
    house.wait_until_quiet();
    let after = ["site", "tmsource"].map(|kind| calls(&house, &format!("{kind}.tm.rocketlab.global")));

    assert_eq!(looked_at(&sources, &reconciles(&house, "TmSource")), ["fuel", "spin", "thrust"]);
    assert_eq!(looked_at(&sites, &reconciles(&house, "Site")), ["moon"]);
    // Each source: for its site, and as its Pod goes, which is told in up to four events. The site: for itself, and as its
    // sources' status changes. There are 35 sources and nine sites.
    let [of_site, of_sources] = [after[0] - before[0], after[1] - before[1]];
    assert!((3..=18).contains(&of_sources), "3 sources led to {of_sources} calls");
    assert!((1..=10).contains(&of_site), "one site led to {of_site} calls");
}
