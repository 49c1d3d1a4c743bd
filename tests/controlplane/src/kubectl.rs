//! kubectl, run to its end, with what it said in the error.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs kubectl and answers what it printed.
pub(crate) fn run(command: Command, arguments: &[&str]) -> Result<String> {
    finish(command, arguments, None)
}

/// The same with something to read.
pub(crate) fn run_with_input(command: Command, arguments: &[&str], input: &str) -> Result<String> {
    finish(command, arguments, Some(input))
}

fn finish(mut command: Command, arguments: &[&str], input: Option<&str>) -> Result<String> {
    command.args(arguments).stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let what = format!("kubectl {}", arguments.join(" "));
    let mut child = command.spawn().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if let (Some(mut stdin), Some(text)) = (child.stdin.take(), input) {
        // kubectl reads all before it answers. When it ended early, its own error says more than ours.
        let _ = stdin.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().with_context(|| format!("cannot wait for {what}"))?;
    if !output.status.success() {
        bail!("{what} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
