//! Where everything happens: a control plane of our own with the kinds in it, and the ways to it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use innkeeper_controlplane::{Audit, ControlPlane, Options as ControlOptions};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tempfile::TempDir;

use crate::options::Options;

/// The kinds: that of the guest, and the host's own.
const CRDS: [&str; 2] = [
    include_str!("../../guests/crds/fleets.test.innkeeper.dev.yaml"),
    include_str!("../../../crds/reconcilers.innkeeper.dev.yaml"),
];
/// Where all objects are.
pub(crate) const NAMESPACE: &str = "bench";

/// The folder in which hosts keep what was compiled.
pub(crate) const COMPILED: &str = "compiled";

/// A control plane with the kinds in it.
pub(crate) struct Stage {
    /// The bench itself, as a user of its own.
    pub(crate) client: Client,
    pub(crate) audit: Audit,
    /// Logs of contenders, the host's cache of compiled modules, its folder of modules.
    pub(crate) folder: TempDir,
    // Last: it ends when everything that uses it has.
    control: ControlPlane,
}

impl Stage {
    /// Starts it.
    pub(crate) async fn set(options: &Options) -> Result<Self> {
        let wanted = if options.controllers { ControlOptions::default() } else { ControlOptions::api_server_only() };
        let control = ControlPlane::start_with(&wanted)?;
        for crd in CRDS {
            control.kubectl_apply(crd)?;
        }
        control.run(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"])?;
        control.run(&["create", "namespace", NAMESPACE])?;
        // Where the host keeps its module.
        control.run(&["create", "namespace", "innkeeper"])?;
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("modules"))?;
        std::fs::copy(options.guest()?, folder.path().join("modules/fleet.wasm"))?;
        let user = control.user("bench", &["system:masters"])?;
        let client = client(user.kubeconfig()).await?;
        Ok(Self { client, audit: control.audit()?, folder, control })
    }

    /// Where hosts keep what was compiled.
    pub(crate) fn compiled(&self) -> PathBuf {
        self.folder.path().join(COMPILED)
    }

    /// What kubectl says, as the one who may do everything.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.control.run(arguments)
    }

    /// A kubeconfig for a user of that name, who may do everything.
    pub(crate) fn user(&self, name: &str) -> Result<PathBuf> {
        Ok(self.control.user(name, &["system:masters"])?.kubeconfig().to_owned())
    }
}

/// A client of a kubeconfig's cluster.
pub(crate) async fn client(kubeconfig: &Path) -> Result<Client> {
    let read = Kubeconfig::read_from(kubeconfig).with_context(|| format!("cannot read {}", kubeconfig.display()))?;
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}
