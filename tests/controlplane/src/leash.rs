//! Nothing outlives a test or a bench: a process group that ends when this process ends, however it ends.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// Waits for the end of its input, then ends its process group, itself included.
const ANCHOR: &str = "cat >/dev/null; kill -KILL 0";

/// Holds one process. The other end of the anchor's input is ours alone: the kernel closes it when this
/// process returns, panics or is killed.
#[derive(Debug)]
pub struct Leash {
    anchor: Child,
}

impl Leash {
    /// A leash that holds nothing yet.
    ///
    /// # Errors
    /// When /bin/sh cannot be started.
    pub fn new() -> std::io::Result<Self> {
        let anchor = Command::new("/bin/sh")
            .args(["-c", ANCHOR])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self { anchor })
    }

    /// Starts a process on this leash.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&self, command: &mut Command) -> std::io::Result<Child> {
        command.process_group(self.anchor.id().cast_signed()).spawn()
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // Its child was waited for already by whoever started it; only the anchor is left.
        let _ = self.anchor.kill();
        let _ = self.anchor.wait();
    }
}
