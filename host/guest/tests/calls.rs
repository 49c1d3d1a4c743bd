//! Calls: fresh instances, bounds, imports, failures.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails so")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use innkeeper_core::contract::{Failure, Limits, Outcome, View};
use innkeeper_core::object::Object;
use innkeeper_core::print::Print;
use innkeeper_core::world::{Read, World};
use innkeeper_guest::{Answer, Engine, LOG_LINE, LOG_LINES, Level};
use support::{CHILDREN, ENGINE, Guest, STATUS, call, request};

const LOG: &str = r#"(import "innkeeper:guest/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;
const REACHED: &str = r#"(import "innkeeper:guest/clock@0.1.0" "reached" (func $reached (param i64) (result i32)))"#;

fn bound(answer: &Answer) -> (&'static str, &str) {
    match &answer.result {
        Err(Failure::Limit { bound, detail }) => (bound, detail),
        other => panic!("no bound, but {other:?}"),
    }
}

/// Answers with a status of some bytes of memory.
fn with_status(at: u32, len: u32) -> String {
    let (tag, address, length) = (STATUS, STATUS + 4, STATUS + 8);
    format!(
        "(i32.store8 (i32.const {tag}) (i32.const 1)) (i32.store (i32.const {address}) (i32.const {at}))
         (i32.store (i32.const {length}) (i32.const {len}))"
    )
}

#[test]
fn a_guest_that_asks_for_nothing_is_answered_in_microseconds() {
    let answer = Guest::new().call(&Limits::default());
    assert_eq!(answer.result, Ok(Outcome::default()));
    assert!(answer.reads.is_empty() && answer.log.is_empty());
    assert!(answer.cpu > Duration::ZERO);
    assert_eq!(answer.memory_peak, 2 << 16);
}

#[test]
fn g01_every_call_gets_a_fresh_instance() {
    // A global, a byte of memory and a table each remember how often there was a call.
    let count = "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.store8 (i32.const 701) (i32.add (i32.load8_u (i32.const 701)) (i32.const 1)))
        (drop (table.grow $t (ref.null func) (i32.const 1)))
        (i32.store8 (i32.const 700) (i32.add (global.get $calls) (i32.const 48)))
        (i32.store8 (i32.const 702) (i32.add (table.size $t) (i32.const 48)))";
    let module = Guest::new()
        .item(r#"(global $calls (mut i32) (i32.const 0)) (table $t 0 funcref) (data (i32.const 701) "0")"#)
        .reconcile(&format!("{count} {}", with_status(700, 3)))
        .load();
    let mut answers: Vec<_> = (0..8).map(|_| call(&module, &Limits::default())).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| call(&module, &Limits::default()))).collect();
        answers.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    });
    for answer in answers {
        assert_eq!(answer.result.unwrap().status.as_deref(), Some("111"));
    }
}

#[test]
fn g01_a_call_that_trapped_leaves_nothing_to_the_next() {
    // The first call that sees a clean byte makes it dirty and traps.
    let code = "(if (i32.eqz (i32.load8_u (i32.const 701))) (then
        (i32.store8 (i32.const 701) (i32.const 1)) (unreachable)))";
    let module = Guest::new().reconcile(code).load();
    for _ in 0..4 {
        assert!(matches!(call(&module, &Limits::default()).result, Err(Failure::Trap(_))));
    }
}

#[test]
fn g03_an_endless_loop_exceeds_the_time() {
    let module = Guest::new().reconcile("(loop $l (br $l))").load();
    let answer = call(&module, &Limits { time_ms: 50, ..Limits::default() });
    assert_eq!(bound(&answer), ("time", "it used more than 50 ms of CPU time"));
    assert!(answer.cpu >= Duration::from_millis(50), "{:?}", answer.cpu);
    assert!(answer.cpu < Duration::from_millis(500), "{:?}", answer.cpu);
}

