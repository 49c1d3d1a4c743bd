//! The wasm engine: how modules are compiled, how much room calls have, and one guarded run of a guest.

use std::sync::Arc;
use std::time::Duration;

use innkeeper_core::contract::Failure;
use wasmtime::component::{HasSelf, InstancePre, Linker};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Store, UpdateDeadline};

use crate::bindings::{Reconciler, ReconcilerPre};
use crate::cache::Cache;
use crate::compiler::Compiler;
use crate::failure;
use crate::state::{State, TABLE};
use crate::ticker::{Gate, cpu_time};

/// Calls that run at once; more wait. The pool holds room for exactly these.
pub const CALLS: u32 = 64;

/// Linear memories, tables and core instances that one component may have. A core module that the host
/// turned into a component has 1, 2 and 3; guests from other languages have more.
const MEMORIES: u32 = 2;
const TABLES: u32 = 8;
const INSTANCES: u32 = 48;

/// Stack of a guest in bytes. The calling thread must have this much left, and some for the host itself:
/// the 2 MiB that threads have by default are plenty.
const STACK: usize = 512 << 10;

/// The wasm engine. Cheap to clone; its clock thread ends with the last clone and the last module.
///
/// Memory for [`CALLS`] calls at once is reserved as address space only (6 GiB for each linear memory);
/// what a call touched is given back when it ends.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) linker: Linker<State>,
    pub(crate) cache: Option<Cache>,
    pub(crate) compiler: Option<Compiler>,
    gate: Gate,
}

/// The engine could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Wasmtime refused: most often the process may not reserve the address space.
    #[error("cannot set up wasmtime (is the process' address space limited, `ulimit -v`?)")]
    Wasmtime(#[source] wasmtime::Error),
    /// The thread that interrupts calls could not be started.
    #[error("cannot start the thread that interrupts guests")]
    Thread(#[source] std::io::Error),
}

/// What came of one run of a guest.
pub(crate) struct Ran<T> {
    pub(crate) result: Result<T, Failure>,
    pub(crate) state: State,
    /// Where it was when it was ended, for the guest's author.
    pub(crate) backtrace: Option<String>,
    pub(crate) cpu: Duration,
}

impl Engine {
    /// Sets up an engine that compiles in this process and keeps nothing. A process needs one engine.
    pub fn new() -> Result<Self, EngineError> {
        Self::with(None, None)
    }

    /// Sets up an engine that keeps what was compiled in a cache, and compiles in processes of their own: a host
    /// should have both. Without a compiler it compiles in this process, unbounded.
    pub fn with(cache: Option<Cache>, compiler: Option<Compiler>) -> Result<Self, EngineError> {
        let wasm = wasmtime::Engine::new(&config()).map_err(EngineError::Wasmtime)?;
        let mut linker = Linker::new(&wasm);
        Reconciler::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(EngineError::Wasmtime)?;
        let clock = wasm.clone();
        let gate = Gate::new(move || clock.increment_epoch()).map_err(EngineError::Thread)?;
        Ok(Self { inner: Arc::new(Inner { wasm, linker, cache, compiler, gate }) })
    }

    /// Runs one export in a fresh instance, within the state's limits; where there is no guest to run, it says why.
    ///
    /// Instantiating is part of the run: a start function of the module has no more room than the call.
    pub(crate) fn run<T>(
        &self,
        guest: Result<ReconcilerPre<State>, Failure>,
        mut state: State,
        call: impl FnOnce(&Reconciler, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Ran<T> {
        let _pass = self.inner.gate.enter(CALLS);
        state.began = cpu_time();
        let fuel = failure::fuel(&state.limits);
        let mut store = Store::new(&self.inner.wasm, state);
        store.limiter(|state| state);
        store.set_hostcall_fuel(fuel);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |mut store| {
            store.data_mut().in_time()?;
            Ok(UpdateDeadline::Continue(1))
        });
        let result = match guest {
            Ok(guest) if wasmtime::Engine::same(guest.engine(), &self.inner.wasm) => {
                guest.instantiate(&mut store).and_then(|guest| call(&guest, &mut store))
            }
            Ok(_) => Err(store.data_mut().end(Failure::Refused("the module was loaded by another engine".into()))),
            Err(failure) => Err(store.data_mut().end(failure)),
        };
        let cpu = store.data().used();
        let mut state = store.into_data();
        let backtrace = result.as_ref().err().and_then(failure::backtrace);
        let result = result.map_err(|error| state.ended.take().unwrap_or_else(|| failure::read(&error, &state)));
        Ran { result, state, backtrace, cpu }
    }

    /// A guest that is ready to run: its imports are linked and its exports found.
    pub(crate) fn link(&self, component: &wasmtime::component::Component) -> wasmtime::Result<ReconcilerPre<State>> {
        let pre: InstancePre<State> = self.inner.linker.instantiate_pre(component)?;
        ReconcilerPre::new(pre)
    }
}

fn config() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(CALLS)
        .total_core_instances(CALLS * INSTANCES)
        .total_memories(CALLS * MEMORIES)
        .total_tables(CALLS * TABLES)
        .max_core_instances_per_component(INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .max_memories_per_module(MEMORIES)
        .table_elements(TABLE)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(16 << 10)
        // Only what a call touched is cleared (Linux 6.7 and newer; elsewhere all that stays resident).
        .pagemap_scan(Enabled::Auto);
    let mut config = code();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// An engine that compiles for the others and runs nothing, so that it reserves no memory for calls.
pub(crate) fn compiling() -> wasmtime::Result<wasmtime::Engine> {
    wasmtime::Engine::new(&code())
}

/// What code depends on: it runs only where these settings are the same.
fn code() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(STACK)
        // For profilers and debuggers only; registering it takes time at each load.
        .native_unwind_info(false)
        // The same inputs give the same outcome on every machine, byte for byte.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true);
    config
}
