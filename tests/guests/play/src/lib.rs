//! What the guests for tests do: the spec of an object says which outcome its guest gives. So suites drive
//! the host from outside, with kubectl alone.
#![forbid(unsafe_code)]
#![allow(clippy::panic, reason = "a guest that traps when it is told to")]
#![allow(missing_docs, reason = "the words are the contract's")]

mod script;

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use innkeeper_sdk::{Addressed, Adopt, Failure, Key, Kind, Outcome, Policy};
use serde_json::json;

pub use script::{Behaviour, Child, Condition, Hold, PlayStatus, Removal, Script};

/// What survives a call, if anything does: nothing should.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Plays a script. `finalizing` is whether the object is being deleted.
pub fn play(script: &Script, finalizing: bool) -> Result<Outcome, Failure> {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let mut outcome = Outcome::new();
    match script.behaviour {
        Behaviour::Normal => {}
        Behaviour::Count => {
            outcome.status(&json!({ "calls": calls }));
        }
        Behaviour::Trap => panic!("the spec says that this guest traps"),
        Behaviour::Loop => loop {
            black_box(calls);
        },
        Behaviour::Retry => return Err(Failure::retry("the spec says: later")),
        Behaviour::Invalid => return Err(Failure::invalid("spec.behaviour", "the spec says: wrong")),
    }
    for child in &script.children {
        ask_for(&mut outcome, child);
    }
    if let Some(status) = &script.status {
        outcome.status(status);
    }
    if let Some(hold) = &script.hold {
        outcome.hold(&hold.reason, hold.message.clone());
    }
    for condition in &script.conditions {
        outcome.condition(&condition.kind, condition.status, &condition.reason, condition.message.clone());
    }
    for event in &script.events {
        outcome.event(event, "Play", "the spec says so");
    }
    if let Some(ms) = script.requeue_after_ms {
        outcome.requeue_after(Duration::from_millis(ms));
    }
    for removal in &script.remove {
        let entry = outcome.remove(&Target(removal));
        if let Some(wave) = removal.before_wave {
            entry.before_wave(wave);
        }
    }
    if finalizing && script.finished {
        return Ok(Outcome::finished());
    }
    Ok(outcome)
}

fn ask_for(outcome: &mut Outcome, wanted: &Child) {
    let child = outcome.child_json(wanted.manifest.clone());
    child.wave(wanted.wave);
    child.policy(match wanted.policy {
        script::Policy::Apply => Policy::Apply,
        script::Policy::CreateOnly => Policy::CreateOnly,
        script::Policy::Recreate => Policy::Recreate,
        script::Policy::Keep => Policy::Keep,
    });
    child.adopt(match wanted.adopt {
        script::Adopt::Never => Adopt::Never,
        script::Adopt::Unowned => Adopt::Unowned,
        script::Adopt::Earlier => Adopt::Earlier,
    });
    for path in &wanted.shared {
        child.shared(path);
    }
    for path in &wanted.exclusive {
        child.exclusive(path);
    }
    for path in &wanted.release {
        child.release(path);
    }
}

/// What a script wants removed, as the SDK wants it said.
struct Target<'a>(&'a Removal);

impl Addressed for Target<'_> {
    fn key(&self) -> Key {
        let (group, version) = self.0.api_version.split_once('/').unwrap_or(("", &self.0.api_version));
        let kind = Kind { group: group.into(), version: version.into(), kind: self.0.kind.clone() };
        Key { kind, namespace: self.0.namespace.clone(), name: self.0.name.clone() }
    }

    fn uid(&self) -> &str {
        &self.0.uid
    }
}
