//! `innkeeper test` and its sisters as a person runs them, without a cluster: what they say of what is wrong, and that
//! they end as they should.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

mod looking;
mod stopping;
mod wrong;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use innkeeper_suites::binary;

/// A folder with scenario files.
struct Scenarios {
    folder: tempfile::TempDir,
}

impl Scenarios {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("scenarios")).unwrap();
        Self { folder }
    }

    fn with(self, name: &str, text: &str) -> Self {
        std::fs::write(self.file(name), text).unwrap();
        self
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("scenarios").join(name)
    }

    /// `innkeeper test`, ready to be run.
    fn command(&self, module: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(self.folder.path()).arg("test").arg("--module").arg(module).args(more).stdin(Stdio::null());
        command
    }

    /// Its exit code and what it printed.
    fn tested(&self, module: &Path, more: &[&str]) -> (Option<i32>, String) {
        said(self.command(module, more))
    }
}

/// Runs a command to its end: the exit code, and all that it said.
fn said(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().expect("innkeeper can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

/// A module, as `make guests test-guests` builds it.
fn built(name: &str) -> PathBuf {
    let file = binary().ancestors().nth(2).unwrap().join(name);
    assert!(file.is_file(), "{} is not built: make guests test-guests", file.display());
    file
}

fn custom_http() -> PathBuf {
    built("guests/custom-http.wasm")
}

/// One that passes.
const GOOD: &str = "\
scenario: the Deployment follows replicaCount
given:
- apiVersion: groupsp.measutosh.dev/v1
  kind: KindCustomHttp
  metadata: {name: web}
  spec: {replicaCount: 2, port: 80}
steps:
- when: {patch: KindCustomHttp/web, with: {spec: {replicaCount: 3}}}
  then:
    objects:
      Deployment/web: {spec: {replicas: 3}}
";

/// One whose object has the guest for tests do something.
fn hostile(misdeed: &str) -> String {
    format!(
        "scenario: '{misdeed}'\ngiven:\n- {{apiVersion: test.innkeeper.dev/v1, kind: Hostile, metadata: {{name: a}}, spec: {misdeed}}}\n\
         steps:\n- then:\n    conditions: {{Hostile/a: {{Ready: True}}}}\n"
    )
}
