//! Traces as they are told: plain data in words, the same for a person's table and a program's JSON.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use innkeeper_core::cause::{Cause, Due};
use innkeeper_core::engine::Engine;
use innkeeper_core::kind::Key;
use innkeeper_core::queue::Again;
use innkeeper_core::world::Read;
use innkeeper_guest::Shown;
use serde::{Deserialize, Serialize};

use super::record::{Call, Record, Request};
use super::shelf::OF_ONE;

/// What is known of one object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Its apiVersion.
    pub(crate) api_version: String,
    /// Its kind.
    pub(crate) kind: String,
    /// Its namespace, where the kind has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// Its name.
    pub(crate) name: String,
    /// For how long it has been looked at by now, where that has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) working_micros: Option<u64>,
    /// How many of the last reconciles are kept at most.
    pub(crate) kept: usize,
    /// The last reconciles, the latest first.
    pub(crate) reconciles: Vec<ReconcileTold>,
}

/// One reconcile.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReconcileTold {
    /// When it began (RFC 3339).
    pub(crate) began: String,
    /// How long it waited in the queue before, in whole milliseconds.
    pub(crate) queued_millis: u64,
    /// How long it took, from the queue to its end.
    pub(crate) took_micros: u64,
    /// Why it happened, a line each.
    pub(crate) causes: Vec<String>,
    /// The digest of the module that decided; none if no module was loaded.
    pub(crate) digest: Option<String>,
    /// That module as it calls itself, where it is still loaded.
    pub(crate) module: Option<String>,
    /// The guest was not called: nothing that it is shown had changed since the last call.
    pub(crate) skipped: bool,
    /// The calls of the guest; none where the object went without it.
    pub(crate) calls: Vec<CallTold>,
    /// From the answer to the first request: kinds of children were found, recorded and watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stores_micros: Option<u64>,
    /// What the API server was asked.
    pub(crate) requests: Vec<RequestTold>,
    /// What changed, a line each.
    pub(crate) changes: Vec<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trouble: Option<String>,
    /// When it is looked at again, and why.
    pub(crate) next: String,
    /// That moment (RFC 3339), where time alone leads to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_at: Option<String>,
    /// How many entries of the lists above were left out.
    pub(crate) left_out: usize,
}

/// One call of the guest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallTold {
    /// `outcome`, or why there was none.
    pub(crate) result: String,
    /// How long it waited for a thread.
    pub(crate) queued_micros: u64,
    /// How long it ran.
    pub(crate) took_micros: u64,
    /// Its CPU time.
    pub(crate) cpu_micros: u64,
    /// The most memory that it had, in bytes.
    pub(crate) memory_bytes: u64,
    /// Bytes of text that it was given: its request, and answers to its reads.
    pub(crate) input_bytes: u64,
    /// Bytes of text that it answered.
    pub(crate) output_bytes: u64,
    /// What it read.
    pub(crate) reads: Vec<ReadTold>,
}

/// One read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadTold {
    /// What was looked at.
    pub(crate) read: String,
    /// How much of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) view: Option<String>,
    /// `found`, `none`, `denied: …`; `yes` or `no` where a moment was asked about.
    pub(crate) answer: String,
    /// How many objects were found.
    pub(crate) objects: usize,
    /// Bytes of their text.
    pub(crate) bytes: u64,
}

/// One request to the API server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestTold {
    /// `apply`, `delete`, `status`, `look` …
    pub(crate) verb: String,
    /// For which object.
    pub(crate) object: String,
    /// `created`, `done`, `conflict` …
    pub(crate) result: String,
    /// From asking to the answer; waiting for a turn is part of it.
    pub(crate) took_micros: u64,
    /// The API server's words where it did not do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) words: Option<String>,
}

/// The report of an object's records.
pub(super) fn report(engine: &Engine, object: &Key, records: &VecDeque<Record>, working: Option<Duration>) -> Report {
    Report {
        api_version: object.kind.api_version(),
        kind: object.kind.kind.to_string(),
        namespace: object.namespace.clone(),
        name: object.name.clone(),
        working_micros: working.map(micros),
        kept: OF_ONE,
        reconciles: records.iter().map(|record| reconcile(engine, record)).collect(),
    }
}

