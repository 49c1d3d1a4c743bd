//! Nothing outlives us: two small shells that clean up when this process is gone, however it went.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

/// Waits for the end of its input, then kills its process group, itself included.
const ANCHOR: &str = "cat >/dev/null; kill -KILL 0";

/// Waits for the end of its input, then removes a folder, unless told to keep it. It tries again for
/// a while, because the processes that write there may still be dying.
const SWEEPER: &str = r#"
IFS= read -r word
[ "$word" = keep ] && exit 0
tries=0
while [ -e "$1" ] && [ $tries -lt 100 ]; do
    rm -rf -- "$1" 2>/dev/null
    [ -e "$1" ] && sleep 0.1
    tries=$((tries + 1))
done"#;

/// Owns a process group and a folder; both are gone when it is dropped or when its process ends.
///
/// How it holds: both shells read from pipes whose other ends only this process has. The kernel
/// closes those when the process ends, by a return, a panic, a signal or `kill -9`. Children enter
/// the anchor's process group before they run, so there is no moment in which one is not covered.
/// The group is not the terminal's, so Ctrl-C reaches only this process.
///
/// Why not `PR_SET_PDEATHSIG`: it is tied to the thread that spawned (test threads end early), is
/// Linux only and needs unsafe code.
#[derive(Debug)]
pub(crate) struct Guardian {
    anchor: Child,
    sweeper: Child,
}

impl Guardian {
    /// Guards `folder`, which must exist, and a new, empty process group.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let anchor = shell(ANCHOR, folder)?;
        let sweeper = shell(SWEEPER, folder)?;
        Ok(Self { anchor, sweeper })
    }

    /// Starts a process that will not outlive this guardian.
    pub(crate) fn spawn(&self, command: &mut Command) -> std::io::Result<Child> {
        self.adopt(command).spawn()
    }

    /// Makes what `command` will start a member of the guarded group.
    pub(crate) fn adopt<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.process_group(self.anchor.id().cast_signed())
    }

    /// The folder stays after the end, for a person to look into.
    pub(crate) fn keep_folder(&mut self) {
        if let Some(stdin) = self.sweeper.stdin.as_mut() {
            // If the sweeper is gone, nobody removes the folder, which is what is wanted.
            let _ = writeln!(stdin, "keep");
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        // The anchor is our child and not yet waited for, so its number cannot be someone else's.
        if let Some(group) = Pid::from_raw(self.anchor.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.anchor.wait();
        drop(self.sweeper.stdin.take());
        let _ = self.sweeper.wait();
    }
}

fn shell(script: &str, folder: &Path) -> Result<Child> {
    Command::new("/bin/sh")
        .args(["-c", script, "innkeeper-guardian"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("cannot start /bin/sh, which cleans up after the control plane")
}
