//! Tables of made-up figures.

use super::*;
use crate::figures::{Phase, Restart};
use crate::process::Usage;

fn asked(requests: usize, writes: usize) -> Asked {
    Asked { requests, writes, by_what: [("patch configmaps".to_owned(), writes)].into(), ..Asked::default() }
}

fn turn(who: Who, seconds: f64) -> Turn {
    let phase = |requests| Phase {
        children_s: seconds,
        status_s: seconds,
        since_start_s: None,
        cpu_s: 0.5,
        asked: asked(requests, requests / 2),
    };
    let restart = who.is_controller().then(|| Restart { seconds, cpu_s: 0.1, asked: asked(12, 0) });
    let quiet = who.is_controller().then(Asked::default);
    Turn { who: who.title(), create: phase(20), change: phase(8), quiet, restart, usage: Usage::default() }
}

fn shown_table() -> String {
    let rounds = vec![
        vec![turn(Who::Raw, 1.0), turn(Who::Innkeeper, 2.0)],
        vec![turn(Who::Innkeeper, 4.0), turn(Who::Raw, 3.0)],
    ];
    let mut text = String::new();
    of_size(&mut text, &Size { objects: 4, rounds }, 30.0);
    text
}

#[test]
fn a_row_shows_the_middle_and_the_ends_of_each_contender() {
    let table = shown_table();
    assert!(table.contains("| create: last child, s | 2.00 (1.00 – 3.00) | 3.00 (2.00 – 4.00) |"), "{table}");
    assert!(table.contains("| create: requests an object | 5.00 | 5.00 |"), "{table}");
    assert!(table.contains("| restart: requests | – | 12 |"), "{table}");
}

#[test]
fn speeds_are_compared_within_a_round() {
    let table = shown_table();
    // 1/2 in the first round, 3/4 in the second.
    let row = "| create: speed of raw writer = 1, same round | 1.00 | 0.62 (0.50 – 0.75) |";
    assert!(table.contains(row), "{table}");
}

#[test]
fn what_was_asked_is_told_by_verb_and_resource() {
    assert!(shown_table().contains("| create: patch configmaps | 2.50 | 2.50 |"), "{}", shown_table());
}
