//! One module that arrives over HTTP: held to what a host would load, kept by the cluster, named in its Reconciler.

use http::StatusCode;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use innkeeper_cluster::User;
use innkeeper_core::engine::Unfit;
use innkeeper_core::names::HOST_MANAGER;
use innkeeper_core::object::short;
use innkeeper_guest::MAX_SIZE;
use serde_json::{Value, json};

use super::{Desk, Refusal};
use crate::{reconciler, wasm};

/// Takes a module in. What is answered says what the Reconciler names now, and whether that is news.
pub(super) async fn push(desk: &Desk, name: &str, user: Option<&User>, body: Incoming) -> Result<Value, Refusal> {
    let missing =
        || Refusal(StatusCode::NOT_FOUND, format!("there is no Reconciler {name}; only innkeeper push makes one"));
    let found = reconciler::find(&desk.cluster, name).await?.ok_or_else(missing)?;
    let bytes = wasm::unpacked(received(body).await?).map_err(|why| Refusal(StatusCode::BAD_REQUEST, why))?;
    let module = desk.guests.take(bytes.clone()).await.map_err(|unfit| match unfit {
        Unfit::Rejected(why) => Refusal(StatusCode::BAD_REQUEST, format!("it is no module: {why}")),
        Unfit::Missing(why) => Refusal(StatusCode::SERVICE_UNAVAILABLE, why),
    })?;
    let stored = desk.cluster.store_module(&desk.namespace, HOST_MANAGER, &bytes, |_, _| {}).await;
    stored.map_err(anyhow::Error::from)?;
    // The cluster has them.
    desk.guests.let_go(&module.digest);
    let changed = reconciler::swap(&desk.cluster, &found, &module.digest).await?.is_some();
    let (who, digest) = (user.map_or("somebody on this machine", |user| &user.name), short(&module.digest));
    tracing::info!(reconciler = name, digest, user = who, changed, "a module was pushed over HTTP");
    let manifest = &module.manifest;
    Ok(json!({
        "reconciler": name, "digest": module.digest, "name": manifest.name, "version": manifest.version,
        "changed": changed,
    }))
}

async fn received(body: Incoming) -> Result<Vec<u8>, Refusal> {
    let too_large = || {
        let text = format!("it has more than the {MAX_SIZE} bytes that a module may have");
        Refusal(StatusCode::PAYLOAD_TOO_LARGE, text)
    };
    if body.size_hint().lower() > MAX_SIZE as u64 {
        return Err(too_large());
    }
    let whole = Limited::new(body, MAX_SIZE).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        Refusal(StatusCode::BAD_REQUEST, format!("the module broke off: {error}"))
    })?;
    Ok(whole.to_bytes().into())
}
