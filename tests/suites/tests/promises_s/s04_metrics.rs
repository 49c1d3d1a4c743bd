//! S04: metrics carry controller-runtime's names and low-cardinality labels.

use std::collections::BTreeMap;

use innkeeper_suites::{Family, House, exposition};
use serde_json::json;

use crate::bench::{KIND, apply, config_map};

/// The label of the kind of the guest for tests.
const CONTROLLER: (&str, &str) = ("controller", "workbench.test.innkeeper.dev");

/// controller-runtime's own: family, type, labels. Its documentation and dashboards go by these.
const THEIRS: [(&str, &str, &[&str]); 18] = [
    ("controller_runtime_active_workers", "gauge", &["controller"]),
    ("controller_runtime_max_concurrent_reconciles", "gauge", &["controller"]),
    ("controller_runtime_reconcile_errors_total", "counter", &["controller"]),
    ("controller_runtime_reconcile_panics_total", "counter", &["controller"]),
    ("controller_runtime_reconcile_time_seconds", "histogram", &["controller"]),
    ("controller_runtime_reconcile_timeouts_total", "counter", &["controller"]),
    ("controller_runtime_reconcile_total", "counter", &["controller", "result"]),
    ("controller_runtime_terminal_reconcile_errors_total", "counter", &["controller"]),
    ("process_cpu_seconds_total", "counter", &[]),
    ("process_resident_memory_bytes", "gauge", &[]),
    ("rest_client_requests_total", "counter", &["code", "host", "method"]),
    ("workqueue_adds_total", "counter", &["controller", "name"]),
    ("workqueue_depth", "gauge", &["controller", "name", "priority"]),
    ("workqueue_longest_running_processor_seconds", "gauge", &["controller", "name"]),
    ("workqueue_queue_duration_seconds", "histogram", &["controller", "name"]),
    ("workqueue_retries_total", "counter", &["controller", "name"]),
    ("workqueue_unfinished_work_seconds", "gauge", &["controller", "name"]),
    ("workqueue_work_duration_seconds", "histogram", &["controller", "name"]),
];

/// Every label that any metric has. None of them holds a name of an object.
const LABELS: [&str; 14] = [
    "bound",
    "code",
    "controller",
    "host",
    "kind",
    "le",
    "method",
    "name",
    "priority",
    "reason",
    "result",
    "selection",
    "type",
    "verb",
];

type Families = BTreeMap<String, Family>;

fn scraped(house: &House) -> Families {
    let answer = house.host().metrics("*/*");
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"));
    exposition::read(&answer.text, false)
}

/// The values of the series of that name with these labels, added up.
fn sum(families: &Families, name: &str, labels: &[(&str, &str)]) -> f64 {
    let samples = families.values().flat_map(|family| &family.samples);
    samples.filter(|sample| sample.name == name && sample.has(labels)).map(|sample| sample.value).sum()
}

/// A house with no object of other tests in it: metrics know no namespaces.
fn alone() -> House {
    let house = House::alone(&["workbench"]);
    house.delete_everywhere("Workbench");
    house
}

/// A host that has kept one object, and failed at three in three ways.
fn busy() -> House {
    let house = alone();
    house.start_host();
    apply(&house, "fine", &json!({"children": [config_map("fine", "one")]}));
    house.wait_for_condition(KIND, "fine", "Ready", "True");
    for behaviour in ["Trap", "Loop", "Invalid"] {
        apply(&house, &behaviour.to_lowercase(), &json!({"behaviour": behaviour}));
        house.wait_for_condition(KIND, &behaviour.to_lowercase(), "Stalled", "True");
    }
    house
}

#[test]
fn s04_metrics_have_the_names_and_labels_of_controller_runtime() {
    let house = busy();
    let families = scraped(&house);
    for (name, kind, labels) in THEIRS {
        let family = families.get(name).unwrap_or_else(|| panic!("there is no {name}"));
        assert_eq!(family.kind, kind, "{name}");
        for sample in &family.samples {
            let have: Vec<&str> = sample.labels.keys().map(String::as_str).filter(|l| *l != "le").collect();
            assert_eq!(have, labels, "{name}");
        }
    }
    let results = &families["controller_runtime_reconcile_total"].samples;
    let mut of_kind: Vec<&str> =
        results.iter().filter(|s| s.has(&[CONTROLLER])).map(|s| s.labels["result"].as_str()).collect();
    of_kind.sort_unstable();
    assert_eq!(of_kind, ["error", "requeue", "requeue_after", "success"], "each result is there from the start");
    let labels = families.values().flat_map(|family| &family.samples).flat_map(|sample| sample.labels.keys());
    let other: Vec<&String> = labels.filter(|label| !LABELS.contains(&label.as_str())).collect();
    assert!(other.is_empty(), "labels that nobody spoke of: {other:?}");
    for family in families.values().filter(|f| f.kind == "histogram") {
        assert!(family.help.contains("seconds"), "its help says the unit: {}", family.help);
    }
}

