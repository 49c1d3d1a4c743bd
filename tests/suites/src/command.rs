//! The host's other commands, run to their end as a person runs them.

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
}
