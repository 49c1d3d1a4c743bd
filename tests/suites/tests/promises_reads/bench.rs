//! Workbenches that look at the cluster, and how often their guest was called.

use std::collections::BTreeMap;

use innkeeper_suites::{Family, House, exposition};
use serde_json::{Value, json};

/// The kind whose objects say themselves what their guest does.
pub(crate) const KIND: &str = "Workbench";
/// The label of that kind in metrics.
const CONTROLLER: (&str, &str) = ("controller", "workbench.test.innkeeper.dev");

/// A Workbench whose guest does this. JSON is YAML.
pub(crate) fn bench(name: &str, spec: &Value) -> String {
    json!({"apiVersion": "test.innkeeper.dev/v1", "kind": KIND, "metadata": {"name": name}, "spec": spec}).to_string()
}

/// A Workbench whose guest looks at this.
pub(crate) fn looking(name: &str, look: &Value) -> String {
    bench(name, &json!({"looks": [look]}))
}

/// A ConfigMap with labels and data.
pub(crate) fn config_map(name: &str, app: &str, text: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"app": app}},
        "data": {"text": text}})
    .to_string()
}

/// A house with the guest of Workbenches, which may read ConfigMaps, Secrets, Workbenches and Latecomers in every
/// namespace, and Namespaces. Its host runs, and keeps nothing yet.
pub(crate) fn house() -> House {
    let house = House::alone(&["workbench"]);
    house.start_host();
    house.eventually("the host made the Reconciler", || house.find("Reconciler", "workbench").is_some());
    let read = json!([
        {"group": "", "kinds": ["ConfigMap", "Secret"], "reach": "All"},
        {"group": "", "kinds": ["Namespace"], "reach": "Cluster"},
        {"group": "test.innkeeper.dev", "kinds": [KIND, "Latecomer"], "reach": "All"},
    ]);
    let patch = json!({"spec": {"permissions": {"read": read}}}).to_string();
    house.patch("reconciler", "workbench", &patch);
    // What other tests left looks at something too.
    house.delete_everywhere(KIND);
    house
}

/// What the guest of a Workbench saw last, at its first look.
pub(crate) fn seen(house: &House, name: &str) -> Value {
    house.get(KIND, name)["status"]["looks"][0].clone()
}

/// Waits until the guest of a Workbench sees this.
pub(crate) fn wait_until_seen(house: &House, name: &str, wanted: &Value) {
    house.eventually(&format!("{name} sees {wanted}"), || {
        let seen = seen(house, name);
        if seen == *wanted { Ok(()) } else { Err(seen.to_string()) }
    });
}

fn scraped(house: &House) -> BTreeMap<String, Family> {
    exposition::read(&house.host().metrics("*/*").text, false)
}

fn sum(house: &House, name: &str, labels: &[(&str, &str)]) -> usize {
    let families = scraped(house);
    let samples = families.get(name).map(|family| family.samples.as_slice()).unwrap_or_default();
    let values = samples.iter().filter(|s| s.has(labels)).map(|s| s.value);
    // Counts are whole, and small.
    values.map(|value| format!("{value:.0}").parse::<usize>().unwrap()).sum()
}

/// How often the guest was called.
pub(crate) fn calls(house: &House) -> usize {
    sum(house, "innkeeper_guest_calls_total", &[CONTROLLER])
}

/// How often it was not called since nothing had changed for it.
pub(crate) fn skipped(house: &House) -> usize {
    sum(house, "innkeeper_guest_calls_skipped_total", &[CONTROLLER])
}

/// The watches that run for a kind, by what they select.
pub(crate) fn watches(house: &House, kind: &str) -> Vec<(String, usize)> {
    let families = scraped(house);
    let samples = families.get("innkeeper_watches").map(|family| family.samples.as_slice()).unwrap_or_default();
    let samples = samples.iter().filter(|s| s.has(&[("kind", kind)]) && s.value > 0.0);
    samples.map(|s| (s.labels["selection"].clone(), format!("{:.0}", s.value).parse().unwrap())).collect()
}

/// How many calls something leads to, until all is quiet again.
pub(crate) fn calls_by(house: &House, something: impl FnOnce()) -> usize {
    let before = calls(house);
    something();
    house.wait_until_quiet();
    calls(house) - before
}
