//! A contender's process: started, told, measured and ended, by its id.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use innkeeper_controlplane::Leash;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;

use crate::shares::Shares;

/// How long a process may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(30);
/// Linux tells CPU time in hundredths of a second, on every architecture (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Usage {
    /// CPU time of all its threads, in user and kernel mode, in seconds.
    pub(crate) cpu_s: f64,
    /// The most memory it ever had resident, in MiB.
    pub(crate) peak_mib: f64,
    /// What it has resident now, in MiB.
    pub(crate) resident_mib: f64,
}

/// A process that does not outlive the bench, however that ends.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    log: PathBuf,
    _leash: Leash,
}

impl Process {
    /// Starts it; what it says goes to the log.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::piped()).stdout(file.try_clone()?).stderr(file);
        let leash = Leash::new().context("cannot start /bin/sh, which ends what the bench started")?;
        let mut child = leash.spawn(&mut command).with_context(|| format!("cannot start {command:?}"))?;
        let stdin = child.stdin.take();
        Ok(Self { child, stdin, log: log.to_owned(), _leash: leash })
    }

    /// Tells it something, a line.
    pub(crate) fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("its input is closed")?;
        Ok(writeln!(stdin, "{line}")?)
    }

    /// What it has used so far. Fails if it has ended by itself.
    pub(crate) fn usage(&mut self) -> Result<Usage> {
        self.check()?;
        let folder = PathBuf::from(format!("/proc/{}", self.child.id()));
        let stat = fs::read_to_string(folder.join("stat"))?;
        let status = fs::read_to_string(folder.join("status"))?;
        usage(&stat, &status).with_context(|| format!("{} makes no sense", folder.display()))
    }

    /// Its memory beside that of others.
    pub(crate) fn shares(&mut self) -> Result<Shares> {
        self.check()?;
        Shares::of(self.child.id())
    }

    /// Fails with its last words if it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        bail!("it ended with {status}. {}", self.last_words())
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(15)..];
        format!("The end of what it said:\n  {}", last.join("\n  "))
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn stop(mut self) -> Result<()> {
        drop(self.stdin.take());
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // It may have ended by itself; then there is nobody to ask.
            let _ = kill_process(pid, Signal::TERM);
        }
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > PATIENCE {
                bail!("it does not end. {}", self.last_words());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads `/proc/PID/stat` and `/proc/PID/status` (proc(5)).
fn usage(stat: &str, status: &str) -> Option<Usage> {
    // The second field is the program's name in parentheses, which may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    let mib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
    };
    let cpu_s = (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND;
    Some(Usage { cpu_s, peak_mib: mib("VmHWM:")?, resident_mib: mib("VmRSS:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_and_memory_are_read_as_linux_tells_them() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 7 7 20 0 4 0 100 1000 200";
        let status = "Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        let usage = usage(stat, status).expect("it is well formed");
        assert_eq!((usage.cpu_s, usage.peak_mib, usage.resident_mib), (3.0, 20.0, 10.0));
        assert!(super::usage("42", status).is_none());
    }
}
