//! Which cluster: from a kubeconfig, or from the Pod that the host runs in.

use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

/// What a person said about which cluster to use.
#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// A kubeconfig file. Default: the files of `KUBECONFIG`, then `~/.kube/config`, then the service
    /// account of the Pod.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it. Default: its current context.
    pub context: Option<String>,
}

/// There is no way to know or reach the cluster. Each is one sentence: what, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing says where the API server is.
    #[error(
        "no cluster is configured: KUBECONFIG is not set, {home} does not exist, and this is not a Pod; \
         pass --kubeconfig or set KUBECONFIG"
    )]
    Nowhere {
        /// Where a kubeconfig was expected.
        home: String,
    },
    /// A kubeconfig that cannot be used.
    #[error("cannot use {file}: {why}; {advice}")]
    Kubeconfig {
        /// Which file, or files.
        file: String,
        /// What is wrong with it.
        why: String,
        /// What to do.
        advice: &'static str,
    },
    /// In a Pod, but its service account cannot be used.
    #[error(
        "this Pod's service account cannot be used: {0}; let the Pod have automountServiceAccountToken: true, \
         or pass --kubeconfig"
    )]
    InCluster(String),
    /// A context was named where there is no kubeconfig.
    #[error("context {0} was asked for, but there is no kubeconfig; pass --kubeconfig or set KUBECONFIG")]
    ContextWithoutKubeconfig(String),
    /// The configuration was read, but no client can be made of it.
    #[error("cannot talk to the API server {server} as configured: {why}; correct {origin}")]
    Client {
        /// Its address.
        server: String,
        /// What is wrong.
        why: String,
        /// Where the configuration came from.
        origin: String,
    },
}

/// A configuration, and where it came from, for people.
pub(crate) struct Found {
    pub(crate) config: Config,
    pub(crate) origin: String,
}

/// Finds the configuration. A file that was named is never passed over for another one.
pub(crate) async fn find(connect: &Connect) -> Result<Found, ConnectError> {
    if let Some(file) = &connect.kubeconfig {
        return from_file(file, connect).await;
    }
    if std::env::var_os("KUBECONFIG").is_some_and(|files| !files.is_empty()) {
        return from_environment(connect).await;
    }
    let home = std::env::home_dir().map(|home| home.join(".kube").join("config"));
    match home {
        Some(file) if file.exists() => from_file(&file, connect).await,
        _ if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() => in_cluster(connect),
        home => Err(match &connect.context {
            Some(context) => ConnectError::ContextWithoutKubeconfig(context.clone()),
            None => ConnectError::Nowhere { home: home.map_or("~/.kube/config".into(), |h| h.display().to_string()) },
        }),
    }
}

async fn from_file(file: &Path, connect: &Connect) -> Result<Found, ConnectError> {
    let origin = format!("the kubeconfig {}", file.display());
    let kubeconfig = Kubeconfig::read_from(file).map_err(|e| refused(&origin, &e))?;
    from_kubeconfig(kubeconfig, origin, connect).await
}

async fn from_environment(connect: &Connect) -> Result<Found, ConnectError> {
    let files = std::env::var_os("KUBECONFIG").unwrap_or_default();
    let origin = format!("the kubeconfig {} (from KUBECONFIG)", files.to_string_lossy());
    match Kubeconfig::from_env() {
        Ok(Some(kubeconfig)) => from_kubeconfig(kubeconfig, origin, connect).await,
        Ok(None) => Err(ConnectError::Kubeconfig { file: origin, why: "it names no file".into(), advice: CORRECT }),
        Err(e) => Err(refused(&origin, &e)),
    }
}

async fn from_kubeconfig(kubeconfig: Kubeconfig, origin: String, connect: &Connect) -> Result<Found, ConnectError> {
    let contexts: Vec<String> = kubeconfig.contexts.iter().map(|c| c.name.clone()).collect();
    let options = KubeConfigOptions { context: connect.context.clone(), ..KubeConfigOptions::default() };
    match Config::from_custom_kubeconfig(kubeconfig, &options).await {
        Ok(config) => Ok(Found { config, origin }),
        Err(KubeconfigError::LoadContext(name)) => {
            let why = match contexts.as_slice() {
                [] => format!("it has no context {name}, nor any other"),
                known => format!("it has no context {name}, only {}", known.join(", ")),
            };
            Err(ConnectError::Kubeconfig { file: origin, why, advice: "name one of its contexts with --context" })
        }
        Err(e) => Err(refused(&origin, &e)),
    }
}

fn in_cluster(connect: &Connect) -> Result<Found, ConnectError> {
    if let Some(context) = &connect.context {
        return Err(ConnectError::ContextWithoutKubeconfig(context.clone()));
    }
    let config = Config::incluster().map_err(|e| ConnectError::InCluster(e.to_string()))?;
    Ok(Found { config, origin: "the Pod's service account".into() })
}

const CORRECT: &str = "correct it, or name another with --kubeconfig";

fn refused(origin: &str, error: &KubeconfigError) -> ConnectError {
    let (why, advice) = match error {
        KubeconfigError::ReadConfig(e, path) => {
            (format!("{} cannot be read ({e})", path.display()), "name a file that can be read with --kubeconfig")
        }
        KubeconfigError::CurrentContextNotSet => {
            ("it has no current-context".into(), "name a context with --context, or set one in the file")
        }
        KubeconfigError::LoadClusterOfContext(name) => {
            (format!("its context is of a cluster {name} that it does not describe"), CORRECT)
        }
        KubeconfigError::MissingClusterUrl => ("the cluster of its context has no server".into(), CORRECT),
        other => (other.to_string().replace('\n', " "), CORRECT),
    };
    ConnectError::Kubeconfig { file: origin.into(), why, advice }
}