fn reconcile(engine: &Engine, record: &Record) -> ReconcileTold {
    let times = |(cause, count): &(Cause, u32)| match count {
        1 => cause.to_string(),
        count => format!("{cause} ({count} times)"),
    };
    let mut causes: Vec<String> = record.causes.named().iter().map(times).collect();
    if record.causes.more() > 0 {
        causes.push(format!("and {} more", record.causes.more()));
    }
    let named = record.digest.as_deref().and_then(|digest| engine.module_name(digest));
    let reads: usize = record.calls.iter().map(|call| call.reads.more).sum();
    ReconcileTold {
        began: timestamp(record.at),
        queued_millis: micros(record.waited) / 1000,
        took_micros: micros(record.took),
        causes,
        digest: record.digest.clone(),
        module: named.map(|(name, version)| format!("{name} {version}")),
        skipped: record.skipped,
        calls: record.calls.iter().map(call).collect(),
        stores_micros: record.prepared.map(micros),
        requests: record.requests.kept.iter().map(request).collect(),
        changes: record.changes.kept.clone(),
        trouble: record.trouble.clone(),
        next: next(record),
        next_at: record.due.map(|(ms, _)| timestamp(record.at + record.took + Duration::from_millis(ms))),
        left_out: reads + record.requests.more + record.changes.more,
    }
}

fn call(call: &Call) -> CallTold {
    CallTold {
        result: call.result.as_ref().map_or_else(String::clone, |()| "outcome".to_owned()),
        queued_micros: micros(call.taken.waited),
        took_micros: micros(call.taken.ran),
        cpu_micros: micros(call.taken.cpu),
        memory_bytes: call.taken.memory,
        input_bytes: call.taken.given,
        output_bytes: call.taken.said,
        reads: call
            .reads
            .kept
            .iter()
            .enumerate()
            .map(|(n, one)| read(one, call.taken.shown.get(n).copied().unwrap_or_default()))
            .collect(),
    }
}

fn read(read: &Read, shown: Shown) -> ReadTold {
    let Shown { objects, bytes } = shown;
    let found = || if objects == 0 { "none" } else { "found" }.to_owned();
    let (read, view, answer) = match read {
        Read::Looked { query, .. } => (query.to_string(), Some(query.view), found()),
        Read::Denied { kind, why } => (kind.to_string(), None, format!("denied: {why}")),
        Read::Children { view, .. } => ("its children".into(), Some(*view), found()),
        Read::Reached { at, answer } => {
            let at = u64::try_from(*at).unwrap_or_default();
            let at = timestamp(SystemTime::UNIX_EPOCH + Duration::from_millis(at));
            (format!("whether {at} is reached"), None, if *answer { "yes" } else { "no" }.into())
        }
    };
    ReadTold { read, view: view.map(|view| format!("{view:?}").to_lowercase()), answer, objects, bytes }
}

fn request(request: &Request) -> RequestTold {
    RequestTold {
        verb: request.verb.to_owned(),
        object: request.object.to_string(),
        result: request.result.to_owned(),
        took_micros: micros(request.took),
        words: request.words.clone(),
    }
}

fn next(record: &Record) -> String {
    let Some((ms, due)) = record.due else {
        return match record.again {
            Again::Never => "never: it is gone".into(),
            _ => "when something changes".into(),
        };
    };
    let why = match due {
        Due::Requeue => "its guest asked for it",
        Due::Clock => "its guest asked about that moment",
        Due::Retry => "its guest failed and said when to try again",
        Due::Recheck => "something that it waits for is looked at again",
        Due::BackOff => "it failed, and its back-off ends",
        Due::Resync => "everything is looked at from time to time",
        Due::Word => "its status was left for after the children of others",
    };
    format!("after {}: {why}; or when something changes", human(Duration::from_millis(ms)))
}

/// A time for people: `1.5 s`, `230 ms`, `12 µs`.
pub(crate) fn human(time: Duration) -> String {
    match micros(time) {
        us @ 0..1_000 => format!("{us} µs"),
        us @ 1_000..10_000 => format!("{}.{} ms", us / 1_000, us / 100 % 10),
        us @ 10_000..1_000_000 => format!("{} ms", us / 1_000),
        us @ 1_000_000..60_000_000 => format!("{}.{} s", us / 1_000_000, us / 100_000 % 10),
        us @ 60_000_000..3_600_000_000 => format!("{} min {} s", us / 60_000_000, us / 1_000_000 % 60),
        us => format!("{} h {} min", us / 3_600_000_000, us / 60_000_000 % 60),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn timestamp(at: SystemTime) -> String {
    jiff::Timestamp::try_from(at)
        .map_or_else(|_| "unknown".into(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}
