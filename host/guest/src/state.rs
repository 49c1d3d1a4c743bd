//! What the host keeps for one call: the bounds, and the answers to the guest's imports.

use std::sync::Arc;
use std::time::Duration;

use innkeeper_core::contract::{self, Failure, Limits};
use innkeeper_core::object::Object;
use innkeeper_core::world::{Unanswered, World};
use wasmtime::ResourceLimiter;

use crate::bindings::innkeeper::guest::types::{Json, Key, View};
use crate::bindings::innkeeper::guest::{about, clock, cluster, log, reconcile_types, types};
use crate::convert;
use crate::log::Log;
use crate::size;
use crate::ticker::cpu_time;

/// Table entries that one call may have, all its tables added up. A table only holds functions.
pub(crate) const TABLE: usize = 100_000;

/// Bytes of text that the reads of one call may ask with, whatever its other bounds. It outlives the call: what was
/// read is kept for as long as the object is.
pub(crate) const ASKED: u64 = 256 << 10;

/// The data of one call's store.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) limits: Limits,
    pub(crate) log: Log,
    /// Why the host ended the call, if it did. The first reason counts.
    pub(crate) ended: Option<Failure>,
    pub(crate) memory_peak: u64,
    /// The CPU time of the thread when the call began: set as it begins.
    pub(crate) began: Duration,
    /// Bytes of text that reads were answered with.
    pub(crate) shown: u64,
    /// How large the answer to each read was.
    pub(crate) answers: Vec<Shown>,
    /// The first import that was called.
    pub(crate) called: Option<&'static str>,
    /// In `describe` no import may be called.
    describing: bool,
    memory: u64,
    table: usize,
    /// Bytes of the text that reads asked with.
    asked: u64,
}

/// How large the answer to a read was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Objects in it.
    pub objects: usize,
    /// Bytes of its text.
    pub bytes: u64,
}

/// The error that unwinds a guest whose call the host ends; why is in [`State::ended`].
#[derive(Debug, thiserror::Error)]
#[error("the host ended the call")]
struct Ended;

impl State {
    /// For a call of `reconcile`.
    pub(crate) fn reconciling(world: World, limits: Limits) -> Self {
        let (log, ended, called) = (Log::default(), None, None);
        Self {
            world,
            limits,
            log,
            ended,
            memory_peak: 0,
            began: Duration::ZERO,
            shown: 0,
            answers: Vec::new(),
            asked: 0,
            called,
            describing: false,
            memory: 0,
            table: 0,
        }
    }

    /// For a call of `describe`.
    pub(crate) fn describing(limits: Limits) -> Self {
        Self { describing: true, ..Self::reconciling(World::default(), limits) }
    }

    /// Ends the call for this reason: hand the error to wasmtime.
    pub(crate) fn end(&mut self, failure: Failure) -> wasmtime::Error {
        self.ended.get_or_insert(failure);
        wasmtime::Error::new(Ended)
    }

    /// Ends the call because a bound was exceeded.
    pub(crate) fn exceed(&mut self, bound: &'static str, detail: String) -> wasmtime::Error {
        self.end(Failure::Limit { bound, detail })
    }

    /// Before each read: whether there may be one more.
    fn read(&mut self, name: &'static str) -> wasmtime::Result<()> {
        self.called.get_or_insert(name);
        if self.describing {
            return Err(self.end(Failure::Refused(format!("describe called {name}"))));
        }
        let most = self.limits.reads;
        if self.world.count() >= most as usize {
            return Err(self.exceed("reads", format!("one call may read {most} times")));
        }
        Ok(())
    }

    /// CPU time that the call has used.
    pub(crate) fn used(&self) -> Duration {
        cpu_time().saturating_sub(self.began)
    }

    /// Whether the call may go on by the CPU time that it has used. The guest itself is asked by a clock, the host
    /// asks where it works for a guest.
    pub(crate) fn in_time(&mut self) -> wasmtime::Result<()> {
        let most = Duration::from_millis(self.limits.time_ms);
        if self.used() < most {
            return Ok(());
        }
        Err(self.exceed("time", format!("it used more than {} ms of CPU time", most.as_millis())))
    }

    /// Text that a read asks with: it is kept in the record of reads.
    fn asks(&mut self, bytes: u64) -> wasmtime::Result<()> {
        self.asked = self.asked.saturating_add(bytes);
        if self.asked > ASKED {
            let detail = format!("its reads ask with {} bytes of text, the limit is {ASKED}", self.asked);
            return Err(self.exceed("reads", detail));
        }
        self.fits()
    }

