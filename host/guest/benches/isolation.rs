//! What a healthy guest notices of misbehaving ones: the time of its calls alone, and beside guests that loop, take
//! memory, recurse or trap without end, on half of the machine's cores.
//!
//!     cargo bench -p innkeeper-guest --bench isolation          a table
//!     cargo bench -p innkeeper-guest --bench isolation -- json  one JSON object a line
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot measure says so by panicking")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use innkeeper_core::contract::Limits;
use innkeeper_guest::Module;
use support::{Guest, call};

/// Calls of the healthy guest in each situation.
const CALLS: usize = 2_000;
/// Time between two of its calls, so that it is one kind among others and no load of its own.
const PAUSE: Duration = Duration::from_micros(500);

/// Guests that misbehave, by name.
fn misbehaving() -> Vec<(&'static str, Module)> {
    let grow = "(loop $l (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable))) (br $l))";
    let recursion = Guest::new().item("(func $again (call $again) (call $again))").reconcile("(call $again)");
    vec![
        ("loop", Guest::new().reconcile("(loop $l (br $l))").load()),
        ("memory", Guest::new().reconcile(grow).load()),
        ("stack", recursion.load()),
        ("trap", Guest::new().reconcile("(unreachable)").load()),
    ]
}

fn main() {
    let json = std::env::args().any(|argument| argument == "json");
    // Work that the healthy guest does: some tens of microseconds.
    let work = "(local $n i32) (loop $l (br_if $l (i32.lt_u
        (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 50000))))";
    let healthy = Guest::new().reconcile(work).load();
    let mut table = vec![("alone", measure(&healthy, &[]))];
    for (name, module) in misbehaving() {
        table.push((name, measure(&healthy, &[module])));
    }
    let all: Vec<Module> = misbehaving().into_iter().map(|(_, module)| module).collect();
    table.push(("all of them", measure(&healthy, &all)));
    if !json {
        println!("{:<14}{:>10}{:>10}{:>10}", "beside", "p50 µs", "p99 µs", "max µs");
    }
    for (beside, times) in table {
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_micros();
        let (p50, p99, max) = (at(50), at(99), at(100));
        if json {
            println!(r#"{{"beside":"{beside}","p50_us":{p50},"p99_us":{p99},"max_us":{max}}}"#);
        } else {
            println!("{beside:<14}{p50:>10}{p99:>10}{max:>10}");
        }
    }
}

/// The times of the healthy guest's calls by the clock, sorted, while half of the cores (at least one) call these.
fn measure(healthy: &Module, others: &[Module]) -> Vec<Duration> {
    let over = AtomicBool::new(false);
    let cores = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for n in 0..if others.is_empty() { 0 } else { (cores / 2).max(1) } {
            let over = &over;
            scope.spawn(move || {
                for module in others.iter().cycle().skip(n) {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    assert!(call(module, &Limits::default()).result.is_err(), "it misbehaves");
                }
            });
        }
        let one = || {
            thread::sleep(PAUSE);
            let began = Instant::now();
            let answer = call(healthy, &Limits::default());
            assert!(answer.result.is_ok(), "it is healthy: {:?}", answer.result);
            began.elapsed()
        };
        let mut times: Vec<Duration> = (0..CALLS).map(|_| one()).collect();
        over.store(true, Ordering::Relaxed);
        times.sort();
        times
    })
}
