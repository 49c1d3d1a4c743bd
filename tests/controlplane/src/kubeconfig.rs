//! Kubeconfigs: one file that holds everything a client needs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::certificates::Pair;

/// A user of the control plane, known to RBAC and the audit log by name.
#[derive(Debug, Clone)]
pub struct User {
    pub(crate) name: String,
    pub(crate) kubeconfig: PathBuf,
}

impl User {
    /// The name that RBAC bindings and the audit log use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A kubeconfig with the user's own client certificate. It may be copied: it refers to no other file.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }
}

/// How a client reaches and convinces a server. Without certificates for plain HTTP.
pub(crate) struct Access<'a> {
    pub(crate) server: &'a str,
    pub(crate) authority: Option<&'a str>,
    pub(crate) user: &'a str,
    pub(crate) pair: Option<&'a Pair>,
}

/// Writes a kubeconfig (as JSON, which is YAML) that only the owner can read.
pub(crate) fn write(path: &Path, access: &Access<'_>) -> Result<()> {
    let mut cluster = json!({ "server": access.server });
    if let Some(authority) = access.authority {
        cluster["certificate-authority-data"] = STANDARD.encode(authority).into();
    }
    let mut user = json!({});
    if let Some(pair) = access.pair {
        user["client-certificate-data"] = STANDARD.encode(&pair.certificate).into();
        user["client-key-data"] = STANDARD.encode(&pair.key).into();
    }
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "innkeeper", "cluster": cluster }],
        "users": [{ "name": access.user, "user": user }],
        "contexts": [{ "name": "innkeeper", "context": { "cluster": "innkeeper", "user": access.user } }],
        "current-context": "innkeeper",
    });
    write_private(path, &serde_json::to_string_pretty(&config)?)
}

/// Writes a file that only the owner can read, in one step: nobody sees half of it.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        let file = tempfile::NamedTempFile::new_in(folder)?; // readable by the owner alone
        std::fs::write(file.path(), text)?;
        file.persist(path).map_err(|failed| failed.error)
    });
    written.map(drop).with_context(|| format!("cannot write {}", path.display()))
}
