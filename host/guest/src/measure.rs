//! What the parts of a call take, for the bench. Production never has them one by one, and never calls an instance
//! twice (promise G01).

use std::time::{Duration, Instant};

use innkeeper_core::contract::{Failure, Limits, Request};
use innkeeper_core::world::World;

use crate::convert;
use crate::engine::Engine;
use crate::load::Module;
use crate::state::State;

/// How long the parts of two calls in one instance took.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Until the instance was ready.
    pub instantiate: Duration,
    /// The first call, as production makes it.
    pub first: Duration,
    /// A second call in the same instance.
    pub second: Duration,
}

impl Engine {
    /// Makes an instance and calls it twice with the same question.
    ///
    /// # Errors
    /// When a bound is exceeded or the guest traps.
    pub fn measure(&self, module: &Module, request: Request, world: World, limits: &Limits) -> Result<Parts, Failure> {
        let request = convert::request(request);
        let began = Instant::now();
        let ran = self.run(module.guest(self), State::reconciling(world, limits.clone()), |guest, store| {
            let instantiate = began.elapsed();
            let began = Instant::now();
            guest.call_reconcile(&mut *store, &request)?.ok();
            let first = began.elapsed();
            let began = Instant::now();
            guest.call_reconcile(&mut *store, &request)?.ok();
            Ok(Parts { instantiate, first, second: began.elapsed() })
        });
        ran.result
    }
}
