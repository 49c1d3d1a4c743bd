//! The contenders: what each is called, and how its process is started.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::options::{Options, Who};
use crate::process::Process;
use crate::stage::{COMPILED, Stage};

/// One contender, with the means to start it again and again.
pub(crate) struct Contender {
    pub(crate) who: Who,
    /// As whom it asks the API server.
    pub(crate) user: &'static str,
    kubeconfig: PathBuf,
    folder: PathBuf,
    host: PathBuf,
    concurrency: usize,
    reflect: bool,
}

impl Who {
    /// What it is called in tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Raw => "raw writer",
            Self::Burdened => "raw writer, watching",
            Self::Innkeeper => "innkeeper",
            Self::KubeRs => "kube-rs",
        }
    }

    /// Whether it does by itself what the objects ask for.
    pub(crate) fn is_controller(self) -> bool {
        !matches!(self, Self::Raw | Self::Burdened)
    }

    fn user(self) -> &'static str {
        match self {
            Self::Raw => "bench-raw",
            Self::Burdened => "bench-burdened",
            Self::Innkeeper => "bench-innkeeper",
            Self::KubeRs => "bench-kube-rs",
        }
    }
}

impl Contender {
    pub(crate) fn new(who: Who, stage: &Stage, options: &Options, concurrency: usize) -> Result<Self> {
        Ok(Self {
            who,
            user: who.user(),
            kubeconfig: stage.user(who.user())?,
            folder: stage.folder.path().to_owned(),
            host: options.host()?,
            concurrency,
            reflect: false,
        })
    }

    /// The kube-rs controller with every object in stores, which applies nothing.
    pub(crate) fn reflecting(self) -> Self {
        Self { reflect: true, ..self }
    }

    /// Starts its process.
    pub(crate) fn start(&self) -> Result<Process> {
        let command = match self.who {
            Who::Raw | Who::Burdened => self.own("raw")?,
            Who::KubeRs => self.own("kube-rs")?,
            Who::Innkeeper => self.host(&free_address()?, &free_address()?),
        };
        self.run(command)
    }

    /// Starts the host, which tells of its health and of its figures at these addresses.
    pub(crate) fn start_at(&self, health: &str, metrics: &str) -> Result<Process> {
        self.run(self.host(health, metrics))
    }

    /// The folder of modules that the host watches.
    pub(crate) fn modules(&self) -> PathBuf {
        self.folder.join("modules")
    }

    fn run(&self, command: Command) -> Result<Process> {
        Process::start(command, &self.folder.join(format!("{}.log", self.user)))
    }

    /// A subcommand of this program.
    fn own(&self, name: &str) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(name).arg("--kubeconfig").arg(&self.kubeconfig);
        command.arg("--concurrency").arg(self.concurrency.to_string());
        if self.who == Who::Burdened {
            command.arg("--burdened");
        }
        if self.reflect {
            command.arg("--reflect");
        }
        Ok(command)
    }

    /// The host as people run it, with its own defaults.
    fn host(&self, health: &str, metrics: &str) -> Command {
        let mut command = Command::new(&self.host);
        command.arg("run").arg("--modules").arg(self.modules());
        command.arg("--cache").arg(self.folder.join(COMPILED)).arg("--kubeconfig").arg(&self.kubeconfig);
        command.args(["--health", health, "--metrics", metrics, "--log-format", "text"]);
        // A line for each object would be work that no other contender does.
        command.env_remove("KUBECONFIG").env("RUST_LOG", "warn");
        command
    }
}

/// An address on loopback on which nobody listens now.
pub(crate) fn free_address() -> Result<String> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.to_string())
}
