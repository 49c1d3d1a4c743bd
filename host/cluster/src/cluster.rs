//! The connection to one API server, and the least one can ask of it.

use std::sync::Arc;

use kube::Client;
use serde::Deserialize;

use crate::answer::Answer;
use crate::connect::{self, Connect, ConnectError};
use crate::discovery::Asking;
use crate::events::Counts;
use crate::traffic::Traffic;
use crate::{request, transport};

/// One API server. A clone is the same connection.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    server: String,
    counts: Counts,
    traffic: Traffic,
    asking: Asking,
}

/// The API server did not answer as one does.
#[derive(Debug, thiserror::Error)]
#[error("the API server {server} does not answer: {why}; is it running, and may this user ask it?")]
pub struct Unreachable {
    server: String,
    why: String,
}

/// What the API server says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// As `v1.36.3`.
    pub git_version: String,
    /// As `1`.
    pub major: String,
    /// As `36`.
    pub minor: String,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("server", &self.inner.server).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Finds the configuration and makes a client of it. Asks the API server nothing: see
    /// [`Cluster::ping`].
    pub async fn connect(connect: Connect) -> Result<Self, ConnectError> {
        let found = connect::find(&connect).await?;
        let server = found.config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let traffic = Traffic::default();
        let client = transport::client(found.config, &traffic).map_err(|why| ConnectError::Client {
            server: server.clone(),
            why,
            origin: found.origin,
        })?;
        Ok(Self {
            inner: Arc::new(Inner { client, server, counts: Counts::default(), traffic, asking: Asking::default() }),
        })
    }

    /// The address of the API server, for people.
    pub fn server(&self) -> &str {
        &self.inner.server
    }

    /// Every request that was sent to it, counted.
    pub fn traffic(&self) -> Traffic {
        self.inner.traffic.clone()
    }

    /// Which version the API server has.
    pub async fn version(&self) -> Result<Version, Unreachable> {
        let answer = self.get("/version").await.map_err(|why| self.unreachable(why))?;
        if !answer.status.is_success() {
            return Err(self.unreachable(answer.message()));
        }
        serde_json::from_slice(&answer.body).map_err(|e| self.unreachable(format!("its version makes no sense: {e}")))
    }

    /// Whether the API server answers and is ready (`/readyz`).
    pub async fn ping(&self) -> Result<(), Unreachable> {
        let answer = self.get("/readyz").await.map_err(|why| self.unreachable(why))?;
        if answer.status.is_success() { Ok(()) } else { Err(self.unreachable(answer.message())) }
    }

    fn unreachable(&self, why: String) -> Unreachable {
        Unreachable { server: self.inner.server.clone(), why }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.inner.client
    }

    pub(crate) fn asking(&self) -> &Asking {
        &self.inner.asking
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.inner.counts
    }

    /// One GET of a path. The error is why no answer came.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, String> {
        let request = request::get(path).map_err(|e| e.to_string())?;
        self.ask(request).await
    }
}
