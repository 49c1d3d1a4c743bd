//! The misdeeds.

use std::hint::black_box;

use innkeeper_sdk::bindings::innkeeper::guest::types::{Kind, View};
use innkeeper_sdk::bindings::innkeeper::guest::{clock, cluster, log, reconcile_types};
use innkeeper_sdk::bindings::{Outcome, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::child;

/// What the guest does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Misdeed {
    /// Nothing that a guest may not.
    #[default]
    None,
    /// It never ends.
    Loop,
    /// It takes memory without end.
    Hog,
    /// It calls itself without end.
    Recurse,
    /// It stops without a word.
    Trap,
    /// It panics, with a message.
    Panic,
    /// It writes so many lines to the log.
    Chatter,
    /// It writes one line of so many bytes.
    Shout,
    /// Its outcome holds a text of so many bytes.
    Outcome,
    /// It asks for so many ConfigMaps.
    Children,
    /// It tells so many Events.
    Events,
    /// It sets so many conditions.
    Conditions,
    /// It sets so many labels.
    Labels,
    /// Its child has so many exclusive paths.
    Paths,
    /// It asks so often whether a moment has passed.
    Reads,
    /// It looks so often at all its children.
    ReadsAll,
    /// It asks for a list in a namespace whose name has so many bytes.
    Asks,
    /// It says something else in each call: its own status tells it what it said before.
    Flip,
    /// It wants to be called again at once, so many milliseconds from now.
    Requeue,
}

/// Does it.
#[allow(clippy::panic, reason = "a guest that traps when it is told to")]
pub(crate) fn commit(misdeed: Misdeed, amount: u32, request: &Request, outcome: &mut Outcome) {
    let numbers = || 0..amount;
    match misdeed {
        Misdeed::None => {}
        Misdeed::Loop => loop {
            black_box(amount);
        },
        Misdeed::Hog => hog(),
        Misdeed::Recurse => {
            black_box(recurse(black_box(1)));
        }
        Misdeed::Trap => std::process::abort(),
        Misdeed::Panic => {
            log::write(log::Level::Error, "the spec says that this guest panics");
            panic!("the spec says that this guest panics")
        }
        Misdeed::Chatter => numbers().for_each(|n| log::write(log::Level::Info, &format!("line {n}"))),
        Misdeed::Shout => log::write(log::Level::Info, &text(amount)),
        Misdeed::Outcome => outcome.hold = Some(hold(text(amount))),
        Misdeed::Children => outcome.children.extend(numbers().map(|n| child(config_map(n)))),
        Misdeed::Events => outcome.events.extend(numbers().map(event)),
        Misdeed::Conditions => outcome.conditions.extend(numbers().map(condition)),
        Misdeed::Labels => outcome.labels.extend(numbers().map(|n| (format!("label-{n}"), String::from("x")))),
        Misdeed::Paths => {
            let mut child = child(config_map(0));
            child.exclusive = numbers().map(|n| format!("data.key-{n}")).collect();
            outcome.children.push(child);
        }
        Misdeed::Reads => numbers().for_each(|n| {
            black_box(clock::reached(i64::from(n)));
        }),
        Misdeed::ReadsAll => numbers().for_each(|_| {
            black_box(cluster::children(View::Full));
        }),
        Misdeed::Asks => {
            let kind = Kind { group: String::new(), version: "v1".into(), kind: "ConfigMap".into() };
            let area = cluster::Area::Namespace(text(amount));
            let fields = Vec::new();
            black_box(cluster::list(&cluster::Query { kind, area, labels: String::new(), fields, view: View::Names }));
        }
        Misdeed::Flip => {
            let side = if request.object.contains("heads") { "tails" } else { "heads" };
            outcome.status = Some(format!(r#"{{"side":"{side}"}}"#));
        }
        Misdeed::Requeue => outcome.requeue_after = Some(u64::from(amount)),
    }
}

fn hog() {
    let mut all = Vec::new();
    loop {
        all.push(vec![1_u8; 1 << 20]);
        black_box(&all);
    }
}

/// Keeps nothing in linear memory: there Rust has a stack of its own, which would end first.
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    if depth == 0 { 1 } else { recurse(depth + 1).wrapping_mul(depth) ^ depth }
}

fn text(bytes: u32) -> String {
    "x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn config_map(number: u32) -> String {
    format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"many-{number}"}}}}"#)
}

fn hold(message: String) -> reconcile_types::Hold {
    reconcile_types::Hold { reason: "Misdeed".into(), message }
}

fn event(number: u32) -> reconcile_types::Event {
    reconcile_types::Event {
        type_: reconcile_types::EventType::Normal,
        reason: "Misdeed".into(),
        action: "Tell".into(),
        message: format!("event {number}"),
    }
}

fn condition(number: u32) -> reconcile_types::Condition {
    reconcile_types::Condition {
        type_: format!("Condition{number}"),
        status: reconcile_types::ConditionStatus::True,
        reason: "Misdeed".into(),
        message: String::new(),
    }
}
