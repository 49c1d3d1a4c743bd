//! Tables of what was measured within one process, and of what grows with the number of objects.

use std::fmt::Write as _;

use crate::figures::{Inside, Report, Scaled, Wasm};
use crate::statistics::Spread;

/// What there is of it.
pub(crate) fn text(text: &mut String, report: &Report) {
    if let Some(wasm) = &report.wasm {
        of_wasm(text, wasm);
    }
    if let Some(inside) = &report.inside {
        of_inside(text, inside);
    }
    if !report.scale.is_empty() {
        of_scale(text, &report.scale);
    }
}

fn of_wasm(text: &mut String, wasm: &Wasm) {
    let _ = writeln!(text, "### One call of the guest, with an object of {} bytes\n", wasm.object_bytes);
    let _ = writeln!(text, "| | p50, µs | p99, µs | × native (p50) |\n|---|---|---|---|");
    let rows = [
        ("instantiate", wasm.instantiate),
        ("call in a fresh instance, as the host makes it", wasm.fresh),
        ("second call in the same instance", wasm.second),
        ("the same function native", wasm.native),
    ];
    for (title, Spread { p50, p99, .. }) in rows {
        let _ = writeln!(text, "| {title} | {p50:.0} | {p99:.0} | {:.2} |", p50 / wasm.native.p50);
    }
    let _ = writeln!(text);
}

fn of_inside(text: &mut String, inside: &Inside) {
    let Inside { objects, noop_us, called_us, same_us, woken_us, requests } = inside;
    let _ = writeln!(text, "### The host's own time for an object of which nothing has to change, of {objects}\n");
    let _ = writeln!(text, "| | µs |\n|---|---|\n| the first look at it after a start (mean) | {noop_us:.1} |");
    let _ = writeln!(text, "| beside it, the guest's call (mean) | {called_us:.1} |");
    let _ = writeln!(
        text,
        "| its guest is called for a change, and answers what it had answered: p50 | {:.1} |",
        same_us.p50
    );
    let _ = writeln!(text, "| the same: p99 | {:.1} |", same_us.p99);
    let _ = writeln!(text, "| it changed in a way that no guest sees: p50 | {:.1} |", woken_us.p50);
    let _ = writeln!(text, "| the same: p99 | {:.1} |\n", woken_us.p99);
    let _ = writeln!(text, "Requests about objects and children: {}.\n", requests.len());
}

fn of_scale(text: &mut String, all: &[Scaled]) {
    let _ = writeln!(text, "### What grows with the number of objects\n");
    let _ = writeln!(
        text,
        "| objects × 4 children | host: CPU for a changed object, ms | host: resident (peak), MiB | kube-rs with the same kinds in stores: resident, MiB |\n|---|---|---|---|"
    );
    for Scaled { objects, changed, host_cpu_s, host_mib, host_peak_mib, kube_rs_mib } in all {
        #[expect(clippy::cast_precision_loss, reason = "no run has so many objects")]
        let ms = host_cpu_s * 1000.0 / *changed as f64;
        let _ = writeln!(text, "| {objects} | {ms:.2} | {host_mib:.0} ({host_peak_mib:.0}) | {kube_rs_mib:.0} |");
    }
    let _ = writeln!(text);
}
