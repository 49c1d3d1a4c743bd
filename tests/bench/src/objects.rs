//! The objects that contenders keep: made, changed and counted by the bench itself.

use anyhow::{Result, ensure};
use fleet::{Fleet, FleetSpec};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

use crate::stage::NAMESPACE;

/// Requests of the bench in flight.
const AT_ONCE: usize = 8;

/// The name of the object of that number.
pub(crate) fn name(number: usize) -> String {
    format!("fleet-{number:05}")
}

/// An object as a person would write it.
pub(crate) fn object(name: &str, text: &str) -> Fleet {
    let spec = FleetSpec { text: text.to_owned(), port: 8080, data: [("mode".to_owned(), "plain".to_owned())].into() };
    let mut object = Fleet::new(name, spec);
    object.metadata.namespace = Some(NAMESPACE.to_owned());
    object
}

/// Creates so many objects.
pub(crate) async fn create(client: &Client, count: usize, text: &str) -> Result<()> {
    let api = Api::<Fleet>::namespaced(client.clone(), NAMESPACE);
    let created = stream::iter(0..count).map(|number| {
        let (api, object) = (api.clone(), object(&name(number), text));
        async move { api.create(&PostParams::default(), &object).await.map(drop) }
    });
    Ok(created.buffer_unordered(AT_ONCE).try_collect().await?)
}

/// Changes one field in the first so many objects.
pub(crate) async fn change(client: &Client, count: usize, text: &str) -> Result<()> {
    let api = Api::<Fleet>::namespaced(client.clone(), NAMESPACE);
    let patch = json!({"spec": {"text": text}});
    let changed = stream::iter(0..count).map(|number| {
        let (api, name, patch) = (api.clone(), name(number), Patch::Merge(patch.clone()));
        async move { api.patch(&name, &PatchParams::default(), &patch).await.map(drop) }
    });
    Ok(changed.buffer_unordered(AT_ONCE).try_collect().await?)
}

/// Fails unless the first so many objects and their ConfigMaps show the text: the work was really done.
pub(crate) async fn must_show(client: &Client, count: usize, text: &str) -> Result<()> {
    let fleets = Api::<Fleet>::namespaced(client.clone(), NAMESPACE).list(&ListParams::default()).await?;
    let maps = Api::<ConfigMap>::namespaced(client.clone(), NAMESPACE).list(&ListParams::default()).await?;
    let statuses = fleets.iter().filter(|fleet| fleet.status.as_ref().is_some_and(|status| status.text == text));
    let shown = |map: &&ConfigMap| map.data.as_ref().is_some_and(|data| data.get("text").is_some_and(|t| t == text));
    let (maps, statuses) = (maps.iter().filter(shown).count(), statuses.count());
    ensure!(
        maps == count && statuses == count,
        "of {count} objects {maps} have a ConfigMap and {statuses} a status that show {text:?}"
    );
    Ok(())
}
