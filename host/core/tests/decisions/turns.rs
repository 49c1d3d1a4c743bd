//! Promise Q01 as far as core decides it: who is next, and who holds how many threads.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::house::{Api, House, crd, inn, manifest, rooms};
use innkeeper_core::binding::Module;
use innkeeper_core::cause::{Cause, Due};
use innkeeper_core::engine::{Input, News, Now, Settings};
use innkeeper_core::kind::{GroupKind, Key, Kind};
use innkeeper_core::queue::{Again, Queue, Urgency};
use innkeeper_core::share::Share;
use serde_json::json;

fn key(kind: &str, namespace: &str, n: usize) -> Key {
    Key::new(Kind::new("example.com", "v1", kind), Some(namespace.into()), n.to_string())
}

/// What [`key`] was given.
fn number(key: &Key) -> usize {
    key.name.parse().unwrap()
}

fn kind(name: &str) -> GroupKind {
    key(name, "a", 0).kind.group_kind()
}

fn wake(queue: &mut Queue, urgency: Urgency, keys: impl IntoIterator<Item = Key>) {
    keys.into_iter().for_each(|key| queue.wake(&key, urgency, Cause::Start));
}

fn next(queue: &mut Queue) -> Option<Key> {
    queue.next(|_| true, |_| false).map(|turn| turn.key)
}

fn take(queue: &mut Queue, count: usize) -> Vec<Key> {
    (0..count).map_while(|_| next(queue)).collect()
}

fn counts(taken: &[Key], of: impl Fn(&Key) -> String) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    taken.iter().for_each(|key| *counts.entry(of(key)).or_default() += 1);
    counts
}

#[test]
fn q01_kinds_take_turns_however_many_objects_each_has() {
    let mut queue = Queue::default();
    wake(&mut queue, Urgency::Person, (0..1_000).map(|n| key("Storm", "a", n)));
    wake(&mut queue, Urgency::Sweep, (0..3).map(|n| key("Calm", "a", n)));
    wake(&mut queue, Urgency::Fresh, (0..3).map(|n| key("Still", "a", n)));
    let first = take(&mut queue, 9);
    let kinds = counts(&first, |key| key.kind.kind.to_string());
    assert_eq!(kinds, BTreeMap::from([("Calm".into(), 3), ("Still".into(), 3), ("Storm".into(), 3)]));
}

#[test]
fn q01_within_a_kind_namespaces_take_turns() {
    let mut queue = Queue::default();
    wake(&mut queue, Urgency::Fresh, (0..1_000).map(|n| key("Inn", "storm", n)));
    wake(&mut queue, Urgency::Fresh, (0..4).map(|n| key("Inn", "calm", n)));
    let first = take(&mut queue, 8);
    let namespaces = counts(&first, |key| key.namespace.clone().unwrap());
    assert_eq!(namespaces, BTreeMap::from([("calm".into(), 4), ("storm".into(), 4)]));
    let calm: Vec<&str> = first.iter().filter(|k| k.namespace.as_deref() == Some("calm")).map(|k| &*k.name).collect();
    assert_eq!(calm, ["0", "1", "2", "3"], "who came first goes first");
}

#[test]
fn q01_nothing_is_lost_and_nothing_comes_twice() {
    let mut queue = Queue::default();
    let all = || ["A", "B", "C"].into_iter().flat_map(|k| (0..50).map(move |n| key(k, &format!("ns-{}", n % 7), n)));
    for urgency in [Urgency::Sweep, Urgency::Fresh, Urgency::Sweep, Urgency::Person] {
        wake(&mut queue, urgency, all());
    }
    let mut taken = take(&mut queue, 1_000);
    taken.sort();
    let mut expected: Vec<Key> = all().collect();
    expected.sort();
    assert_eq!(taken, expected);
    wake(&mut queue, Urgency::Fresh, all());
    assert_eq!(next(&mut queue), None, "one call per object at a time");
    expected.iter().for_each(|key| queue.done(key, Again::OnChange, 0));
    assert_eq!(take(&mut queue, 1_000).len(), 150, "each once more for what came meanwhile");
}