#[test]
fn g03_time_is_the_threads_cpu_time_so_a_busy_machine_fails_no_good_guest() {
    // Eight calls on few cores: in wall time each takes far longer than its limit allows.
    let count = "(local $n i32) (loop $l (br_if $l (i32.lt_u
        (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 60000000))))";
    let module = Guest::new().reconcile(count).load();
    let alone = call(&module, &Limits { time_ms: 60_000, ..Limits::default() });
    assert_eq!(alone.result, Ok(Outcome::default()));
    let threads = 4 * std::thread::available_parallelism().unwrap().get() as u32;
    let limits = Limits { time_ms: (alone.cpu * 3).as_millis() as u64, ..Limits::default() };
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let began = Instant::now();
                    (call(&module, &limits).result, began.elapsed())
                })
            })
            .collect();
        for call in calls {
            let (result, wall) = call.join().unwrap();
            assert_eq!(result, Ok(Outcome::default()), "after {wall:?}, with a limit of {} ms", limits.time_ms);
        }
    });
}

#[test]
fn g03_growing_memory_without_end_exceeds_the_memory() {
    // As an allocator does: it grows, and aborts when it is told no.
    let grow = "(loop $l (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable))) (br $l))";
    let answer = Guest::new().reconcile(grow).call(&Limits { memory: 8 << 20, ..Limits::default() });
    let (bound, detail) = bound(&answer);
    assert_eq!(bound, "memory");
    assert!(detail.ends_with("the limit is 8388608"), "{detail}");
    assert!(answer.memory_peak <= 8 << 20 && answer.memory_peak > 6 << 20, "{}", answer.memory_peak);
}

#[test]
fn g03_a_memory_that_begins_too_large_exceeds_the_memory() {
    let answer = Guest::new().call(&Limits { memory: 1 << 16, ..Limits::default() });
    assert_eq!(bound(&answer).0, "memory");
}

#[test]
fn g03_growing_a_table_without_end_exceeds_the_table() {
    let grow = "(loop $l (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $l))";
    let answer = Guest::new().item("(table $t 0 funcref)").reconcile(grow).call(&Limits::default());
    assert_eq!(bound(&answer).0, "table");
}

#[test]
fn g03_endless_recursion_exceeds_the_stack() {
    let guest = Guest::new().item("(func $again (call $again) (call $again))").reconcile("(call $again)");
    assert_eq!(bound(&guest.call(&Limits::default())).0, "stack");
}

#[test]
fn g03_too_large_an_outcome_exceeds_the_outcome() {
    let limits = Limits { outcome: 1000, ..Limits::default() };
    let fits = Guest::new().item(r#"(data (i32.const 4096) "{}")"#).reconcile(&with_status(4096, 1000));
    assert!(fits.call(&limits).result.is_ok());
    let over = Guest::new().reconcile(&with_status(4096, 1001)).call(&limits);
    assert_eq!(bound(&over), ("outcome", "the answer has 1001 bytes, the limit is 1000"));
    // More than the host copies at all, before it measures.
    let far_over = Guest::new().reconcile(&with_status(4096, 120_000)).call(&limits);
    assert_eq!(bound(&far_over), ("outcome", "the answer has more than 1000 bytes"));
}

#[test]
fn g03_a_million_empty_children_exceed_the_outcome() {
    let code = format!(
        "(drop (memory.grow (i32.const 900))) (i32.store (i32.const {CHILDREN}) (i32.const 65536))
         (i32.store (i32.const {}) (i32.const 1000000))",
        CHILDREN + 4
    );
    assert_eq!(bound(&Guest::new().reconcile(&code).call(&Limits::default())).0, "outcome");
}

#[test]
fn g03_reading_without_end_exceeds_the_reads() {
    let guest = Guest::new().import(REACHED).reconcile("(loop $l (drop (call $reached (i64.const 7))) (br $l))");
    let answer = guest.call(&Limits { reads: 9, ..Limits::default() });
    assert_eq!(bound(&answer), ("reads", "one call may read 9 times"));
    assert_eq!(answer.reads.len(), 9);
}

#[test]
fn g03_a_flood_of_words_is_cut_and_the_call_goes_on() {
    let flood = "(local $n i32) (loop $l (call $log (i32.const 1) (i32.const 4096) (i32.const 5000))
        (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))";
    let answer = Guest::new().import(LOG).reconcile(flood).call(&Limits { time_ms: 5000, ..Limits::default() });
    assert_eq!(answer.result, Ok(Outcome::default()));
    assert!(answer.log.len() < LOG_LINES);
    assert!(answer.log[0].message.len() < LOG_LINE + 100);
    assert!(answer.log[0].message.ends_with("(cut; the line had 5000 bytes)"));
    let last = answer.log.last().unwrap();
    assert_eq!(last.level, Level::Warn);
    assert!(last.message.contains("more lines were not kept"), "{}", last.message);
}

