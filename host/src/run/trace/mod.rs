//! Traces: why each object was looked at last, what its guest read and answered, what was done about it, and
//! how long each part took. Kept in memory, within bounds, for who asks.
//!
//! A trace holds names, sizes, results and words of errors; never the content of an object.

mod record;
mod serve;
mod shelf;
mod told;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use innkeeper_core::action::{Action, Done};
use innkeeper_core::cause::{Causes, Due};
use innkeeper_core::contract::{Failure, Outcome};
use innkeeper_core::engine::Engine;
use innkeeper_core::kind::Key;
use innkeeper_core::step::Ended;
use innkeeper_core::world::Read;

use innkeeper_guest::Shown;
use record::{Call, InWork, Record, Request};
use shelf::Shelf;

pub(super) use serve::{PATH, answer};
pub(crate) use told::{CallTold, ReconcileTold, Report, RequestTold, human};

/// Whose trace is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// As people call it.
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

/// What one call took, as the place knows where guests are called.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// How long it waited for a thread.
    pub(super) waited: Duration,
    /// How long it ran.
    pub(super) ran: Duration,
    pub(super) cpu: Duration,
    pub(super) memory: u64,
    pub(super) given: u64,
    pub(super) said: u64,
    /// How large the answer to each read was.
    pub(super) shown: Vec<Shown>,
}

/// What calls took, on the way from their threads to the traces.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<Mutex<HashMap<u64, Taken>>>);

impl Meter {
    /// Before the call's answer becomes an input.
    pub(super) fn put(&self, call: u64, taken: Taken) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call, taken);
    }

    fn take(&self, call: u64) -> Taken {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&call).unwrap_or_default()
    }
}

/// What is in work, and what has been.
#[derive(Debug, Default)]
pub(super) struct Traces {
    meter: Meter,
    work: HashMap<Key, InWork>,
    calls: HashMap<u64, (Key, Instant)>,
    actions: HashMap<u64, (Key, Request)>,
    shelf: Shelf,
}

impl Traces {
    pub(super) fn with(meter: Meter) -> Self {
        Self { meter, ..Self::default() }
    }

    pub(super) fn began(&mut self, object: Key, waited_ms: u64) {
        self.work.insert(object, InWork::after(Duration::from_millis(waited_ms)));
    }

    pub(super) fn asked(&mut self, call: u64, object: &Key) {
        self.calls.insert(call, (object.clone(), Instant::now()));
    }

    pub(super) fn answered(&mut self, call: u64, result: &Result<Outcome, Failure>, reads: &[Read]) {
        let taken = self.meter.take(call);
        let Some((object, _)) = self.calls.remove(&call) else { return };
        if let Some(work) = self.work.get_mut(&object) {
            work.calls.push(Call::new(taken, result, reads));
            work.answered = Some(Instant::now());
        }
    }

    pub(super) fn sent(&mut self, id: u64, object: &Key, action: &Action) {
        let Some(work) = self.work.get_mut(object) else { return };
        work.first_request.get_or_insert_with(Instant::now);
        self.actions.insert(id, (object.clone(), Request::new(action)));
    }

    pub(super) fn done(&mut self, id: u64, done: &Done) {
        let Some((object, mut request)) = self.actions.remove(&id) else { return };
        if let Some(work) = self.work.get_mut(&object) {
            request.done(done);
            work.add(request);
        }
    }

    /// A reconcile ended; how long it took.
    pub(super) fn ended(
        &mut self,
        object: &Key,
        digest: Option<&str>,
        causes: &Causes,
        due: Option<(u64, Due)>,
        ended: &Ended,
    ) -> Duration {
        let Some(work) = self.work.remove(object) else { return Duration::ZERO };
        let took = work.began.elapsed();
        self.shelf.put(object, Record::new(work, took, digest, causes, due, ended));
        took
    }

    /// How long each object in work has been worked on. Work that was dropped with its controller is forgotten.
    pub(super) fn running(&mut self, works_on: impl Fn(&Key) -> bool) -> Vec<(&Key, Duration)> {
        self.work.retain(|key, _| works_on(key));
        let work = &self.work;
        self.calls.retain(|_, (key, _)| work.contains_key(key));
        self.actions.retain(|_, (key, _)| work.contains_key(key));
        self.work.iter().map(|(key, work)| (key, work.began.elapsed())).collect()
    }

    /// What is known of an object. The error says why nothing is, and what to do.
    pub(super) fn find(&self, engine: &Engine, asked: &Asked) -> Result<Report, String> {
        let (kind, namespaced) = engine.kept_kind(&asked.kind)?;
        let namespace = namespaced.then(|| asked.namespace.clone());
        let object = Key::new(kind, namespace, asked.name.clone());
        let working = self.work.get(&object).map(|work| work.began.elapsed());
        match (self.shelf.get(&object), working) {
            (Some(records), working) => Ok(told::report(engine, &object, records, working)),
            (None, Some(_)) => Err(format!("{object} is being looked at for the first time: ask again in a moment")),
            (None, None) if engine.knows(&object) => Err(format!(
                "nothing is known of {object} yet: it waits to be looked at, or its Reconciler is suspended, or it was \
                 looked at so long ago that it was forgotten; see its conditions, or touch it (kubectl annotate)"
            )),
            (None, None) => {
                let elsewhere = if namespaced { "; name its namespace with -n" } else { "" };
                Err(format!("there is no {object}{elsewhere}"))
            }
        }
    }
}
