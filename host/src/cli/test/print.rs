//! What came of scenarios, in words and as JUnit XML.

use std::fmt::Write as _;

use std::time::Duration;

use super::cases::{Came, Case};

/// For people: a line each, then what failed, then the sum.
pub(super) fn table(cases: &[Case], took: Duration, coloured: bool) -> String {
    let paint =
        |text: &str, colour: u8| if coloured { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() };
    let (red, green) = (31, 32);
    let mut out = String::new();
    for case in cases {
        let word = match case.result {
            Came::Passed => paint("ok  ", green),
            Came::Failed => paint("FAIL", red),
            Came::Wrong => paint("BAD ", red),
        };
        let _ = writeln!(out, "{word}  {}  {} ({} ms)", case.file.display(), case.scenario, case.took);
    }
    for case in cases.iter().filter(|case| case.result != Came::Passed) {
        for why in &case.why {
            let _ = writeln!(out, "\n{}:{}: {}", case.file.display(), why.line, case.scenario);
            for line in &why.text {
                let colour = if line.starts_with("- ") { red } else { green };
                let line =
                    if line.starts_with("- ") || line.starts_with("+ ") { paint(line, colour) } else { line.clone() };
                let _ = writeln!(out, "  {line}");
            }
        }
        if !case.happened.is_empty() {
            out.push_str("  in this step:\n");
            out.extend(case.happened.iter().map(|line| format!("    {line}\n")));
        }
    }
    if cases.iter().any(|case| case.result == Came::Failed) {
        let _ = writeln!(out, "\n(- expected, + found)");
    }
    let mut unchecked: Vec<&String> = cases.iter().flat_map(|case| &case.unchecked).collect();
    unchecked.sort();
    unchecked.dedup();
    out.extend(unchecked.iter().map(|what| format!("note: {what}\n")));
    let count = |result| cases.iter().filter(|case| case.result == result).count();
    let bad = count(Came::Wrong);
    let bad = if bad > 0 { format!(", {bad} that make no sense") } else { String::new() };
    let _ = writeln!(
        out,
        "\n{} passed, {} failed{bad} ({} ms)",
        count(Came::Passed),
        count(Came::Failed),
        took.as_millis()
    );
    out
}

/// As CI systems read it.
pub(super) fn junit(cases: &[Case], took: Duration) -> String {
    let failures = cases.iter().filter(|case| case.result == Came::Failed).count();
    let errors = cases.iter().filter(|case| case.result == Came::Wrong).count();
    let seconds = |ms: u128| format!("{}.{:03}", ms / 1000, ms % 1000);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"innkeeper\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{}\">\n",
        cases.len(),
        seconds(took.as_millis())
    );
    for case in cases {
        let (file, name) = (escaped(&case.file.to_string_lossy()), escaped(&case.scenario));
        let _ = write!(out, "  <testcase classname=\"{file}\" name=\"{name}\" time=\"{}\"", seconds(case.took.into()));
        if case.result == Came::Passed {
            out.push_str("/>\n");
            continue;
        }
        let tag = if case.result == Came::Failed { "failure" } else { "error" };
        let first = case
            .why
            .first()
            .map(|why| format!("line {}: {}", why.line, why.text.first().map(String::as_str).unwrap_or_default()));
        let _ = writeln!(out, ">\n    <{tag} message=\"{}\">", escaped(&first.unwrap_or_default()));
        for why in &case.why {
            out.extend(why.text.iter().map(|line| format!("{file}:{}: {}\n", why.line, escaped(line))));
        }
        out.extend(case.happened.iter().map(|line| escaped(line) + "\n"));
        let _ = writeln!(out, "    </{tag}>\n  </testcase>");
    }
    out + "</testsuite>\n"
}

fn escaped(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