#[test]
fn g03_one_word_of_megabytes_exceeds_the_arguments() {
    let shout = "(drop (memory.grow (i32.const 100))) (call $log (i32.const 1) (i32.const 4096) (i32.const 5000000))";
    let answer = Guest::new().import(LOG).reconcile(shout).call(&Limits::default());
    assert_eq!(bound(&answer).0, "arguments");
}

#[test]
fn g03_a_call_that_exceeds_a_bound_disturbs_no_other() {
    let bad = Guest::new().reconcile("(loop $l (br $l))").load();
    let good = Guest::new().load();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(bound(&call(&bad, &Limits::default())).0, "time"));
            scope.spawn(|| assert_eq!(call(&good, &Limits::default()).result, Ok(Outcome::default())));
        }
    });
}

#[test]
fn a_trap_is_told_with_the_guests_last_words_and_its_stack_at_debug() {
    let guest = Guest::new()
        .import(LOG)
        .item(r#"(data (i32.const 4096) "panicked at src/lib.rs:7: no port")"#)
        .reconcile("(call $log (i32.const 3) (i32.const 4096) (i32.const 33)) (unreachable)");
    let answer = guest.call(&Limits::default());
    let Err(Failure::Trap(text)) = &answer.result else { panic!("{:?}", answer.result) };
    assert_eq!(
        text,
        "wasm trap: wasm `unreachable` instruction executed; its last words: panicked at src/lib.rs:7: no port"
    );
    assert_eq!(answer.log.len(), 2);
    assert_eq!((answer.log[0].level, answer.log[1].level), (Level::Error, Level::Debug));
    assert!(answer.log[1].message.contains("wasm backtrace"), "{}", answer.log[1].message);
}

#[test]
fn text_that_is_no_utf8_is_a_trap() {
    let guest = Guest::new().item(r#"(data (i32.const 4096) "\ff\fe")"#).reconcile(&with_status(4096, 2));
    let answer = guest.call(&Limits::default());
    assert!(matches!(&answer.result, Err(Failure::Trap(text)) if text.contains("utf-8")), "{:?}", answer.result);
}

#[test]
fn the_guest_sees_the_object_as_it_was_given() {
    // The request's text lies where the guest was told; it answers with it.
    let (tag, address, length) = (STATUS, STATUS + 4, STATUS + 8);
    let echo = format!(
        "(i32.store8 (i32.const {tag}) (i32.const 1)) (i32.store (i32.const {address}) (local.get $object))
         (i32.store (i32.const {length}) (local.get $object-len))"
    );
    let answer = Guest::new().reconcile(&echo).call(&Limits::default());
    assert_eq!(answer.result.unwrap().status, Some(request().object));
}

#[test]
fn what_was_read_is_answered_from_the_world_and_recorded() {
    let import = r#"(import "innkeeper:guest/cluster@0.1.0" "children" (func $children (param i32 i32)))"#;
    let (tag, address, length) = (STATUS, STATUS + 4, STATUS + 8);
    // children(names) writes a list at 800; the first item becomes the status.
    let code = format!(
        "(if (call $reached (i64.const 5000)) (then (unreachable)))
         (if (i32.eqz (call $reached (i64.const 4000))) (then (unreachable)))
         (call $children (i32.const 0) (i32.const 800))
         (i32.store8 (i32.const {tag}) (i32.const 1))
         (i32.store (i32.const {address}) (i32.load (i32.load (i32.const 800))))
         (i32.store (i32.const {length}) (i32.load offset=4 (i32.load (i32.const 800))))"
    );
    let module = Guest::new().import(import).import(REACHED).reconcile(&code).load();
    let child = r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s","uid":"u"},"spec":{}}"#;
    let child = Arc::new(Object::parse(child, None).unwrap());
    let answer = ENGINE.call(&module, request(), World::of_children(vec![child.clone()], 4000), &Limits::default());
    assert_eq!(answer.result.unwrap().status, Some(child.view(View::Names)));
    let reached = |at, answer| Read::Reached { at, answer };
    let children = Read::Children { view: View::Names, answer: Print::of_all([child.print(View::Names)]) };
    assert_eq!(answer.reads, [reached(5000, false), reached(4000, true), children]);
}

#[test]
fn a_read_that_the_host_cannot_answer_ends_the_call_and_says_so() {
    let parameters = "i32 ".repeat(13);
    let import = format!(r#"(import "innkeeper:guest/cluster@0.1.0" "get" (func $get (param {parameters})))"#);
    let code = format!("(call $get {})", "(i32.const 0) ".repeat(13));
    let answer = Guest::new().import(&import).reconcile(&code).call(&Limits::default());
    let Err(Failure::Unseen(why)) = &answer.result else { panic!("{:?}", answer.result) };
    assert!(why.contains("cannot be read"), "{why}");
}

#[test]
fn what_the_guest_says_is_wrong_comes_as_it_said_it() {
    // Tag 1: a failure; at 8 which one, at 16 its message; at 24 when to try again.
    let retry = |which: u32| {
        format!(
            "(i32.store8 (i32.const 512) (i32.const 1)) (i32.store8 (i32.const 520) (i32.const {which}))
         (i32.store (i32.const 528) (i32.const 4096)) (i32.store (i32.const 532) (i32.const 4))"
        )
    };
    let guest = |which| Guest::new().item(r#"(data (i32.const 4096) "wait")"#).reconcile(&retry(which));
    let message = String::from("wait");
    let answer = guest(0).call(&Limits::default());
    assert_eq!(answer.result, Err(Failure::Retry { message: message.clone(), after: None }));
    let answer = guest(1).call(&Limits::default());
    assert_eq!(answer.result, Err(Failure::Invalid { message, field: None }));
}

#[test]
fn a_start_function_runs_within_the_bounds_of_the_call() {
    // The first run of a module is `describe`.
    let guest = Guest::new().item("(func $begin (loop $l (br $l))) (start $begin)");
    let error = support::refused(&guest.file());
    assert_eq!(
        support::sentence(&error),
        "its `describe` failed: the guest exceeded its limit of time: it used more than 1000 ms of CPU time"
    );
}

#[test]
fn a_module_of_another_engine_is_refused() {
    let answer = Engine::new().unwrap().call(&Guest::new().load(), request(), World::default(), &Limits::default());
    assert!(matches!(answer.result, Err(Failure::Refused(_))), "{:?}", answer.result);
}

#[test]
fn the_clock_thread_ends_with_the_engine() {
    let engine = Engine::new().unwrap();
    let module = engine.load(&Guest::new().file()).unwrap();
    let other = engine.clone();
    drop(engine);
    let answer = other.call(&module, request(), World::default(), &Limits::default());
    assert_eq!(answer.result, Ok(Outcome::default()));
    drop(module);
    drop(other); // Waits for the thread; a hang here is the failure.
}
