//! The figures of swaps and plans for people, in Markdown.

use std::fmt::Write as _;

use super::Report;
use crate::statistics::Spread;

pub(super) fn text(report: &Report) -> String {
    let Report { machine, command, build, module_kib, quick, back, load, plan } = report;
    let mut text = format!("`{command}`: {machine}; {build} build; a module of {module_kib:.0} KiB.\n\n");
    text += "| | middle (least – most) | aim |\n|---|---|---|\n";
    let loaded = shown(quick.loaded);
    let _ = writeln!(text, "| swap, the module served a moment ago: file to first call, ms | {loaded} | |");
    let compiled = shown(quick.compiled);
    let _ = writeln!(text, "| swap, what was compiled is kept: file to first call, ms | {compiled} | ≤ 10 |");
    let _ = writeln!(text, "| cold load: file to first call, ms | {} | ≤ 1000 a MB |", shown(quick.cold));
    let (at_once, later) = (shown(back.at_once), shown(back.later));
    let _ = writeln!(text, "| rollback right after a swap: write to first call, ms | {at_once} | ≤ 10 |");
    let _ =
        writeln!(text, "| rollback to a module whose code was put away: write to first call, ms | {later} | ≤ 10 |");
    let rate = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / load.seconds;
    let _ = writeln!(
        text,
        "| {} swaps of modules that decide differently, {} objects, {} changes ({:.0}/s), {} calls: calls that failed | {} | 0 |",
        load.swaps,
        load.objects,
        load.changes,
        rate(load.changes),
        load.calls,
        load.failed
    );
    let _ = writeln!(text, "| the same: objects whose last change was lost | {} | 0 |", load.lost);
    if let Some(plan) = plan {
        let (objects, changed) = (plan.objects, plan.changed);
        let planning = shown(plan.planning_ms);
        let _ = writeln!(
            text,
            "| plan, {objects} objects of which {changed} change, from filled stores, ms | {planning} | ≤ 2000 |"
        );
        let _ = writeln!(text, "| the same: until the stores were filled, ms | {} | |", shown(plan.filling_ms));
        let _ = writeln!(text, "| the same: writes by the audit log | {} | 0 |", plan.writes);
    }
    text
}

fn shown(Spread { min, p50, max, .. }: Spread) -> String {
    format!("{p50:.0} ({min:.0} – {max:.0})")
}
