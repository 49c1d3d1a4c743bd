//! M03: no event is lost while modules are swapped, and afterwards every object is called once with the new one.

use innkeeper_suites::bench::{Bench, config_map};
use innkeeper_suites::{House, guest, rebuilt};
use serde_json::json;

use crate::pusher::{Pusher, counted, digest, house};

const OBJECTS: usize = 12;

fn name(n: usize) -> String {
    format!("bench-{n}")
}

fn put(house: &House, n: usize, word: &str) {
    Bench::new(&name(n)).child(config_map(&name(n), word)).apply(house);
}

/// Two modules that do the same, both of which have decided, and objects that are ready; no others in the cluster.
fn two_modules(house: &House) -> [String; 2] {
    // A swap looks at every object of the kind.
    house.delete_everywhere("Workbench");
    let pusher = Pusher::of(house);
    let first = guest("workbench");
    let digests = [first.clone(), rebuilt(&first)].map(|module| {
        pusher.pushes(house, &module);
        digest(house)
    });
    for n in 0..OBJECTS {
        put(house, n, "first");
    }
    for n in 0..OBJECTS {
        house.wait_for_condition("Workbench", &name(n), "Ready", "True");
    }
    digests
}

fn swap(house: &House, digest: &str) {
    let patch = json!({"spec": {"module": {"digest": digest}}});
    house.patch("reconciler", "workbench", &patch.to_string());
}

#[test]
fn m03_after_a_swap_every_object_is_called_once() {
    let house = house();
    let [first, second] = two_modules(&house);
    house.wait_until_quiet();
    assert_eq!(digest(&house), second);
    let before = counted(&house, "innkeeper_guest_calls_total");
    swap(&house, &first);
    house.eventually("the other module decides", || digest(&house) == first);
    house.wait_until_quiet();
    assert_eq!(counted(&house, "innkeeper_guest_calls_total") - before, OBJECTS);
}

#[test]
fn m03_no_event_is_lost_and_no_call_fails_while_modules_are_swapped() {
    let house = house();
    let digests = two_modules(&house);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..30 {
                swap(&house, &digests[round % 2]);
            }
        });
        for round in 0..5 {
            for n in 0..OBJECTS {
                put(&house, n, &format!("word-{round}-{n}"));
            }
        }
    });
    for n in 0..OBJECTS {
        house.eventually(&format!("the last change of {} arrives", name(n)), || {
            house.get("ConfigMap", &name(n))["data"]["word"] == format!("word-4-{n}").as_str()
        });
        house.wait_for_condition("Workbench", &name(n), "Ready", "True");
    }
    house.eventually("the module that was named last decides", || digest(&house) == digests[1]);
    for failed in ["controller_runtime_reconcile_panics_total", "controller_runtime_reconcile_errors_total"] {
        assert_eq!(counted(&house, failed), 0, "{failed}");
    }
}
