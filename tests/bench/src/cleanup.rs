//! Between two contenders nothing is left of the first.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use fleet::Fleet;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Event, Service, ServiceAccount};
use kube::api::{DeleteParams, ListParams};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;

use crate::stage::NAMESPACE;

/// How long the removal of one kind may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Removes every object, child and Event of the namespace, and waits until they are gone.
pub(crate) async fn remove_everything(client: &Client) -> Result<()> {
    remove::<Fleet>(client, "").await?;
    remove::<Deployment>(client, "").await?;
    remove::<Service>(client, "").await?;
    // Kubernetes' controllers, where they run, put one of their own into every namespace.
    remove::<ConfigMap>(client, "metadata.name!=kube-root-ca.crt").await?;
    remove::<ServiceAccount>(client, "metadata.name!=default").await?;
    remove::<Event>(client, "").await
}

async fn remove<K>(client: &Client, fields: &str) -> Result<()>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let api = Api::<K>::namespaced(client.clone(), NAMESPACE);
    let all = ListParams::default().fields(fields);
    let began = Instant::now();
    loop {
        api.delete_collection(&DeleteParams::background(), &all).await?;
        let left = api.list_metadata(&all.clone().limit(1)).await?;
        if left.items.is_empty() {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!("{} are still there after {PATIENCE:?}", K::plural(&()));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
