//! What the guests for tests do: the spec of an object says which outcome its guest gives. So suites drive
//! the host from outside, with kubectl alone.
#![forbid(unsafe_code)]
#![allow(clippy::panic, reason = "a guest that traps when it is told to")]
#![allow(missing_docs, reason = "the words are the contract's")]

mod look;
mod script;

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use innkeeper_sdk::{Addressed, Adopt, Context, Failure, Key, Kind, Object, Outcome, Policy, Verdict};
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Value, json};

pub use look::Look;
pub use script::{Behaviour, Child, Condition, Contribution, Hold, PlayStatus, Removal, Script};

/// What survives a call, if anything does: nothing should.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Plays a script.
pub fn play<K: Object>(cx: &Context<K>, script: &Script) -> Result<Outcome, Failure> {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    match script.behaviour {
        Behaviour::Normal | Behaviour::Count => {}
        Behaviour::Trap => panic!("the spec says that this guest traps"),
        Behaviour::Loop => loop {
            black_box(calls);
        },
        Behaviour::Retry => return Err(Failure::retry("the spec says: later")),
        Behaviour::Invalid => return Err(Failure::invalid("spec.behaviour", "the spec says: wrong")),
    }
    if cx.finalizing() && script.finished {
        return Ok(Outcome::finished());
    }
    let mut outcome = Outcome::new();
    wish(&mut outcome, script);
    tell(&mut outcome, script);
    let mut status = script.status.clone();
    if matches!(script.behaviour, Behaviour::Count) {
        status.get_or_insert_with(|| json!({}))["calls"] = json!(calls);
    }
    for name in &script.reads {
        let data = cx.get::<ConfigMap>(name).spec()?.map(|found| found.data);
        status.get_or_insert_with(|| json!({}))["read"][name] = data.map_or(Value::Null, |data| json!(data));
    }
    if script.verdicts {
        status.get_or_insert_with(|| json!({}))["verdicts"] = verdicts(cx);
    }
    for wanted in &script.looks {
        let seen = look::look(wanted);
        let shown = &mut status.get_or_insert_with(|| json!({}))["looks"];
        match shown.as_array_mut() {
            Some(list) => list.push(seen),
            None => *shown = json!([seen]),
        }
    }
    if let Some(status) = status {
        outcome.status(&status);
    }
    Ok(outcome)
}

/// What the host told of what was asked for last: `Kind/name: State: message`, sorted as it told it.
fn verdicts<K: Object>(cx: &Context<K>) -> Value {
    let line = |v: &Verdict| format!("{}/{}: {:?}: {}", v.key.kind.kind, v.key.name, v.state, v.message);
    let lines = |all: &[Verdict]| all.iter().map(line).collect::<Vec<_>>();
    json!({
        "children": lines(cx.verdicts()),
        "contributions": lines(cx.contributions()),
        "removals": lines(cx.removals()),
    })
}

/// What the script wants to be.
fn wish(outcome: &mut Outcome, script: &Script) {
    for child in &script.children {
        ask_for(outcome, child);
    }
    for wanted in &script.contributions {
        let contribution = outcome.contribute_json(wanted.manifest.clone());
        for path in &wanted.take {
            contribution.take(path);
        }
    }
    for removal in &script.remove {
        let entry = outcome.remove(&Target(removal));
        if let Some(wave) = removal.before_wave {
            entry.before_wave(wave);
        }
    }
    for removal in &script.replace {
        outcome.replace(&Target(removal));
    }
}

/// What the script has to say of the object.
fn tell(outcome: &mut Outcome, script: &Script) {
    if let Some(hold) = &script.hold {
        outcome.hold(&hold.reason, hold.message.clone());
    }
    for condition in &script.conditions {
        outcome.condition(&condition.kind, condition.status, &condition.reason, condition.message.clone());
    }
    for event in &script.events {
        outcome.event(event, "Play", "the spec says so");
    }
    for (key, value) in &script.labels {
        outcome.label(key, value);
    }
    for (key, value) in &script.annotations {
        outcome.annotation(key, value);
    }
    if let Some(ms) = script.requeue_after_ms {
        outcome.requeue_after(Duration::from_millis(ms));
    }
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
