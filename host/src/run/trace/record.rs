//! One reconcile, as it is kept: what happened, without words for people.

use std::time::{Duration, Instant, SystemTime};

use innkeeper_core::action::{Action, Done};
use innkeeper_core::cause::{Causes, Due};
use innkeeper_core::contract::{Failure, Outcome};
use innkeeper_core::kind::Key;
use innkeeper_core::queue::Again;
use innkeeper_core::step::Ended;
use innkeeper_core::world::Read;

use super::Taken;
use crate::run::metrics;

/// How many requests, reads and changes of one reconcile are kept; the rest is counted.
const KEPT: usize = 100;

/// A list whose end may have been left out.
#[derive(Debug, Default)]
pub(super) struct Some100<T> {
    pub(super) kept: Vec<T>,
    pub(super) more: usize,
}

impl<T> Some100<T> {
    fn push(&mut self, one: T) {
        if self.kept.len() < KEPT { self.kept.push(one) } else { self.more += 1 }
    }
}

impl<T> FromIterator<T> for Some100<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut some = Self { kept: Vec::new(), more: 0 };
        all.into_iter().for_each(|one| some.push(one));
        some
    }
}

/// A call of the guest.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) taken: Taken,
    /// `outcome`, or why there is none.
    pub(super) result: Result<(), String>,
    pub(super) reads: Some100<Read>,
}

impl Call {
    pub(super) fn new(taken: Taken, result: &Result<Outcome, Failure>, reads: &[Read]) -> Self {
        let result = result.as_ref().map(|_| ()).map_err(ToString::to_string);
        Self { taken, result, reads: reads.iter().cloned().collect() }
    }
}

/// A request to the API server.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) verb: &'static str,
    pub(super) object: Key,
    pub(super) result: &'static str,
    /// The API server's words where it did not do it.
    pub(super) words: Option<String>,
    began: Instant,
    pub(super) took: Duration,
}

impl Request {
    pub(super) fn new(action: &Action) -> Self {
        let (began, took) = (Instant::now(), Duration::ZERO);
        Self { verb: action.verb(), object: action.key(), result: "unknown", words: None, began, took }
    }

    pub(super) fn done(&mut self, done: &Done) {
        self.took = self.began.elapsed();
        self.result = metrics::result(done);
        self.words = match done {
            Done::Object { .. } | Done::Accepted => None,
            Done::Invalid(refusal) => Some(refusal.message.clone()),
            Done::NotFound(words)
            | Done::Conflict(words)
            | Done::Forbidden(words)
            | Done::Throttled { message: words, .. }
            | Done::Unknown(words) => Some(words.clone()),
        };
    }
}

/// A reconcile that has not ended.
#[derive(Debug)]
pub(super) struct InWork {
    /// How long it waited in the queue.
    pub(super) waited: Duration,
    pub(super) began: Instant,
    at: SystemTime,
    pub(super) calls: Vec<Call>,
    pub(super) answered: Option<Instant>,
    pub(super) first_request: Option<Instant>,
    requests: Some100<Request>,
}

impl InWork {
    /// Begins now, after so long in the queue.
    pub(super) fn after(waited: Duration) -> Self {
        Self {
            waited,
            began: Instant::now(),
            at: SystemTime::now(),
            calls: Vec::new(),
            answered: None,
            first_request: None,
            requests: Some100 { kept: Vec::new(), more: 0 },
        }
    }

    pub(super) fn add(&mut self, request: Request) {
        self.requests.push(request);
    }
}

/// A reconcile that ended.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) at: SystemTime,
    pub(super) waited: Duration,
    pub(super) took: Duration,
    pub(super) causes: Causes,
    pub(super) digest: Option<String>,
    pub(super) calls: Vec<Call>,
    /// From the guest's answer to the first request: its kinds were resolved, recorded and watched.
    pub(super) prepared: Option<Duration>,
    pub(super) requests: Some100<Request>,
    pub(super) changes: Some100<String>,
    pub(super) trouble: Option<String>,
    pub(super) skipped: bool,
    pub(super) again: Again,
    pub(super) due: Option<(u64, Due)>,
}

impl Record {
    pub(super) fn new(
        work: InWork,
        took: Duration,
        digest: Option<&str>,
        causes: &Causes,
        due: Option<(u64, Due)>,
        ended: &Ended,
    ) -> Self {
        let prepared = work.answered.zip(work.first_request).map(|(answer, request)| request - answer);
        let (mut calls, mut requests) = (work.calls, work.requests);
        // Nothing is added to it any more.
        calls.shrink_to_fit();
        requests.kept.shrink_to_fit();
        Self {
            at: work.at,
            waited: work.waited,
            took,
            causes: causes.clone(),
            digest: digest.map(str::to_owned),
            calls,
            prepared,
            requests,
            changes: ended.changes.iter().cloned().collect(),
            trouble: ended.trouble.clone(),
            skipped: ended.skipped,
            again: ended.again,
            due,
        }
    }

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        /// A key or a read, with its strings.
        const NAMED: usize = 256;
        let calls: usize = self.calls.iter().map(|call| NAMED * (1 + call.reads.kept.len())).sum();
        let words = |request: &Request| NAMED + request.words.as_ref().map_or(0, String::len);
        let requests: usize = self.requests.kept.iter().map(words).sum();
        let changes: usize = self.changes.kept.iter().map(String::len).sum();
        4 * NAMED + calls + requests + changes + self.trouble.as_ref().map_or(0, String::len)
    }
}
