//! One call of a guest: a question, an answer, and what it took.

use std::time::Duration;

use innkeeper_core::contract::{Failure, Limits, Outcome, Request};
use innkeeper_core::world::{Read, World};

use crate::convert;
use crate::count;
use crate::engine::Engine;
use crate::load::Module;
use crate::log::LogLine;
use crate::size;
use crate::state::{Shown, State};

/// What came of one call.
#[derive(Debug)]
pub struct Answer {
    /// The outcome, or why there is none.
    pub result: Result<Outcome, Failure>,
    /// What the guest looked at, in its order; also when the call failed.
    pub reads: Vec<Read>,
    /// How large the answer to each read was, in the same order; the last reads of a call that failed may lack it.
    pub shown: Vec<Shown>,
    /// What the guest said; behind it, at level debug, where it was when it was ended.
    pub log: Vec<LogLine>,
    /// CPU time of the call, from a fresh instance to the converted answer.
    pub cpu: Duration,
    /// The most linear memory that the guest had, in bytes.
    pub memory_peak: u64,
    /// Bytes of text that the guest was given: its request, and the answers to its reads.
    pub given: u64,
    /// Bytes of text that it answered.
    pub said: u64,
}

impl Engine {
    /// Asks a module what should be, in a fresh instance.
    ///
    /// Blocks the calling thread until the guest has answered or a bound is exceeded: CPU time of this
    /// thread, memory, table, stack (which is this thread's), outcome, children, reads. It waits while
    /// [`CALLS`](crate::CALLS) others are running. The outcome keeps the contract's form; whether a cluster
    /// takes it is for core to say.
    pub fn call(&self, module: &Module, request: Request, world: World, limits: &Limits) -> Answer {
        let asked = size::request(&request);
        let request = convert::request(request);
        let state = State::reconciling(world, limits.clone());
        let ran = self.run(module.guest(self), state, |guest, store| guest.call_reconcile(store, &request));
        let mut said = 0;
        let result = ran.result.and_then(|answer| match answer {
            Ok(outcome) => {
                let outcome = convert::outcome(outcome);
                said = size::outcome(&outcome);
                within(said, limits)?;
                count::outcome(&outcome, limits)?;
                stated(&outcome)?;
                Ok(outcome)
            }
            Err(failure) => {
                let failure = convert::failure(failure);
                said = size::failure(&failure);
                within(said, limits)?;
                Err(failure)
            }
        });
        let (memory_peak, given) = (ran.state.memory_peak, asked + ran.state.shown);
        let shown = ran.state.answers;
        let (reads, log) = (ran.state.world.into_reads(), ran.state.log.into_lines(ran.backtrace));
        Answer { result, reads, shown, log, cpu: ran.cpu, memory_peak, given, said }
    }
}

fn within(bytes: u64, limits: &Limits) -> Result<(), Failure> {
    let most = limits.outcome;
    if bytes <= most {
        return Ok(());
    }
    Err(Failure::Limit { bound: "outcome", detail: format!("the answer has {bytes} bytes, the limit is {most}") })
}

/// What the contract asks of an outcome and its types do not say.
fn stated(outcome: &Outcome) -> Result<(), Failure> {
    if outcome.hold.as_ref().is_some_and(|hold| hold.reason.is_empty()) {
        return Err(Failure::Refused("the outcome holds Ready back without a reason".into()));
    }
    if outcome.events.iter().any(|event| event.reason.is_empty() || event.action.is_empty()) {
        return Err(Failure::Refused("the outcome has an event without a reason or an action".into()));
    }
    Ok(())
}
