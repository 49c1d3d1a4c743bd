//! The handle that suites hold: a control plane of our own, or a cluster the user names.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::audit::Audit;
use crate::binaries::Binaries;
use crate::kubeconfig::User;
use crate::kubectl;
use crate::options::Options;
use crate::own::Own;
use crate::proxy::Proxy;

/// The environment variable with the kubeconfig of a cluster that suites should use instead of a
/// control plane of their own.
pub const NAMED_CLUSTER: &str = "INNKEEPER_TEST_KUBECONFIG";

/// An API server to test against. Dropping it stops what it started and removes its folder.
///
/// It can be put into a `static` for all tests of a binary, though statics are never dropped:
/// what it started ends with the process, whichever way that ends.
pub struct ControlPlane {
    cluster: Cluster,
    users_made: AtomicUsize,
}

enum Cluster {
    Own(Box<Own>),
    Named { kubeconfig: PathBuf, binaries: Box<Binaries> },
}

impl ControlPlane {
    /// Starts a whole cluster with one Node: ready in a few seconds, once the binaries are there.
    ///
    /// # Errors
    /// When binaries are missing and cannot be built, or a component does not start: with the end of
    /// its log, and the folder with all logs kept.
    pub fn start() -> Result<Self> {
        Self::start_with(&Options::default())
    }

    /// Starts what `options` say.
    ///
    /// # Errors
    /// As [`ControlPlane::start`].
    pub fn start_with(options: &Options) -> Result<Self> {
        Ok(Self { cluster: Cluster::Own(Box::new(Own::start(options)?)), users_made: AtomicUsize::new(0) })
    }

    /// Uses the cluster of `INNKEEPER_TEST_KUBECONFIG` when that is set, else starts one.
    ///
    /// # Errors
    /// As [`ControlPlane::start`]; and when the named cluster does not answer.
    pub fn start_or_named(options: &Options) -> Result<Self> {
        match std::env::var_os(NAMED_CLUSTER).filter(|value| !value.is_empty()) {
            Some(path) => Self::named(Path::new(&path)),
            None => Self::start_with(options),
        }
    }

    /// Uses the cluster of a kubeconfig. Nothing is started, and nothing is stopped.
    ///
    /// # Errors
    /// When the file cannot be read or its cluster does not answer.
    pub fn named(kubeconfig: &Path) -> Result<Self> {
        let kubeconfig = kubeconfig
            .canonicalize()
            .with_context(|| format!("cannot read {} (from {NAMED_CLUSTER})", kubeconfig.display()))?;
        let binaries = Box::new(Binaries::ensure_only(&["kubectl"])?);
        let named = Self { cluster: Cluster::Named { kubeconfig, binaries }, users_made: AtomicUsize::new(0) };
        named.run(&["get", "--raw=/readyz"]).with_context(|| {
            format!("the cluster of {} does not answer; check {NAMED_CLUSTER}", named.kubeconfig().display())
        })?;
        Ok(named)
    }

    /// Whether this is a cluster that the user named. Tests that need the audit log, users, a proxy
    /// or restarts cannot run there.
    #[must_use]
    pub fn is_named(&self) -> bool {
        matches!(self.cluster, Cluster::Named { .. })
    }