#[test]
fn s04_what_is_counted_is_what_happened() {
    let house = alone();
    let mark = house.mark();
    house.start_host();
    house.wait_until_quiet();
    apply(&house, "fine", &json!({"children": [config_map("fine", "one")], "requeueAfterMs": 3_600_000}));
    house.wait_for_condition(KIND, "fine", "Ready", "True");
    apply(&house, "wrong", &json!({"behaviour": "Invalid"}));
    house.wait_for_condition(KIND, "wrong", "Stalled", "True");
    house.wait_until_quiet();
    let families = scraped(&house);
    let counted = |name: &str, more: &[(&str, &str)]| sum(&families, name, &[&[CONTROLLER], more].concat());
    // `wrong` is not tried again before it changes, by its status too; each look at `fine` puts it back for an hour.
    let wrong = counted("innkeeper_guest_calls_total", &[("result", "invalid")]);
    assert!((1.0..=2.0).contains(&wrong), "{wrong}");
    assert_eq!(counted("controller_runtime_terminal_reconcile_errors_total", &[]), wrong);
    assert_eq!(counted("controller_runtime_reconcile_errors_total", &[]), wrong);
    assert_eq!(counted("controller_runtime_reconcile_total", &[("result", "error")]), wrong);
    assert!(counted("controller_runtime_reconcile_total", &[("result", "requeue_after")]) >= 1.0);
    let all = counted("controller_runtime_reconcile_total", &[]);
    assert_eq!(counted("controller_runtime_reconcile_time_seconds_count", &[]), all);
    assert_eq!(counted("workqueue_adds_total", &[]), all);
    assert_eq!(counted("workqueue_queue_duration_seconds_count", &[]), all);
    assert_eq!(counted("innkeeper_guest_calls_total", &[]), counted("innkeeper_guest_call_cpu_seconds_count", &[]));
    assert!(counted("innkeeper_guest_input_bytes_total", &[]) > counted("innkeeper_guest_output_bytes_total", &[]));
    assert_eq!(
        counted("innkeeper_steps_total", &[("kind", "configmap"), ("verb", "apply"), ("result", "created")]),
        1.0
    );
    assert_eq!(counted("workqueue_depth", &[]) + counted("controller_runtime_active_workers", &[]), 0.0);
    assert_eq!(sum(&families, "innkeeper_module_loads_total", &[("result", "loaded")]), 1.0);
    assert_eq!(sum(&families, "innkeeper_watches", &[("kind", "workbench.test.innkeeper.dev")]), 1.0);
    // Every write, as the API server counts them.
    let requests = house.requests_everywhere_since(&mark);
    let written = |verb: &str| requests.iter().filter(|request| request.verb == verb).count();
    for (method, verb) in [("PATCH", "patch"), ("POST", "create"), ("DELETE", "delete")] {
        let sent = sum(&families, "rest_client_requests_total", &[("method", method)]);
        assert_eq!(sent, f64::from(u32::try_from(written(verb)).unwrap()), "{method}: {requests:#?}");
    }
}

#[test]
fn s04_traps_and_limits_are_counted_by_what_was_exceeded() {
    let house = busy();
    let families = scraped(&house);
    let counted = |name: &str, more: &[(&str, &str)]| sum(&families, name, &[&[CONTROLLER], more].concat());
    assert!(counted("innkeeper_guest_limits_exceeded_total", &[("bound", "time")]) >= 1.0);
    assert!(counted("controller_runtime_reconcile_timeouts_total", &[]) >= 1.0);
    assert!(counted("controller_runtime_reconcile_panics_total", &[]) >= 1.0);
    assert!(counted("innkeeper_guest_calls_total", &[("result", "trap")]) >= 1.0);
    assert!(counted("workqueue_retries_total", &[]) >= 2.0, "both are tried again");
}

#[test]
fn s04_the_number_of_series_does_not_grow_with_the_number_of_objects() {
    let house = busy();
    let before = exposition::series(&scraped(&house));
    for n in 0..40 {
        let name = format!("many-{n}");
        apply(&house, &name, &json!({"children": [config_map(&name, "one")], "events": ["Said"]}));
    }
    for n in 0..40 {
        house.wait_for_condition(KIND, &format!("many-{n}"), "Ready", "True");
    }
    house.kubectl(&["delete", "workbench", "many-0", "many-1"]);
    let after = exposition::series(&scraped(&house));
    let new: Vec<&String> = after.difference(&before).collect();
    let named = new.iter().find(|series| series.contains("many-") || series.contains(house.namespace()));
    assert_eq!(named, None, "no label holds a name");
    // Another status code, another verb: as many as there are of those.
    assert!(new.len() < 40, "{new:#?}");
}

#[test]
fn s04_openmetrics_is_answered_to_those_who_ask_for_it() {
    let house = House::shared();
    let answer = house.host().metrics("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");
    assert_eq!(answer.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let families = exposition::read(&answer.text, true);
    assert!(families.contains_key("controller_runtime_reconcile_total"));
}