#[test]
fn q01_ten_thousand_that_cannot_go_on_are_not_looked_through_again_and_again() {
    let mut queue = Queue::default();
    wake(&mut queue, Urgency::Fresh, (0..10_000).map(|n| key("Blocked", "a", n)));
    wake(&mut queue, Urgency::Fresh, (0..100).map(|n| key("Suspended", "a", n)));
    let asked = Cell::new(0);
    for n in 0..100 {
        wake(&mut queue, Urgency::Fresh, [key("Free", "a", n)]);
        let turn = queue.next(
            |kind| kind.kind != "Suspended",
            |key| {
                asked.set(asked.get() + 1);
                key.kind.kind == "Blocked"
            },
        );
        assert_eq!(turn.map(|turn| turn.key.kind.kind.clone()), Some("Free".into()));
    }
    assert!(asked.get() <= 10_100, "each blocked one was asked about once, not {} times", asked.get());
}

#[test]
fn q01_one_kind_holds_at_most_half_of_the_call_threads_and_at_least_one() {
    for (threads, most) in [(1, 1), (2, 1), (3, 1), (8, 4)] {
        let mut share = Share::of_calls(threads);
        (0..100).for_each(|n| share.ask(&kind("Storm"), n));
        let granted = std::iter::from_fn(|| share.grant()).count();
        assert_eq!(granted, most, "of {threads} threads");
        share.ask(&kind("Calm"), 100);
        let calm = share.grant();
        assert_eq!(calm.is_some(), threads > 1, "another kind does not wait for it");
        if calm.is_none() {
            share.give_back(&kind("Storm"));
            assert!(share.grant().is_some(), "with one thread they take turns");
            share.give_back(&kind("Storm"));
            assert_eq!(share.grant(), Some((kind("Calm"), 100)));
        }
    }
}

#[test]
fn q01_who_waits_for_a_slot_gets_it_in_turn_and_in_order() {
    let mut share = Share::new(1, 1);
    for n in 0..3 {
        share.ask(&kind("A"), n);
        share.ask(&kind("B"), n);
    }
    let mut granted = Vec::new();
    while let Some((kind, n)) = share.grant() {
        assert!(share.grant().is_none(), "there is one slot");
        share.give_back(&kind);
        granted.push(format!("{}{n}", kind.kind));
    }
    assert_eq!(granted, ["A0", "B0", "A1", "B1", "A2", "B2"]);
}

#[test]
fn q06_requests_in_flight_are_bounded_and_one_kind_leaves_a_slot_to_others() {
    let mut share = Share::of_requests(8);
    (0..100).for_each(|n| share.ask(&kind("Storm"), n));
    assert_eq!(std::iter::from_fn(|| share.grant()).count(), 7);
    (0..100).for_each(|n| share.ask(&kind("Calm"), n));
    assert_eq!(std::iter::from_fn(|| share.grant()).count(), 1);
}

#[test]
fn q03_a_persons_change_goes_before_a_relist_and_before_echoes_but_does_not_starve_them() {
    let mut queue = Queue::default();
    wake(&mut queue, Urgency::Sweep, (0..1_000).map(|n| key("Inn", "a", n)));
    wake(&mut queue, Urgency::Fresh, (1_000..1_100).map(|n| key("Inn", "a", n)));
    for round in 0..10 {
        wake(&mut queue, Urgency::Person, [key("Inn", "a", 2_000 + round)]);
        let soon = take(&mut queue, 2);
        assert!(soon.contains(&key("Inn", "a", 2_000 + round)), "{soon:?}");
    }
    wake(&mut queue, Urgency::Person, (3_000..4_000).map(|n| key("Inn", "a", n)));
    let next = take(&mut queue, 80);
    let swept = next.iter().filter(|key| number(key) < 1_000).count();
    let fresh = next.iter().filter(|key| (1_000..2_000).contains(&number(key))).count();
    assert_eq!((fresh, swept), (5, 5), "one turn of eight, so that a storm of changes holds up nothing for ever");
    wake(&mut queue, Urgency::Echo, (4_000..4_100).map(|n| key("Inn", "a", n)));
    let next = take(&mut queue, 320);
    let taken =
        [0..1_000, 1_000..2_000, 4_000..5_000].map(|of| next.iter().filter(|key| of.contains(&number(key))).count());
    assert_eq!(taken, [15, 15, 10], "echoes have a quarter of these turns, the others share the rest evenly");
}

#[test]
fn q06_what_is_to_be_told_waits_behind_a_sweep_but_for_a_turn_of_thirty_two() {
    let mut queue = Queue::default();
    wake(&mut queue, Urgency::Echo, (0..1_000).map(|n| key("Inn", "a", n)));
    wake(&mut queue, Urgency::Sweep, (1_000..1_100).map(|n| key("Inn", "a", n)));
    let next = take(&mut queue, 96);
    let told = next.iter().filter(|key| number(key) < 1_000).count();
    assert_eq!(told, 3, "people see it go on");
}

