//! The host's other commands, run to their end as a person runs them.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::host::binary;
use crate::house::House;

impl House {
    /// Runs `innkeeper` with these arguments on the house's cluster; it must succeed. Returns what it printed.
    pub fn innkeeper(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(binary());
        command.args(arguments).arg("--kubeconfig").arg(self.host_kubeconfig());
        let output = command.env_remove("KUBECONFIG").stdin(Stdio::null()).output().expect("innkeeper can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "innkeeper {}: {}", arguments.join(" "), text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs `innkeeper` with these arguments as the user of that kubeconfig: its exit code, what it printed, and what it
    /// complained of.
    pub fn innkeeper_as(&self, kubeconfig: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(binary());
        command.args(arguments).arg("--kubeconfig").arg(kubeconfig).env_remove("KUBECONFIG");
        let output = command.stdin(Stdio::null()).output().expect("innkeeper can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// Runs `innkeeper trace` on the house's host: its exit code, what it printed, and what it complained of.
    pub fn trace(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let host = format!("http://{}", self.host().health());
        trace_at(&host, &[&["--namespace", self.namespace()], arguments].concat())
    }
}

/// The same on any host.
pub fn trace_at(host: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(binary());
    command.args(["trace", "--host", host]).args(arguments).stdin(Stdio::null());
    let output = command.output().expect("innkeeper can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}
