//! The town that all systems are in: its one host, which comes and goes, and what people do with kubectl.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use fastrand::Rng;
use innkeeper_suites::{House, guest, rebuilt};
use serde_json::Value;

use crate::system::{self, System};

/// The modules of all systems.
pub(crate) const GUESTS: [&str; 11] = [
    "custom-http",
    "goop",
    "job-builder",
    "memcached",
    "minimart",
    "rocketlab-site",
    "rocketlab-tmsource",
    "worker-account",
    "worker-bundle",
    "worker-deployment",
    "worker-release",
];

/// A house with the modules of all systems.
pub(crate) struct Town {
    pub(crate) house: House,
    is_without_host: Cell<bool>,
    /// Those guests that are served by another module than at first, which does the same.
    swapped: RefCell<BTreeSet<&'static str>>,
}

impl Town {
    /// A town whose host runs, without objects.
    pub(crate) fn new(systems: &[Box<dyn System>]) -> Self {
        let house = House::alone(&GUESTS);
        house.garbage_collection_knows_every_kind();
        house.start_host();
        for kind in systems.iter().flat_map(|system| system.kinds()) {
            house.delete_everywhere(kind);
        }
        Self { house, is_without_host: Cell::new(false), swapped: RefCell::default() }
    }

    /// Something happens to the host, or to a module.
    pub(crate) fn trouble(&self, random: &mut Rng) -> String {
        match random.u8(0..12) {
            0 => {
                self.house.host().kill();
                self.house.begin_host();
                self.is_without_host.set(false);
                "the host is killed, and starts".into()
            }
            1 => {
                self.comes_back();
                // Before it is ready it ends at once, as anything does.
                self.house.host().wait_until_ready();
                assert_eq!(self.house.host().terminate(), Some(0), "it ends as it should");
                self.house.begin_host();
                "the host is restarted".into()
            }
            2 => {
                self.house.host().kill();
                self.is_without_host.set(true);
                "the host is killed, and away".into()
            }
            3..=5 => {
                let name = GUESTS[random.usize(..GUESTS.len())];
                let mut swapped = self.swapped.borrow_mut();
                let first = guest(name);
                let is_first_again = swapped.remove(name);
                let module = if is_first_again { first } else { rebuilt(&first) };
                if !is_first_again {
                    swapped.insert(name);
                }
                self.house.modules().put(&format!("{name}.wasm"), &module);
                format!("another module for {name}")
            }
            _ => "nothing happens".into(),
        }
    }

    /// If the host is away, it starts.
    pub(crate) fn comes_back(&self) {
        if self.is_without_host.take() {
            self.house.begin_host();
        }
    }

    /// Waits until a system is as its model says: what comes next would otherwise end as it happens to meet the host.
    pub(crate) fn settle(&self, system: &dyn System) {
        self.comes_back();
        self.house.eventually(&format!("{:?} are as the model says", system.kinds()), || {
            system::is_right(system, &self.house)
        });
    }

    /// Somebody applies an object.
    pub(crate) fn apply(&self, object: &Value) {
        self.house.apply(&object.to_string());
    }

    /// Somebody applies nonsense; it is refused.
    pub(crate) fn refuses(&self, object: &Value) -> String {
        self.house.apply_is_refused(&object.to_string());
        format!("nonsense for {} is refused", object["metadata"]["name"])
    }

    /// Somebody deletes an object or a child, if it is there.
    pub(crate) fn delete(&self, kind: &str, name: &str) -> String {
        self.house.kubectl(&["delete", kind, name, "--ignore-not-found", "--wait=false"]);
        format!("delete {kind} {name}")
    }

    /// Somebody edits an object or a child, if it is there.
    pub(crate) fn edit(&self, kind: &str, name: &str, patch: &Value) -> String {
        let done = self.house.try_kubectl(&["patch", kind, name, "--type=merge", "-p", &patch.to_string()]);
        format!("edit {kind} {name}: {}", if done.is_ok() { "done" } else { "not there" })
    }

    /// Somebody scales a Deployment, if it is there.
    pub(crate) fn scale(&self, name: &str, replicas: u8) -> String {
        let done = self.house.try_kubectl(&["scale", "deployment", name, &format!("--replicas={replicas}")]);
        format!("scale {name} to {replicas}: {}", if done.is_ok() { "done" } else { "not there" })
    }
}

/// One of these.
pub(crate) fn one_of<T: Copy>(random: &mut Rng, all: &[T]) -> T {
    all[random.usize(..all.len())]
}
