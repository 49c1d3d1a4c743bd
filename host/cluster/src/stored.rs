//! Modules as the cluster keeps them: cut into chunks, each in an immutable ConfigMap, under the module's digest.
//!
//! The digest is the name: whoever writes chunks can only offer a module, and what is read back is held against its
//! digest. Which module serves is said by a Reconciler.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::StatusCode;
use innkeeper_core::kind::Kind;
use innkeeper_core::names::MODULE;
use innkeeper_core::object::digest as digest_of;
use innkeeper_core::resource::{Address, Resource};
use serde::Deserialize;
use serde_json::json;

use crate::cluster::Cluster;
use crate::{path, request};

/// Bytes of one chunk. A ConfigMap may hold one MiB.
const CHUNK: usize = 512 << 10;
/// The most chunks that a module may have: as many as the largest module that a host loads needs.
const MOST: usize = 32;
/// The field manager of what a person pushes.
pub const PUSH_MANAGER: &str = "innkeeper-push";

/// A module cannot be put into the cluster, or read from it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is not there.
    #[error("{0}")]
    Missing(String),
    /// What is there is something else.
    #[error("{0}")]
    Wrong(String),
    /// The API server did not take it, or did not tell.
    #[error("{what}: {why}")]
    Refused {
        /// What was tried.
        what: String,
        /// In the API server's words.
        why: String,
    },
}

/// A ConfigMap that holds a chunk, as far as it is of interest.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Holder {
    data: Labels,
    binary_data: Data,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Labels {
    chunks: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data {
    chunk: String,
}

impl Cluster {
    /// Puts a module into a namespace by that field manager, and tells after each chunk how many are there, of how many.
    /// What is there already is not written again.
    pub async fn store_module(
        &self,
        namespace: &str,
        manager: &str,
        bytes: &[u8],
        mut told: impl FnMut(usize, usize),
    ) -> Result<(), StoreError> {
        let digest = digest_of(bytes);
        let chunks: Vec<&[u8]> = bytes.chunks(CHUNK).collect();
        for (n, chunk) in chunks.iter().enumerate() {
            let at = address(namespace, &digest, n);
            if self.chunk(&at).await?.is_none() {
                self.put_chunk(&at, manager, &digest, (chunk, chunks.len())).await?;
            }
            told(n + 1, chunks.len());
        }
        // What somebody else put there before is held against the digest too.
        self.stored_module(namespace, &digest).await.map(drop)
    }

    /// The bytes of the module of that digest.
    pub async fn stored_module(&self, namespace: &str, digest: &str) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let mut chunks = 1;
        let mut n = 0;
        while n < chunks {
            let at = address(namespace, digest, n);
            let missing = || StoreError::Missing(format!("there is no {at}; push the module again"));
            let holder = self.chunk(&at).await?.ok_or_else(missing)?;
            let wrong = |what: &str| StoreError::Wrong(format!("{at} {what}; delete it and push the module again"));
            chunks = holder.data.chunks.parse().ok().filter(|all| (1..=MOST).contains(all)).unwrap_or(0);
            if chunks <= n {
                return Err(wrong("does not say of how many chunks it is one"));
            }
            let chunk = BASE64.decode(&holder.binary_data.chunk).map_err(|_| wrong("holds no chunk of a module"))?;
            if chunk.is_empty() || chunk.len() > CHUNK {
                return Err(wrong("holds no chunk of a module"));
            }
            bytes.extend(chunk);
            n += 1;
        }
        let found = digest_of(&bytes);
        if found != digest {
            let first = address(namespace, digest, 0);
            let text =
                format!("what {first} begins has the digest {found}; delete its chunks and push the module again");
            return Err(StoreError::Wrong(text));
        }
        Ok(bytes)
    }

    /// Deletes the chunks of the module of that digest, in one request.
    pub async fn discard_module(&self, namespace: &str, digest: &str) -> Result<(), StoreError> {
        let what = || format!("the chunks of {digest} in {namespace} cannot be deleted");
        let refused = |why: String| StoreError::Refused { what: what(), why };
        let collection = path::collection(&address(namespace, digest, 0).resource, Some(namespace));
        let request = request::delete_all(&collection, &format!("{MODULE}={}", short(digest)));
        let answer = self.ask(request.map_err(|e| refused(e.to_string()))?).await.map_err(refused)?;
        match answer.status {
            status if status.is_success() => Ok(()),
            _ => Err(refused(answer.message())),
        }
    }

    async fn chunk(&self, at: &Address) -> Result<Option<Holder>, StoreError> {
        let failed = |why: String| StoreError::Refused { what: format!("{at} cannot be read"), why };
        let answer = self.get(&path::object(at)).await.map_err(failed)?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                let holder = serde_json::from_slice(&answer.body);
                holder.map(Some).map_err(|e| StoreError::Wrong(format!("{at} holds no chunk of a module: {e}")))
            }
            _ => Err(failed(answer.message())),
        }
    }

    async fn put_chunk(
        &self,
        at: &Address,
        manager: &str,
        digest: &str,
        (chunk, chunks): (&[u8], usize),
    ) -> Result<(), StoreError> {
        let refused = |why: String| StoreError::Refused { what: format!("{at} cannot be made"), why };
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": at.name,
                "namespace": at.namespace,
                "labels": {MODULE: short(digest)},
                "annotations": {MODULE: digest},
            },
            "immutable": true,
            "data": {"chunks": chunks.to_string()},
            "binaryData": {"chunk": BASE64.encode(chunk)},
        });
        let collection = path::collection(&at.resource, at.namespace.as_deref());
        let request = request::create_by(manager, &collection, &manifest).map_err(|e| refused(e.to_string()))?;
        let answer = self.ask(request).await.map_err(refused)?;
        // Somebody else was faster: what is there is held against the digest in the end.
        if answer.status.is_success() || answer.status == StatusCode::CONFLICT {
            return Ok(());
        }
        let namespace = at.namespace.as_deref().unwrap_or_default();
        let advice = match answer.status {
            StatusCode::NOT_FOUND => format!("; kubectl create namespace {namespace}"),
            StatusCode::FORBIDDEN => format!("; it takes the right to get and create configmaps in {namespace}"),
            _ => String::new(),
        };
        Err(refused(format!("{}{advice}", answer.message())))
    }
}

/// As much of a digest as a label takes, and enough to tell modules apart by.
fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..40).unwrap_or(hex)
}

fn address(namespace: &str, digest: &str, chunk: usize) -> Address {
    let resource = Resource { kind: Kind::new("", "v1", "ConfigMap"), plural: "configmaps".into(), namespaced: true };
    let name = format!("innkeeper-module-{}-{chunk}", short(digest));
    Address { resource: resource.into(), namespace: Some(namespace.to_owned()), name }
}
