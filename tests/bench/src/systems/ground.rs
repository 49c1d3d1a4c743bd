//! Where hosts of whole systems are measured: a control plane of our own, without controllers, and a folder of modules.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use innkeeper_controlplane::{ControlPlane, Options as ControlOptions};
use kube::Client;
use tempfile::TempDir;

use crate::process::Process;
use crate::stage;

/// Where all objects are.
pub(super) const NAMESPACE: &str = "bench";
/// How long anything may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(900);

const RECONCILERS: &str = include_str!("../../../../crds/reconcilers.innkeeper.dev.yaml");
/// Without controllers nobody makes it, and no Pod is admitted without it.
const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: bench}\n";

pub(super) struct Ground {
    pub(super) client: Client,
    folder: TempDir,
    // Last: it ends when everything that uses it has.
    control: ControlPlane,
}

/// A host that runs.
pub(super) struct Host {
    pub(super) process: Process,
    health: SocketAddr,
}

impl Ground {
    /// A control plane with these CRDs.
    pub(super) async fn with(crds: &[String]) -> Result<Self> {
        let control = ControlPlane::start_with(&ControlOptions::api_server_only())?;
        control.kubectl_apply(RECONCILERS)?;
        control.kubectl_apply(&crds.join("\n---\n"))?;
        control.run(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"])?;
        for namespace in [NAMESPACE, "innkeeper"] {
            control.run(&["create", "namespace", namespace])?;
        }
        control.kubectl_apply(ACCOUNT)?;
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("modules"))?;
        let client = stage::client(control.user("bench", &["system:masters"])?.kubeconfig()).await?;
        Ok(Self { client, folder, control })
    }

    /// A kubeconfig for a user of that name, who may do everything.
    pub(super) fn user(&self, name: &str) -> Result<PathBuf> {
        Ok(self.control.user(name, &["system:masters"])?.kubeconfig().to_owned())
    }

    /// Where a process writes its log.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    /// Starts a host with these modules, and waits until it is ready.
    pub(super) async fn host(&self, program: &Path, modules: &[(String, Vec<u8>)]) -> Result<Host> {
        let folder = self.folder.path().join("modules");
        for (name, bytes) in modules {
            std::fs::write(folder.join(format!("{name}.wasm")), bytes)?;
        }
        let (health, metrics) = (free_address()?, free_address()?);
        let mut command = Command::new(program);
        command.arg("run").arg("--modules").arg(folder).arg("--cache").arg(self.folder.path().join(stage::COMPILED));
        command.arg("--kubeconfig").arg(self.user("bench-innkeeper")?);
        command.args(["--health", &health.to_string(), "--metrics", &metrics.to_string(), "--log-format", "text"]);
        command.env_remove("KUBECONFIG").env("RUST_LOG", "warn");
        let process = Process::start(command, &self.log("host"))?;
        let mut host = Host { process, health };
        let began = Instant::now();
        while !host.ask("/readyz").is_ok_and(|(status, _)| status == 200) {
            host.process.check()?;
            ensure!(began.elapsed() < PATIENCE, "the host is not ready. {}", host.process.last_words());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(host)
    }
}

impl Host {
    /// When an object was looked at lately, as the host's trace tells; nothing where it remembers nothing.
    pub(super) fn looked_at(&self, kind: &str, name: &str) -> Result<Vec<String>> {
        let (status, text) = self.ask(&format!("/traces/{kind}/{name}?namespace={NAMESPACE}"))?;
        match status {
            200 => {
                let report: serde_json::Value = serde_json::from_str(&text)?;
                let all = report["reconciles"].as_array().context("a trace has reconciles")?;
                Ok(all.iter().map(|one| one["began"].to_string()).collect())
            }
            404 => Ok(Vec::new()),
            other => bail!("the trace of {kind} {name} is answered with {other}: {text}"),
        }
    }

    fn ask(&self, path: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.health, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\nConnection: close\r\n\r\n", self.health)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("that is no HTTP")?;
        let status = head.split(' ').nth(1).context("an answer has a status")?.parse()?;
        Ok((status, body.to_owned()))
    }
}

/// Waits until it is so.
pub(super) async fn until<F: Future<Output = Result<bool>>>(what: &str, mut is_so: impl FnMut() -> F) -> Result<()> {
    let began = Instant::now();
    while !is_so().await? {
        ensure!(began.elapsed() < PATIENCE, "not so after {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
