//! The figures as tables for people, in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::figures::{Asked, Report, Size, Turn};
use crate::options::Who;
use crate::statistics::Spread;
use crate::within;

/// A row: what it shows, how many digits, and the figure of a turn, where it has one.
type Row = (&'static str, usize, fn(&Turn, f64) -> Option<f64>);

const ROWS: &[Row] = &[
    ("create: last child, s", 2, |t, _| Some(t.create.children_s)),
    ("create: last status, s", 2, |t, _| Some(t.create.status_s)),
    ("create: last child since the process started, s", 2, |t, _| t.create.since_start_s),
    ("create: requests an object", 2, |t, n| Some(count(t.create.asked.requests) / n)),
    ("create: of these writes", 2, |t, n| Some(count(t.create.asked.writes) / n)),
    ("change: last child, s", 2, |t, _| Some(t.change.children_s)),
    ("change: requests an object", 2, |t, n| Some(count(t.change.asked.requests) / n)),
    ("change: of these writes", 2, |t, n| Some(count(t.change.asked.writes) / n)),
    ("quiet: requests", 0, |t, _| t.quiet.as_ref().map(|asked| count(asked.requests))),
    ("quiet: of these writes", 0, |t, _| t.quiet.as_ref().map(|asked| count(asked.counted_writes()))),
    ("restart: until at rest, s", 2, |t, _| t.restart.as_ref().map(|restart| restart.seconds)),
    ("restart: requests", 0, |t, _| t.restart.as_ref().map(|restart| count(restart.asked.requests))),
    ("restart: of these writes", 0, |t, _| t.restart.as_ref().map(|restart| count(restart.asked.counted_writes()))),
    ("CPU of create, s", 2, |t, _| Some(t.create.cpu_s)),
    ("CPU of change, s", 2, |t, _| Some(t.change.cpu_s)),
    ("CPU of restart, s", 2, |t, _| t.restart.as_ref().map(|restart| restart.cpu_s)),
    ("peak memory, MiB", 1, |t, _| Some(t.usage.peak_mib)),
    ("memory after the quiet, MiB", 1, |t, _| t.quiet.as_ref().map(|_| t.usage.resident_mib)),
];

#[expect(clippy::cast_precision_loss, reason = "no run has so many requests")]
fn count(number: usize) -> f64 {
    number as f64
}

/// Everything for people.
pub(crate) fn text(report: &Report) -> String {
    let mut text = format!("`{}`: {}; {} build", report.command, report.machine, report.build);
    let beside = if report.controllers { "with" } else { "without" };
    let _ = write!(
        text,
        "; {beside} Kubernetes' controllers. The raw writer has {} requests in flight",
        report.concurrency
    );
    let swept: Vec<String> = report.sweep.iter().map(|s| format!("{}: {:.2} s", s.concurrency, s.seconds)).collect();
    let _ = if swept.is_empty() { writeln!(text, ".") } else { writeln!(text, " ({}).", swept.join(", ")) };
    for size in &report.sizes {
        of_size(&mut text, size, report.quiet_seconds);
    }
    within::text(&mut text, report);
    text
}

fn of_size(text: &mut String, size: &Size, quiet: f64) {
    let contenders = contenders(size);
    let _ = writeln!(text, "\n### {} objects × 4 children, {} rounds\n", size.objects, size.rounds.len());
    let _ = writeln!(text, "Middle of the rounds (least – most); {quiet} s quiet.\n");
    header(text, &contenders);
    for (title, digits, figure) in ROWS {
        let cell = |who: &str| {
            let values = turns(size, who).filter_map(|turn| figure(turn, count(size.objects)));
            Spread::of(values).map_or("–".to_owned(), |spread| shown(spread, *digits))
        };
        row(text, title, &contenders, cell);
    }
    for other in [Who::Raw, Who::Burdened, Who::KubeRs] {
        let title = format!("create: speed of {} = 1, same round", other.title());
        row(text, &title, &contenders, |who| {
            let ratios = size.rounds.iter().filter_map(|round| {
                let seconds = |who: &str| round.iter().find(|turn| turn.who == who).map(|turn| turn.create.children_s);
                Some(seconds(other.title())? / seconds(who)?)
            });
            Spread::of(ratios).map_or("–".to_owned(), |spread| shown(spread, 2))
        });
    }
    let _ = writeln!(text, "\nRequests an object by what, in the last round, where there are any worth a hundredth:\n");
    for (phase, asked) in [("create", (|t| &t.create.asked) as fn(&Turn) -> &Asked), ("change", |t| &t.change.asked)] {
        header(text, &contenders);
        let last = |who: &str| turns(size, who).last().map(asked);
        let all = contenders.iter().filter_map(|who| last(who)).flat_map(|asked| asked.by_what.iter());
        let worth = |number: usize| number * 100 >= size.objects;
        let what: BTreeSet<&String> = all.filter(|(_, number)| worth(**number)).map(|(what, _)| what).collect();
        for what in what {
            row(text, &format!("{phase}: {what}"), &contenders, |who| {
                let number = last(who).and_then(|asked| asked.by_what.get(what).copied()).unwrap_or(0);
                format!("{:.2}", count(number) / count(size.objects))
            });
        }
        let _ = writeln!(text);
    }
}

fn contenders(size: &Size) -> Vec<&'static str> {
    let there = |who: &Who| size.rounds.iter().flatten().any(|turn| turn.who == who.title());
    [Who::Raw, Who::Burdened, Who::Innkeeper, Who::KubeRs]
        .iter()
        .filter(|who| there(who))
        .map(|who| who.title())
        .collect()
}

fn turns<'a>(size: &'a Size, who: &str) -> impl Iterator<Item = &'a Turn> {
    size.rounds.iter().flatten().filter(move |turn| turn.who == who)
}

fn header(text: &mut String, contenders: &[&str]) {
    let _ = writeln!(text, "| | {} |\n|---|{}", contenders.join(" | "), "---|".repeat(contenders.len()));
}

fn row(text: &mut String, title: &str, contenders: &[&str], cell: impl Fn(&str) -> String) {
    let cells: Vec<String> = contenders.iter().map(|who| cell(who)).collect();
    let _ = writeln!(text, "| {title} | {} |", cells.join(" | "));
}

fn shown(spread: Spread, digits: usize) -> String {
    let Spread { min, p50, max, .. } = spread;
    if (max - min).abs() < f64::EPSILON {
        return format!("{p50:.digits$}");
    }
    format!("{p50:.digits$} ({min:.digits$} – {max:.digits$})")
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
