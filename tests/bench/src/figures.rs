//! What is measured, as it is written to the file of figures.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::machine::Machine;
use crate::process::Usage;
use crate::statistics::Spread;

/// Everything of one run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// The command that made it.
    pub(crate) command: String,
    /// How this program was built, and so the host beside it.
    pub(crate) build: &'static str,
    /// Whether Kubernetes' own controllers ran beside.
    pub(crate) controllers: bool,
    /// Requests in flight of the raw writer.
    pub(crate) concurrency: usize,
    /// How that was found.
    pub(crate) sweep: Vec<Swept>,
    pub(crate) quiet_seconds: f64,
    pub(crate) sizes: Vec<Size>,
    pub(crate) wasm: Option<Wasm>,
    pub(crate) inside: Option<Inside>,
    pub(crate) scale: Vec<Scaled>,
}

/// The wasm path, in microseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Wasm {
    pub(crate) object_bytes: usize,
    pub(crate) instantiate: Spread,
    /// As the host calls a guest.
    pub(crate) fresh: Spread,
    /// A second call in the same instance, which the host never makes.
    pub(crate) second: Spread,
    /// The same function compiled for this machine.
    pub(crate) native: Spread,
}

/// The host's own time for an object of which nothing has to change, in microseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Inside {
    pub(crate) objects: usize,
    /// After a start: each is looked at once.
    pub(crate) noop_us: f64,
    /// The calls of the guest that belong to that.
    pub(crate) called_us: f64,
    /// Something changed that the guest is shown, and it answers what it had answered; its call left out.
    pub(crate) same_us: Spread,
    /// It changed in a way that no guest sees.
    pub(crate) woken_us: Spread,
    /// What was asked about objects and children: nothing should be.
    pub(crate) requests: Vec<String>,
}

/// What grows with the number of objects.
#[derive(Debug, Serialize)]
pub(crate) struct Scaled {
    pub(crate) objects: usize,
    /// How many of them were changed.
    pub(crate) changed: usize,
    /// What that cost the host.
    pub(crate) host_cpu_s: f64,
    pub(crate) host_mib: f64,
    pub(crate) host_peak_mib: f64,
    /// Of a kube-rs process with the same kinds in stores.
    pub(crate) kube_rs_mib: f64,
}

/// The raw writer at one concurrency.
#[derive(Debug, Serialize)]
pub(crate) struct Swept {
    pub(crate) concurrency: usize,
    pub(crate) seconds: f64,
}

/// All rounds with so many objects.
#[derive(Debug, Serialize)]
pub(crate) struct Size {
    pub(crate) objects: usize,
    /// Round by round, contender by contender.
    pub(crate) rounds: Vec<Vec<Turn>>,
}

/// One contender in one round.
#[derive(Debug, Serialize)]
pub(crate) struct Turn {
    pub(crate) who: &'static str,
    /// The objects are there; nothing else is.
    pub(crate) create: Phase,
    /// One field of every object is changed, at once.
    pub(crate) change: Phase,
    /// Nothing happens. Not of the raw writer.
    pub(crate) quiet: Option<Asked>,
    /// It is started again, and nothing has changed. Not of the raw writer.
    pub(crate) restart: Option<Restart>,
    /// At the end.
    pub(crate) usage: Usage,
}

/// One phase of work.
#[derive(Debug, Serialize)]
pub(crate) struct Phase {
    /// From the first write of a child (or the first change of an object) until the last child was written.
    pub(crate) children_s: f64,
    /// The same until the last object showed a status.
    pub(crate) status_s: f64,
    /// From the start of the process until the last child was written; in the first phase.
    pub(crate) since_start_s: Option<f64>,
    pub(crate) cpu_s: f64,
    pub(crate) asked: Asked,
}

/// A restart with nothing changed.
#[derive(Debug, Serialize)]
pub(crate) struct Restart {
    /// Until it had come to rest.
    pub(crate) seconds: f64,
    pub(crate) cpu_s: f64,
    /// Until the end of the time that it is watched.
    pub(crate) asked: Asked,
}

/// What was asked of the API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Asked {
    pub(crate) requests: usize,
    pub(crate) writes: usize,
    /// Of the writes, those of a Reconciler's counts, which are written by the clock.
    pub(crate) counts: usize,
    /// Answered with an error other than "not found".
    pub(crate) refused: usize,
    pub(crate) by_what: BTreeMap<String, usize>,
}

impl Asked {
    /// Writes that some promise counts.
    pub(crate) fn counted_writes(&self) -> usize {
        self.writes - self.counts
    }
}
