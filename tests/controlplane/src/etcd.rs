//! What is asked of etcd itself, which nobody but the API server speaks to otherwise.

use std::path::Path;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;

/// Forgets every revision before the present one, as the API server asks etcd to do every five minutes. What
/// wants to go on from an earlier one is told that it is too late (410 Gone). Returns the revision.
pub(crate) fn compact(socket: &Path) -> Result<i64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let status = ask(socket, "/v3/maintenance/status", &json!({})).await?;
        let revision = status["header"]["revision"].as_str().context("etcd names no revision")?.parse()?;
        ask(socket, "/v3/kv/compaction", &json!({"revision": revision, "physical": true})).await?;
        Ok(revision)
    })
}

/// One question of etcd's JSON interface. Numbers of 64 bits are strings in it.
async fn ask(socket: &Path, path: &str, body: &Value) -> Result<Value> {
    let stream = UnixStream::connect(socket).await.with_context(|| format!("no etcd at {}", socket.display()))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::post(path).header("Host", "etcd").body(Full::new(Bytes::from(body.to_string())))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let text = answer.into_body().collect().await?.to_bytes();
    connection.abort();
    if status != StatusCode::OK {
        bail!("etcd answers {status} to {path}: {}", String::from_utf8_lossy(&text));
    }
    Ok(serde_json::from_slice(&text)?)
}
