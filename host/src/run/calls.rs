//! Calls of guests: on threads of their own, a bounded number at once, of which one kind holds
//! at most half.

use std::sync::Arc;
use std::time::Instant;

use innkeeper_core::contract::{Failure, Limits, Request};
use innkeeper_core::engine::Input;
use innkeeper_core::kind::Key;
use innkeeper_core::share::Share;
use innkeeper_core::world::World;
use tokio::sync::mpsc;

use super::gate::Gate;
use super::metrics::Metrics;
use super::trace::{Meter, Taken};
use crate::guests::Guests;

/// The place where guests are called.
pub(super) struct Calls {
    guests: Arc<Guests>,
    threads: Gate,
    metrics: Arc<Metrics>,
    meter: Meter,
}

impl Calls {
    pub(super) fn new(guests: Arc<Guests>, threads: usize, metrics: Arc<Metrics>) -> Self {
        Self { guests, threads: Gate::new(Share::of_calls(threads)), metrics, meter: Meter::default() }
    }

    /// Where is told what each call took.
    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Calls the module of that digest; its answer comes as an input.
    #[expect(clippy::too_many_arguments, reason = "one question, as the engine asks it")]
    pub(super) fn call(
        &self,
        call: u64,
        digest: &str,
        object: Key,
        request: Request,
        world: World,
        limits: Limits,
        inputs: mpsc::Sender<Input>,
    ) {
        let (guests, metrics) = (self.guests.clone(), self.metrics.clone());
        let turn = self.threads.enter(&object.kind.group_kind());
        let module = guests.module(digest);
        let (digest, meter, asked) = (digest.to_owned(), self.meter.clone(), Instant::now());
        tokio::spawn(async move {
            let pass = turn.await;
            let Some(module) = module else {
                let result = Box::new(Err(Failure::Refused(format!("the module {digest} is not loaded any more"))));
                let _ = inputs.send(Input::Answered { call, result, reads: Vec::new() }).await;
                return;
            };
            let began = Instant::now();
            let work = tokio::task::spawn_blocking(move || guests.engine.call(&module, request, world, &limits));
            let answer = work.await;
            drop(pass);
            let (result, reads) = match answer {
                Ok(answer) => {
                    let (waited, ran) = (began - asked, began.elapsed());
                    let (cpu, memory) = (answer.cpu, answer.memory_peak);
                    let (given, said, shown) = (answer.given, answer.said, answer.shown.clone());
                    meter.put(call, Taken { waited, ran, cpu, memory, given, said, shown });
                    metrics.kinds.of(&object.kind.group_kind()).called(&answer);
                    for line in &answer.log {
                        super::modules::log(&object, line);
                    }
                    (answer.result, answer.reads)
                }
                Err(error) => (Err(Failure::Trap(format!("the call ended in the host: {error}"))), Vec::new()),
            };
            let _ = inputs.send(Input::Answered { call, result: Box::new(result), reads }).await;
        });
    }
}