    /// A kubeconfig of an administrator (user `kubernetes-admin`, group `system:masters`), or the
    /// one that the user named.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        match &self.cluster {
            Cluster::Own(own) => own.admin_kubeconfig(),
            Cluster::Named { kubeconfig, .. } => kubeconfig.clone(),
        }
    }

    /// A kubeconfig for a user of this name, in at most two groups, with a certificate of its own: so
    /// that RBAC and the audit log can tell users apart. A user without groups may do nothing until
    /// RBAC says so; `system:masters` may do everything.
    ///
    /// # Errors
    /// On a named cluster, whose authority is not ours.
    pub fn user(&self, name: &str, groups: &[&str]) -> Result<User> {
        let own = self.own("a user with a certificate")?;
        let number = self.users_made.fetch_add(1, Ordering::Relaxed);
        let file: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        own.write_user(&format!("user-{number}-{file}"), name, groups)
    }

    /// The API server's audit log.
    ///
    /// # Errors
    /// On a named cluster.
    pub fn audit(&self) -> Result<Audit> {
        Ok(Audit::new(self.own("the audit log")?.audit_log()))
    }

    /// A proxy between a client and the API server. The client uses [`Proxy::kubeconfig`]; the API
    /// server sees `user`.
    ///
    /// # Errors
    /// On a named cluster, and when no port can be listened on.
    pub fn proxy(&self, user: &User) -> Result<Proxy> {
        let own = self.own("the proxy")?;
        let number = self.users_made.fetch_add(1, Ordering::Relaxed);
        Proxy::start(user, own.user_file(&format!("proxy-{number}")))
    }

    /// Ends the API server as an upgrade would: it finishes what it is doing. etcd, the controllers
    /// and the port stay.
    ///
    /// # Errors
    /// On a named cluster.
    pub fn stop_api_server(&self) -> Result<()> {
        self.own("stopping the API server")?.stop_api_server(Duration::from_secs(15))
    }

    /// Ends the API server at once, as a crash would.
    ///
    /// # Errors
    /// On a named cluster.
    pub fn kill_api_server(&self) -> Result<()> {
        self.own("killing the API server")?.stop_api_server(Duration::ZERO)
    }

    /// Starts the API server again, on the same port with the same data, and waits until it is ready.
    ///
    /// # Errors
    /// On a named cluster, and when it does not become ready.
    pub fn start_api_server(&self) -> Result<()> {
        self.own("starting the API server")?.start_api_server()
    }

    /// Makes etcd forget every revision before the present one, so that a watch which was away since an
    /// earlier one cannot go on from there. An API server that runs may still know it: restart it too.
    ///
    /// # Errors
    /// On a named cluster, and when etcd does not answer.
    pub fn compact_etcd(&self) -> Result<()> {
        self.own("compacting etcd")?.compact_etcd()
    }

    /// Kills the controller-manager and starts it again, and waits until it knows all kinds, where
    /// garbage collection otherwise learns of new ones only every 30 seconds.
    ///
    /// # Errors
    /// On a named cluster, and when the control plane was started without controllers.
    pub fn restart_controller_manager(&self) -> Result<()> {
        self.own("restarting the controller-manager")?.restart_controller_manager()
    }

    /// A command that runs kubectl on this cluster as its administrator. Set `KUBECONFIG` on it to
    /// run as someone else.
    ///
    /// # Errors
    /// When kubectl is missing.
    pub fn kubectl(&self) -> Result<Command> {
        match &self.cluster {
            Cluster::Own(own) => own.kubectl(),
            Cluster::Named { kubeconfig, binaries } => {
                let mut command = Command::new(binaries.path("kubectl")?);
                command.env("KUBECONFIG", kubeconfig);
                Ok(command)
            }
        }
    }

    /// Runs kubectl to its end and answers what it printed.
    ///
    /// # Errors
    /// When kubectl fails; the error says what it said.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        kubectl::run(self.kubectl()?, arguments)
    }

    /// The same as another user.
    ///
    /// # Errors
    /// As [`ControlPlane::run`].
    pub fn run_as(&self, user: &User, arguments: &[&str]) -> Result<String> {
        let mut command = self.kubectl()?;
        command.env("KUBECONFIG", user.kubeconfig());
        kubectl::run(command, arguments)
    }

    /// Applies YAML with `kubectl apply --server-side --force-conflicts`, which takes objects of any size.
    ///
    /// # Errors
    /// As [`ControlPlane::run`].
    pub fn kubectl_apply(&self, yaml: &str) -> Result<String> {
        kubectl::run_with_input(self.kubectl()?, &["apply", "--server-side", "--force-conflicts", "-f", "-"], yaml)
    }

    /// The folder with data, logs (`logs/`), keys and the audit log, for as long as this lives.
    ///
    /// # Errors
    /// On a named cluster.
    pub fn folder(&self) -> Result<&Path> {
        Ok(&self.own("a folder of its own")?.folder)
    }

    pub(crate) fn own(&self, what: &str) -> Result<&Own> {
        match &self.cluster {
            Cluster::Own(own) => Ok(own),
            Cluster::Named { kubeconfig, .. } => bail!(
                "{what} is not available on a named cluster ({NAMED_CLUSTER}={}). Unset it to run this on a control \
                 plane of our own.",
                kubeconfig.display()
            ),
        }
    }
}
