//! Tests of the queue.

use super::*;
use crate::kind::Kind;

fn key(name: &str) -> Key {
    Key::new(Kind::new("", "v1", "ConfigMap"), None, name.into())
}

fn next(queue: &mut Queue) -> Option<Key> {
    queue.next(|_| true, |_| false).map(|turn| turn.key)
}

#[test]
fn an_object_woken_while_it_runs_runs_once_more() {
    let mut queue = Queue::default();
    queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
    assert_eq!(next(&mut queue), Some(key("a")));
    queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
    queue.wake(&key("a"), Urgency::Sweep, Cause::Start);
    assert_eq!(next(&mut queue), None, "one call per object at a time");
    queue.done(&key("a"), Again::OnChange, 0);
    assert_eq!(next(&mut queue), Some(key("a")));
    queue.done(&key("a"), Again::OnChange, 0);
    assert_eq!(next(&mut queue), None);
}

#[test]
fn a_fresh_change_goes_before_a_sweep_that_came_earlier() {
    let mut queue = Queue::default();
    queue.wake(&key("swept"), Urgency::Sweep, Cause::Start);
    queue.wake(&key("fresh"), Urgency::Fresh, Cause::Start);
    assert_eq!(next(&mut queue), Some(key("fresh")));
}

#[test]
fn one_that_is_blocked_waits_aside_until_it_may_go_on() {
    let mut queue = Queue::default();
    queue.wake(&key("blocked"), Urgency::Fresh, Cause::Start);
    queue.wake(&key("free"), Urgency::Sweep, Cause::Start);
    let turn = queue.next(|_| true, |key| key.name == "blocked").expect("one is free");
    assert_eq!(turn.key, key("free"));
    assert_eq!((next(&mut queue), queue.waiting().count()), (None, 1), "nobody looks at it again and again");
    queue.wake(&key("blocked"), Urgency::Person, Cause::Start);
    assert_eq!(next(&mut queue), None);
    queue.resume_all(&[key("blocked"), key("nobody")]);
    assert_eq!((next(&mut queue), queue.waiting().count()), (Some(key("blocked")), 0));
}

#[test]
fn one_that_is_held_back_waits_for_that_moment_or_until_it_is_released() {
    let mut queue = Queue::default();
    for released in [false, true] {
        queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
        next(&mut queue).expect("it is due");
        queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
        queue.hold(&key("a"), 1_000);
        queue.done(&key("a"), Again::OnChange, 0);
        assert_eq!(next(&mut queue), None);
        queue.ripen(999);
        queue.resume_all(&[key("a")]);
        assert_eq!((next(&mut queue), queue.next_timer()), (None, Some(1_000)));
        if released {
            queue.release(&key("a"))
        } else {
            queue.ripen(1_000)
        }
        assert_eq!((next(&mut queue), queue.next_timer()), (Some(key("a")), None));
        queue.done(&key("a"), Again::OnChange, 0);
    }
    queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
    queue.hold(&key("a"), 1_000);
    assert_eq!(next(&mut queue), None, "also one that waited for its turn already");
    queue.forget(|_| true);
    assert_eq!((queue.waiting().count(), queue.next_timer()), (0, None));
}

#[test]
fn q02_failures_back_off_from_5_ms_to_1000_s_for_ever_and_a_change_of_the_object_resets_them() {
    let mut queue = Queue::default();
    let mut now = 0;
    let mut waits = Vec::new();
    queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
    for _ in 0..100 {
        queue.ripen(now);
        next(&mut queue).expect("it is due");
        queue.done(&key("a"), Again::BACK_OFF, now);
        let at = queue.next_timer().expect("a timer");
        waits.push(at - now);
        now = at;
    }
    for (failures, wait) in waits.iter().enumerate() {
        let full = (5_u64 << failures.min(20)).min(1_000_000);
        assert!((full * 3 / 4..=full).contains(wait), "after {failures} failures: {wait} of {full} ms");
    }
    let last: Vec<u64> = waits[90..].to_vec();
    let (least, most) = (last.iter().min().expect("waits"), last.iter().max().expect("waits"));
    assert!(most - least > 100_000, "they are spread: {last:?}");
    queue.forgive(&key("a"));
    queue.ripen(now);
    next(&mut queue).expect("it is due");
    queue.done(&key("a"), Again::BACK_OFF, now);
    assert!(queue.next_timer().expect("a timer") - now <= 5);
}

#[test]
fn how_long_an_object_waited_counts_from_its_first_wake_up() {
    let mut queue = Queue::default();
    let turn = |queue: &mut Queue, now| {
        queue.at(now);
        queue.next(|_| true, |_| false).map(|turn| turn.waited_ms)
    };
    queue.at(100);
    queue.wake(&key("a"), Urgency::Sweep, Cause::Start);
    queue.at(150);
    queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
    assert_eq!(turn(&mut queue, 180), Some(80));
    queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
    queue.done(&key("a"), Again::OnChange, 200);
    assert_eq!(turn(&mut queue, 250), Some(70), "it was woken while it ran");
}

/// How long the waits are that follow from ending so again and again.
fn waits(again: Again, times: usize) -> Vec<u64> {
    let (mut queue, mut now) = (Queue::default(), 0);
    queue.wake(&key("a"), Urgency::Fresh, Cause::Start);
    let wait = |_| {
        queue.ripen(now);
        next(&mut queue).expect("it is due");
        queue.done(&key("a"), again, now);
        let (before, at) = (now, queue.next_timer().expect("a timer"));
        now = at;
        at - before
    };
    (0..times).map(wait).collect()
}

#[test]
fn a_guest_that_fails_and_wants_to_be_called_at_once_is_called_after_the_back_off() {
    assert_eq!(waits(Again::FailedAfter(0), 100), waits(Again::BACK_OFF, 100));
    let patient = waits(Again::FailedAfter(60_000), 30);
    assert_eq!(patient[..13], [60_000; 13], "what it asks for, as long as that is longer");
    assert!(patient[29] > 700_000);
}

#[test]
fn to_be_called_again_at_once_means_in_a_second() {
    let requeue = |ms| Again::After(ms, Due::Requeue);
    assert_eq!([requeue(0), requeue(1_500)].map(Again::paced), [requeue(1_000), requeue(1_500)]);
    assert_eq!(requeue(0).failed().paced(), requeue(1_000).failed(), "also where a child failed beside it");
    let clock = Again::After(0, Due::Clock);
    assert_eq!(clock.paced(), clock, "an instant comes when it comes");
}
