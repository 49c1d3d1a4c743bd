//! A guest as it is, without wasm: for whoever plays the host.

use std::rc::Rc;

use crate::bindings::{about, reconcile_types as wit};
use crate::context::Context;
use crate::failure::Failure;
use crate::kind::Object;
use crate::outcome::Outcome;
use crate::world::World;

type Reconcile = dyn Fn(wit::Request, Rc<dyn World>) -> Result<wit::Outcome, wit::Failure> + Send + Sync;

/// A guest's function with what its module says of itself; what `guest()` returns, which
/// [`guest!`](crate::guest) adds to every guest. The crate `innkeeper-story` plays it in the laboratory.
pub struct Guest {
    manifest: about::Manifest,
    reconcile: Box<Reconcile>,
}

impl Guest {
    #[doc(hidden)]
    pub fn of<K: Object, F>(manifest: about::Manifest, reconcile: F) -> Self
    where
        F: Fn(&Context<K>) -> Result<Outcome, Failure> + Send + Sync + 'static,
    {
        let reconcile = move |request, world| Ok(reconcile(&Context::new(request, world)?)?.wanted()?);
        Self { manifest, reconcile: Box::new(reconcile) }
    }

    /// What the module says of itself.
    #[doc(hidden)]
    pub fn describe(&self) -> &about::Manifest {
        &self.manifest
    }

    /// One call.
    #[doc(hidden)]
    pub fn reconcile(&self, request: wit::Request, world: Rc<dyn World>) -> Result<wit::Outcome, wit::Failure> {
        (self.reconcile)(request, world)
    }
}
