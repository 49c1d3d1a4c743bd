//! Builds the binaries from published Go modules: one `go build`, with its progress shown.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::binaries::{ASSETS, NAMES};
use crate::component::tail;
use crate::guardian::Guardian;

/// The module that names every binary as a tool. Embedded, so that the crate builds from anywhere.
pub(crate) const GO_MOD: &str = include_str!("../binaries/go.mod");
/// The checksums of everything that the build reads.
pub(crate) const GO_SUM: &str = include_str!("../binaries/go.sum");

/// The Kubernetes version of go.mod: `v1.36.3`.
pub(crate) fn kubernetes_version() -> &'static str {
    GO_MOD
        .lines()
        .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes "))
        .and_then(|rest| rest.split_whitespace().next())
        .expect("binaries/go.mod requires k8s.io/kubernetes")
}

/// The arguments of `go build` that change what comes out.
///
/// The version is stamped in by the linker, as Kubernetes' own build does: without it the API
/// server calls itself v0.0.0 and kubectl stumbles over that.
pub(crate) fn flags() -> Vec<String> {
    let version = kubernetes_version();
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let x = "-X k8s.io/component-base/version";
    vec![
        "-trimpath".to_owned(),
        format!("-ldflags=-s -w {x}.gitVersion={version} {x}.gitMajor={major} {x}.gitMinor={minor}"),
    ]
}

/// Builds every binary into `folder`, and says on standard error what happens and for how long.
pub(crate) fn build(folder: &Path, cache: &Path, missing: &[&str]) -> Result<()> {
    let go = go_version(cache, missing)?;
    eprintln!(
        "control plane: building {} (Kubernetes {}) with {go}, because neither {ASSETS} nor the cache has {}",
        NAMES.join(", "),
        kubernetes_version(),
        missing.join(", "),
    );
    eprintln!("control plane: about five minutes on two cores, once; the result stays in {}", cache.display());

    // The sources go beside the folder that becomes the cache, and vanish with the guardian.
    let sources = tempfile::Builder::new().prefix("innkeeper-go-").tempdir()?.keep();
    let guardian = Guardian::new(&sources)?;
    fs::write(sources.join("go.mod"), GO_MOD)?;
    fs::write(sources.join("go.sum"), GO_SUM)?;
    let log_path = sources.join("log");
    let log = fs::File::create(&log_path)?;
    let mut command = Command::new("go");
    command.arg("build").args(flags()).arg("-o").arg(folder.join("")).arg("tool").current_dir(&sources);
    command.env("CGO_ENABLED", "0").env("GOWORK", "off").env_remove("GOFLAGS");
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let mut child = guardian.spawn(&mut command).context("cannot run go")?;

    let began = Instant::now();
    let mut said = began;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if said.elapsed() >= Duration::from_secs(10) {
            said = Instant::now();
            eprintln!("control plane: still building, {} s so far{}", began.elapsed().as_secs(), linked(folder));
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    if !status.success() {
        bail!(
            "go build of the control plane ended with {status}. Its last words:\n{}\n\
             Fix what it says (modules come from where GOPROXY says), or {}",
            tail(&log_path, 20),
            ways_out(cache)
        );
    }
    // etcd's main package is called server.
    fs::rename(folder.join("server"), folder.join("etcd")).context("the build left no binary called server (etcd)")?;
    fs::write(folder.join("built-with"), format!("{go}\n{}\n", flags().join("\n")))?;
    eprintln!("control plane: built in {} s", began.elapsed().as_secs());
    Ok(())
}

/// Which binaries are linked already, for the progress line.
fn linked(folder: &Path) -> String {
    let names: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .map(|name| if name == "server" { "etcd".to_owned() } else { name })
        .collect();
    if names.is_empty() { String::new() } else { format!("; done: {}", names.join(", ")) }
}

fn go_version(cache: &Path, missing: &[&str]) -> Result<String> {
    match Command::new("go").arg("version").output() {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(output) => bail!("`go version` failed: {}", String::from_utf8_lossy(&output.stderr).trim()),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "the control plane needs {}, and there is no Go to build them. Either install Go (1.26 or newer, go.dev/dl), or {}",
            missing.join(", "),
            ways_out(cache)
        ),
        Err(error) => Err(error).context("cannot run `go version`"),
    }
}

fn ways_out(cache: &Path) -> String {
    format!(
        "set {ASSETS} to a folder that has {}; or copy {} from a machine where it was built \
         (same system and processor); or name a cluster with {}=<kubeconfig>, for the suites that can use one.",
        NAMES.join(", "),
        cache.display(),
        crate::NAMED_CLUSTER,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_of_go_mod() {
        let version = kubernetes_version();
        assert!(version.starts_with("v1."), "{version}");
        assert!(flags()[1].contains(&format!("gitVersion={version}")));
    }
}
