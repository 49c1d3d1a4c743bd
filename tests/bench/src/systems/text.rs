//! Tables of what was measured of whole systems.

use std::fmt::Write as _;

use super::Report;
use super::calls::Guest;
use super::crowd::Crowd;
use super::sites::Switched;
use crate::shares::Shares;

/// What there is of it.
pub(super) fn of(report: &Report) -> String {
    let Report { machine, command, build, calls, sites, kinds } = report;
    let mut text = format!("`{command}`: {machine}; {build} build.\n\n");
    if !calls.is_empty() {
        of_calls(&mut text, calls);
    }
    if !sites.is_empty() {
        of_sites(&mut text, sites);
    }
    if let Some(kinds) = kinds {
        of_kinds(&mut text, kinds);
    }
    text
}

fn of_calls(text: &mut String, all: &[Guest]) {
    let _ = writeln!(
        text,
        "| guest | wasm, KiB | asked with, bytes | call: p50, µs | p99, µs | CPU: p50, µs | p99, µs |\n\
         |---|---|---|---|---|---|---|"
    );
    for Guest { name, wasm_bytes, given_bytes, call, cpu } in all {
        let (p50, p99, cpu_p50, cpu_p99) = (call.p50, call.p99, cpu.p50, cpu.p99);
        let kib = wasm_bytes / 1024;
        let _ =
            writeln!(text, "| {name} | {kib} | {given_bytes} | {p50:.0} | {p99:.0} | {cpu_p50:.0} | {cpu_p99:.0} |");
    }
    let _ = writeln!(text);
}

fn of_sites(text: &mut String, all: &[Switched]) {
    let _ = writeln!(
        text,
        "| sites × 10 sources | one is switched off: its sources looked at | others' | looks in all |\n|---|---|---|---|"
    );
    for Switched { sites, own, others, looks, .. } in all {
        let _ = writeln!(text, "| {sites} | {own} | {others} | {looks} |");
    }
    let _ = writeln!(text);
}

fn of_kinds(text: &mut String, crowd: &Crowd) {
    let Crowd { kinds, module_bytes, host, host_age_s, operators } = crowd;
    let sum = Shares::sum(operators);
    let _ = writeln!(
        text,
        "{kinds} kinds, each with a module of {} KiB, {host_age_s:.0} s after the first of them was changed:\n\n\
         | | host, MiB | {} operators, MiB | host of operators |\n|---|---|---|---|",
        module_bytes / 1024,
        operators.len()
    );
    for (what, host, operators) in [
        ("each operator a program of its own", host.alone, sum.alone),
        ("all operators one program, which they share", host.as_it_runs, sum.as_it_runs),
    ] {
        let _ = writeln!(text, "| {what} | {host:.1} | {operators:.1} | {:.1} % |", host / operators * 100.0);
    }
}
