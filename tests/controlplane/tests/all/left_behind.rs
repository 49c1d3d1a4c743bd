//! Nothing stays behind, however the process that started it ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::eventually;

/// The command lines of all processes that name this folder.
pub(crate) fn processes_of(folder: &Path) -> Vec<String> {
    let output = Command::new("ps").args(["-A", "-o", "args="]).output().unwrap();
    let folder = folder.display().to_string();
    String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.contains(&folder)).map(str::to_owned).collect()
}

/// Starts the command in a process of its own, and answers its folder when it is ready.
fn start(arguments: &[&str]) -> (Child, PathBuf) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innkeeper-controlplane"));
    command.arg("run").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let kubeconfig = PathBuf::from(line.trim().strip_prefix("export KUBECONFIG=").unwrap());
    (child, kubeconfig.ancestors().nth(2).unwrap().to_owned())
}

fn nothing_is_left_of(folder: &Path) {
    eventually("no process and no folder is left", || processes_of(folder).is_empty() && !folder.exists());
}

#[test]
fn nothing_is_left_after_kill_9() {
    let (mut child, folder) = start(&[]);
    for component in ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"] {
        let running = processes_of(&folder);
        assert!(running.iter().any(|line| line.contains(component)), "{component} runs: {running:#?}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    nothing_is_left_of(&folder);
}

#[test]
fn nothing_is_left_after_kill_9_during_the_start() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innkeeper-controlplane"));
    // A folder for temporary files of its own tells which processes are meant.
    let temporary = tempfile::tempdir().unwrap();
    command.arg("run").env("TMPDIR", temporary.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let api_server_runs = || processes_of(temporary.path()).iter().any(|line| line.contains("kube-apiserver"));
    eventually("the API server is starting", api_server_runs);
    child.kill().unwrap();
    child.wait().unwrap();
    let empty = || std::fs::read_dir(temporary.path()).unwrap().next().is_none();
    eventually("no process and no folder is left", || processes_of(temporary.path()).is_empty() && empty());
}

#[test]
fn nothing_is_left_after_ctrl_c() {
    let (mut child, folder) = start(&["--api-server-only"]);
    let interrupted = Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap();
    assert!(interrupted.success());
    assert!(child.wait().unwrap().success());
    nothing_is_left_of(&folder);
}

#[test]
fn it_ends_with_its_standard_input_when_asked_to() {
    let (mut child, folder) = start(&["--api-server-only", "--until-stdin-closes"]);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    nothing_is_left_of(&folder);
}
