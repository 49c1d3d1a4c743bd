//! A trace for people.

use std::fmt::Write as _;
use std::time::Duration;

use crate::run::trace::{CallTold, ReconcileTold, Report, human};

/// The whole text.
pub(super) fn of(report: &Report) -> String {
    let place = report.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let mut text = format!("{} {} {place}{}\n", report.api_version, report.kind, report.name);
    if let Some(us) = report.working_micros {
        let _ = writeln!(text, "It is being looked at, for {} by now.", time(us));
    }
    for one in &report.reconciles {
        let _ = writeln!(text, "\n{}, took {}", one.began, time(one.took_micros));
        let queued = if one.queued_millis == 0 { "less than 1 ms".to_owned() } else { time(one.queued_millis * 1000) };
        let _ = writeln!(text, "  queued    {queued}");
        for (name, words) in reconcile(one) {
            let _ = writeln!(text, "  {name:<9} {words}");
        }
    }
    let _ = writeln!(text, "\nThe last {} reconciles of an object are kept.", report.kept);
    text
}

type Lines = Vec<(&'static str, String)>;

fn reconcile(one: &ReconcileTold) -> Lines {
    let mut lines = Lines::new();
    list(&mut lines, "why", one.causes.iter().cloned());
    let module = one.module.as_ref().map(|module| format!("{module} ")).unwrap_or_default();
    lines.push(("module", one.digest.as_ref().map_or("none".to_owned(), |digest| format!("{module}{digest}"))));
    if one.skipped {
        lines.push(("call", "none: nothing that its guest is shown had changed since the last one".to_owned()));
    }
    one.calls.iter().for_each(|one| call(&mut lines, one));
    if let Some(us) = one.stores_micros {
        lines.push(("stores", format!("{} until its children's kinds were recorded and watched", time(us))));
    }
    let width = |of: fn(&crate::run::trace::RequestTold) -> &str| {
        one.requests.iter().map(|request| of(request).chars().count()).max().unwrap_or(0)
    };
    let (verbs, objects, results) = (width(|r| &r.verb), width(|r| &r.object), width(|r| &r.result));
    let requests = one.requests.iter().map(|request| {
        let words = request.words.as_ref().map(|words| format!("  {words}")).unwrap_or_default();
        let (verb, object, result) = (&request.verb, &request.object, &request.result);
        format!("{verb:<verbs$}  {object:<objects$}  {result:<results$}  {}{words}", time(request.took_micros))
    });
    list(&mut lines, "requests", requests);
    list(&mut lines, "changed", one.changes.iter().cloned());
    if one.changes.is_empty() {
        lines.push(("changed", "nothing".to_owned()));
    }
    list(&mut lines, "failed", one.trouble.iter().flat_map(|trouble| trouble.lines().map(str::to_owned)));
    lines.push(("next", one.next.clone()));
    if one.left_out > 0 {
        lines.push(("", format!("and {} more entries, which were not kept", one.left_out)));
    }
    lines
}

/// One line each; the name stands before the first.
fn list(lines: &mut Lines, name: &'static str, all: impl Iterator<Item = String>) {
    lines.extend(all.enumerate().map(|(n, one)| (if n == 0 { name } else { "" }, one)));
}

fn call(lines: &mut Lines, one: &CallTold) {
    let mut words = one.result.lines();
    let took = format!(
        "{} of CPU in {}, {} of memory, {} in, {} out, waited {} for a thread",
        time(one.cpu_micros),
        time(one.took_micros),
        size(one.memory_bytes),
        size(one.input_bytes),
        size(one.output_bytes),
        time(one.queued_micros)
    );
    lines.push(("call", format!("{}; {took}", words.next().unwrap_or_default())));
    lines.extend(words.map(|more| ("", more.to_owned())));
    let reads = one.reads.iter().map(|read| {
        let view = read.view.as_ref().map(|view| format!(" ({view})")).unwrap_or_default();
        let objects = if read.objects == 1 { "object" } else { "objects" };
        let found = if read.objects > 0 {
            format!(", {} {objects}, {}", read.objects, size(read.bytes))
        } else {
            String::new()
        };
        format!("{}{view}: {}{found}", read.read, read.answer)
    });
    list(lines, "read", reads);
}

fn time(micros: u64) -> String {
    human(Duration::from_micros(micros))
}

/// `812 B`, `3.4 KiB`, `1.1 MiB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{}.{} KiB", bytes >> 10, bytes % 1024 * 10 / 1024),
        _ => format!("{}.{} MiB", bytes >> 20, (bytes >> 10) % 1024 * 10 / 1024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!([size(812), size(3_500), size(1_200_000)], ["812 B", "3.4 KiB", "1.1 MiB"]);
        assert_eq!([time(12), time(1_530), time(230_000), time(1_500_000)], ["12 µs", "1.5 ms", "230 ms", "1.5 s"]);
        assert_eq!([time(95_000_000), time(5_400_000_000)], ["1 min 35 s", "1 h 30 min"]);
    }
}
