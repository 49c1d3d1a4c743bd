//! What decides in a laboratory: a module, or natively a function.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use innkeeper_core::binding;
use innkeeper_core::contract::{Failure, Limits, Manifest, Outcome, Request, View};
use innkeeper_core::kind::Key;
use innkeeper_core::object::{digest, short};
use innkeeper_core::world::{self, Listing, Read, Unanswered, World};

/// What came of one call.
pub(crate) struct Answer {
    pub(crate) result: Result<Outcome, Failure>,
    pub(crate) reads: Vec<Read>,
    pub(crate) log: Vec<String>,
    pub(crate) cpu: Duration,
    pub(crate) memory: u64,
}

type Decides = dyn Fn(Request, World, &Limits) -> Answer + Send + Sync;

/// Something that decides for a kind. Cheap to clone.
#[derive(Clone)]
pub struct Guest {
    bound: binding::Module,
    decides: Arc<Decides>,
}

impl Guest {
    /// A module, as a host calls it.
    #[cfg(feature = "wasm")]
    pub fn module(wasm: &innkeeper_guest::Engine, module: &innkeeper_guest::Module) -> Self {
        let (wasm, called) = (wasm.clone(), module.clone());
        let decides = move |request: Request, world: World, limits: &Limits| {
            let answer = wasm.call(&called, request, world, limits);
            let log = answer.log.into_iter().map(|line| line.message).collect();
            Answer { result: answer.result, reads: answer.reads, log, cpu: answer.cpu, memory: answer.memory_peak }
        };
        Self { bound: module.bound(), decides: Arc::new(decides) }
    }

    /// A function of this process, with what its module would say of itself.
    ///
    /// It is asked everything twice: a function whose second answer is another one counts as trapped, since a guest
    /// neither remembers nor depends on the order of a `HashMap`. So does one that panics. Of the limits only that of reads
    /// holds: time and memory are those of the process.
    pub fn native(
        manifest: Manifest,
        function: impl Fn(&Request, &Rc<Sight>) -> Result<Outcome, Failure> + Send + Sync + 'static,
    ) -> Self {
        // Another function of the same name is another guest.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let named = format!("{} natively, {}", manifest.name, COUNT.fetch_add(1, Ordering::Relaxed));
        let bound = binding::Module { digest: digest(named.as_bytes()), manifest: Arc::new(manifest) };
        let decides = move |request: Request, world: World, limits: &Limits| {
            let first = once(&function, &request, world.clone(), limits);
            if matches!(first.result, Err(Failure::Unwatched { .. })) {
                return first;
            }
            let second = once(&function, &request, world, limits);
            if first.result == second.result {
                return first;
            }
            let why = "asked the same twice, it answered otherwise: does it remember something, or depend on the order of a HashMap?";
            Answer { result: Err(Failure::Trap(why.to_owned())), ..first }
        };
        Self { bound, decides: Arc::new(decides) }
    }

    /// The digest of the module; of a function, one that no other has.
    pub fn digest(&self) -> &str {
        &self.bound.digest
    }

    /// The first twelve digits of it.
    pub fn short_digest(&self) -> &str {
        short(&self.bound.digest)
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.bound.manifest
    }

    /// As core knows it.
    pub(crate) fn bound(&self) -> binding::Module {
        self.bound.clone()
    }

    pub(crate) fn call(&self, request: Request, world: World, limits: &Limits) -> Answer {
        (self.decides)(request, world, limits)
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guest({} {})", self.bound.manifest.name, self.short_digest())
    }
}

/// What a function that is called natively may look at: what a module's imports show.
#[derive(Debug)]
pub struct Sight {
    world: RefCell<World>,
    log: RefCell<Vec<String>>,
    most_reads: u32,
}

/// Why the host ended a call: it unwinds the function.
struct Ended(Failure);

impl Sight {
    /// `cluster.get`: the object; or why it may not be looked at.
    pub fn get(&self, key: Key, view: View) -> world::Answer<Option<String>> {
        self.read(|world| world.get(key, view))
    }

    /// `cluster.list`.
    pub fn list(&self, listing: &Listing) -> world::Answer<Vec<String>> {
        self.read(|world| world.list(listing))
    }

    /// `cluster.children`.
    pub fn children(&self, view: View) -> Vec<String> {
        self.read(|world| Ok(world.children(view)))
    }

    /// `clock.reached`.
    pub fn reached(&self, at: i64) -> bool {
        self.read(|world| Ok(world.reached(at)))
    }

    /// `log.write`.
    pub fn log(&self, message: &str) {
        self.log.borrow_mut().push(message.to_owned());
    }

    fn read<T>(&self, look: impl FnOnce(&mut World) -> Result<T, Unanswered>) -> T {
        if self.world.borrow().count() >= self.most_reads as usize {
            let detail = format!("one call may read {} times", self.most_reads);
            resume_unwind(Box::new(Ended(Failure::Limit { bound: "reads", detail })));
        }
        let answer = look(&mut self.world.borrow_mut());
        answer.unwrap_or_else(|unanswered| resume_unwind(Box::new(Ended(unanswered.into()))))
    }
}

/// One call of a function.
fn once(
    function: impl Fn(&Request, &Rc<Sight>) -> Result<Outcome, Failure>,
    request: &Request,
    world: World,
    limits: &Limits,
) -> Answer {
    let sight = Rc::new(Sight { world: RefCell::new(world), log: RefCell::default(), most_reads: limits.reads });
    let result = catch_unwind(AssertUnwindSafe(|| function(request, &sight)));
    let result = result.unwrap_or_else(|panic| {
        Err(match panic.downcast::<Ended>() {
            Ok(ended) => ended.0,
            Err(panic) => Failure::Trap(words(panic.as_ref())),
        })
    });
    let (reads, log) = (std::mem::take(&mut *sight.world.borrow_mut()).into_reads(), sight.log.take());
    Answer { result, reads, log, cpu: Duration::ZERO, memory: 0 }
}

/// What a panic says.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref().cloned());
    text.unwrap_or_else(|| "it panicked".to_owned())
}