    /// Objects as a read shows them, no more of them than there is room and time for.
    fn show(&mut self, objects: &[Arc<Object>], view: contract::View) -> wasmtime::Result<Vec<Json>> {
        let mut bytes = 0;
        let mut texts = Vec::new();
        for object in objects {
            self.in_time()?;
            let text = object.view(view);
            bytes += size::text(&text);
            self.fit(bytes)?;
            texts.push(text);
        }
        self.shows(objects.len(), bytes)?;
        Ok(texts)
    }

    /// Text that a read is answered with, and how many objects that is.
    fn shows(&mut self, objects: usize, bytes: u64) -> wasmtime::Result<()> {
        self.answers.push(Shown { objects, bytes });
        self.shown = self.shown.saturating_add(bytes);
        self.fits()
    }

    /// All that one call reads must have fitted into its memory.
    fn fits(&mut self) -> wasmtime::Result<()> {
        self.fit(0)
    }

    /// The same, with so much more.
    fn fit(&mut self, more: u64) -> wasmtime::Result<()> {
        let (bytes, most) = (self.asked.saturating_add(self.shown).saturating_add(more), self.limits.memory);
        if bytes > most {
            let detail = format!("its reads have {bytes} bytes, the limit is that of its memory, {most}");
            return Err(self.exceed("reads", detail));
        }
        Ok(())
    }

    /// What core answered; where it cannot, the call ends.
    fn answer<T>(&mut self, answer: Result<T, Unanswered>) -> wasmtime::Result<T> {
        answer.map_err(|unanswered| self.end(unanswered.into()))
    }
}

impl cluster::Host for State {
    fn get(&mut self, key: Key, view: View) -> wasmtime::Result<cluster::Found> {
        self.read("cluster.get")?;
        let key = convert::key(key);
        self.asks(size::key(&key))?;
        let found = self.world.get(key, convert::view(view));
        let found = self.answer(found)?;
        let objects = usize::from(matches!(found, Ok(Some(_))));
        self.shows(
            objects,
            found.as_ref().map_or_else(|why| size::text(why), |text| text.as_deref().map_or(0, size::text)),
        )?;
        Ok(match found {
            Ok(Some(object)) => cluster::Found::Value(object),
            Ok(None) => cluster::Found::None,
            Err(denied) => cluster::Found::Denied(denied),
        })
    }

    fn list(&mut self, query: cluster::Query) -> wasmtime::Result<cluster::Listing> {
        self.read("cluster.list")?;
        let listing = convert::listing(query);
        self.asks(size::listing(&listing))?;
        let found = self.world.find(&listing);
        Ok(match self.answer(found)? {
            Ok(found) => cluster::Listing::Items(self.show(&found, listing.view)?),
            Err(denied) => {
                self.shows(0, size::text(&denied))?;
                cluster::Listing::Denied(denied)
            }
        })
    }

    fn children(&mut self, view: View) -> wasmtime::Result<Vec<Json>> {
        self.read("cluster.children")?;
        let view = convert::view(view);
        let found = self.world.find_children(view);
        self.show(&found, view)
    }
}

impl clock::Host for State {
    fn reached(&mut self, at: i64) -> wasmtime::Result<bool> {
        self.read("clock.reached")?;
        self.shows(0, 0)?;
        Ok(self.world.reached(at))
    }
}

impl log::Host for State {
    /// In `describe` the words are kept too: a panic there should be told with its message.
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.called.get_or_insert("log.write");
        self.log.write(level.into(), &message);
        Ok(())
    }
}

impl types::Host for State {}
impl about::Host for State {}
impl reconcile_types::Host for State {}

impl ResourceLimiter for State {
    /// Growth over the bound ends the call: a guest that is told "no" can only abort, without a reason.
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|most| desired > most) {
            return Ok(false); // The module's own bound, by the rules of wasm.
        }
        let total = self.memory + (desired - current) as u64;
        let most = self.limits.memory;
        if total > most {
            return Err(self.exceed("memory", format!("it asked for {total} bytes, the limit is {most}")));
        }
        self.memory = total;
        self.memory_peak = self.memory_peak.max(total);
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|most| desired > most) && desired <= TABLE {
            return Ok(false);
        }
        let total = self.table.saturating_add(desired - current);
        if total > TABLE {
            return Err(self.exceed("table", format!("it asked for {total} table entries, the limit is {TABLE}")));
        }
        self.table = total;
        Ok(true)
    }
}
