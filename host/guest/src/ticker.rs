//! The gate of calls: how many run at once, and the clock that lets running ones be interrupted.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time between two looks at a running call's CPU time.
const TICK: Duration = Duration::from_millis(4);

/// Ticks without a call after which the clock sleeps, so that a quiet host is quiet.
const IDLE_TICKS: u32 = 25;

/// CPU time that the calling thread has used so far.
pub(crate) fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// Lets calls in, at most so many at once, and ticks while any is inside. Its thread ends when it is dropped.
pub(crate) struct Gate {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// The ticker waits here.
    tick: Condvar,
    /// Calls beyond the bound wait here.
    room: Condvar,
}

#[derive(Default)]
struct State {
    running: u32,
    asleep: bool,
    stop: bool,
}

impl Gate {
    /// A gate that calls `tick` regularly while somebody is inside.
    pub(crate) fn new(tick: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = thread::Builder::new().name("guest-ticker".into()).spawn(move || theirs.run(tick))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Waits until fewer than `most` are inside, and goes in until the pass is dropped.
    pub(crate) fn enter(&self, most: u32) -> Pass<'_> {
        let state = self.shared.lock();
        let mut state =
            self.shared.room.wait_while(state, |s| s.running >= most).unwrap_or_else(PoisonError::into_inner);
        state.running += 1;
        if state.asleep {
            self.shared.tick.notify_one();
        }
        Pass(&self.shared)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.tick.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the ticker has been printed; there is nobody to tell.
            let _ = thread.join();
        }
    }
}

/// Proof that its holder is inside.
pub(crate) struct Pass<'a>(&'a Shared);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.room.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, tick: impl Fn()) {
        let mut state = self.lock();
        let mut idle = 0;
        while !state.stop {
            idle = if state.running == 0 { idle + 1 } else { 0 };
            if idle > IDLE_TICKS {
                state.asleep = true;
                let quiet = |s: &mut State| s.running == 0 && !s.stop;
                state = self.tick.wait_while(state, quiet).unwrap_or_else(PoisonError::into_inner);
                state.asleep = false;
                idle = 0;
            }
            state = self.tick.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner).0;
            tick();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn it_ticks_while_somebody_is_inside_and_sleeps_when_all_have_left() {
        let ticks = Arc::new(AtomicU32::new(0));
        let count = ticks.clone();
        let gate = Gate::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .expect("a thread");
        let pass = gate.enter(1);
        while ticks.load(Ordering::Relaxed) < IDLE_TICKS * 2 {
            thread::sleep(TICK);
        }
        drop(pass);
        while !gate.shared.lock().asleep {
            thread::sleep(TICK);
        }
        let asleep = ticks.load(Ordering::Relaxed);
        thread::sleep(TICK * 5);
        assert_eq!(ticks.load(Ordering::Relaxed), asleep);
        let _pass = gate.enter(1);
        while ticks.load(Ordering::Relaxed) == asleep {
            thread::sleep(TICK);
        }
    }

    #[test]
    fn one_more_than_fits_waits_for_room() {
        let gate = Gate::new(|| ()).expect("a thread");
        let pass = gate.enter(1);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(gate.enter(1)));
            thread::sleep(TICK * 5);
            assert!(!waiting.is_finished());
            drop(pass);
        });
    }
}