#[test]
fn q06_the_last_of_a_sweep_is_ahead_of_nobody() {
    let mut queue = Queue::default();
    wake(&mut queue, Urgency::Fresh, [key("Inn", "a", 0)]);
    wake(&mut queue, Urgency::Sweep, (1..3).map(|n| key("Inn", "a", n)));
    wake(&mut queue, Urgency::Sweep, [key("Tower", "a", 0)]);
    let ahead = std::iter::from_fn(|| queue.next(|_| true, |_| false)).map(|turn| (turn.key, turn.is_ahead));
    let expected = [(("Inn", 0), false), (("Tower", 0), false), (("Inn", 1), true), (("Inn", 2), false)];
    assert_eq!(ahead.collect::<Vec<_>>(), expected.map(|((kind, n), ahead)| (key(kind, "a", n), ahead)));
}

#[test]
fn a_kind_that_is_no_longer_kept_leaves_nothing_in_line() {
    let mut queue = Queue::default();
    wake(&mut queue, Urgency::Fresh, (0..3).map(|n| key("Gone", "a", n)));
    wake(&mut queue, Urgency::Sweep, (3..5).map(|n| key("Gone", "b", n)));
    wake(&mut queue, Urgency::Fresh, [key("Kept", "a", 0), key("Kept", "a", 1)]);
    queue.forget(|key| key.kind.kind == "Gone");
    assert!(!queue.is_empty());
    assert_eq!(take(&mut queue, 10), [key("Kept", "a", 0), key("Kept", "a", 1)]);
    assert!(queue.is_empty());
    wake(&mut queue, Urgency::Fresh, [key("Gone", "a", 0)]);
    assert_eq!(take(&mut queue, 10), [key("Gone", "a", 0)], "it may come again");
    wake(&mut queue, Urgency::Sweep, [key("Gone", "a", 1)]);
    assert_eq!(take(&mut queue, 10), [key("Gone", "a", 1)], "nothing more urgent is waited for");
}

#[test]
fn one_that_became_more_urgent_is_in_line_once() {
    let mut queue = Queue::default();
    wake(&mut queue, Urgency::Sweep, [key("Inn", "a", 0), key("Inn", "a", 1)]);
    wake(&mut queue, Urgency::Person, [key("Inn", "a", 1)]);
    assert_eq!(take(&mut queue, 10), [key("Inn", "a", 1), key("Inn", "a", 0)]);
    assert!(queue.is_empty());
}

#[test]
fn no_more_guests_of_a_kind_are_asked_at_once_than_can_soon_be_called() {
    for (calls, asked) in [(1, 5), (2, 5), (8, 8)] {
        let mut api = Api::default();
        api.put(crd());
        let settings = Settings { calls, ..Settings::default() };
        let mut house = House::begun_with(api, Box::new(rooms), Now { mono_ms: 1, wall_ms: 1_000_000 }, settings);
        let module = Module { digest: format!("sha256:{}", "a".repeat(64)), manifest: manifest(false).into() };
        house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
        house.input(Input::ModulesRead);
        house.holds_calls = true;
        for n in 0..50 {
            house.put(inn(&format!("x{n}"), json!({"rooms": []})));
        }
        assert_eq!(house.called().len(), asked, "{calls} threads");
    }
}

#[test]
fn within_a_namespace_who_came_first_is_first() {
    let mut queue = Queue::default();
    let order = [key("Inn", "a", 2), key("Inn", "a", 0), key("Inn", "a", 1)];
    wake(&mut queue, Urgency::Fresh, order.clone());
    assert_eq!(take(&mut queue, 3), order);
}

#[test]
fn when_an_object_is_looked_at_again_and_why_is_known() {
    let mut queue = Queue::default();
    let one = key("Inn", "a", 0);
    wake(&mut queue, Urgency::Fresh, [one.clone()]);
    take(&mut queue, 1);
    queue.done(&one, Again::After(500, Due::Requeue), 1_000);
    assert_eq!(queue.due(&one, 1_200), Some((300, Due::Requeue)));
    assert_eq!(queue.due(&key("Inn", "a", 1), 0), None);
    let (early, late) = ((100, Due::Clock), (200, Due::Requeue));
    let back_off = |due| Again::BACK_OFF.no_later_than(due);
    assert_eq!(back_off(early).no_later_than(late), back_off(early));
    assert_eq!(back_off(late).no_later_than(early), back_off(early));
    assert_eq!(Again::After(100, Due::Clock).no_later_than(late), Again::After(100, Due::Clock));
}
