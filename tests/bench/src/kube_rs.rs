//! A controller as kube-rs' examples write it: it owns four kinds, and applies all children and the status at
//! every reconcile.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use fleet::{Children, Fleet};
use futures::StreamExt as _;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::{WatchStreamExt as _, reflector, watcher};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::options::ContenderOptions;
use crate::{raw, stage};

/// Its field manager.
const MANAGER: &str = "bench-kube-rs";

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the API server refused or did not answer")]
    Kube(#[from] kube::Error),
    #[error("the object has no uid")]
    NoUid,
}

/// Runs until it is ended.
pub(crate) async fn run(options: ContenderOptions) -> Result<()> {
    let client = stage::client(&options.kubeconfig).await?;
    let any = watcher::Config::default;
    if options.reflect {
        stores(&client).await;
        return Ok(());
    }
    Controller::new(Api::<Fleet>::all(client.clone()), any())
        .owns(Api::<Deployment>::all(client.clone()), any())
        .owns(Api::<Service>::all(client.clone()), any())
        .owns(Api::<ConfigMap>::all(client.clone()), any())
        .owns(Api::<ServiceAccount>::all(client.clone()), any())
        .shutdown_on_signal()
        .run(reconcile, error_policy, Arc::new(client))
        .for_each(|result| async move {
            if let Err(error) = result {
                eprintln!("{error:?}");
            }
        })
        .await;
    Ok(())
}

/// Keeps the objects and their children in stores, as a controller that reads before it writes.
async fn stores(client: &Client) {
    futures::join!(
        keep::<Fleet>(client),
        keep::<Deployment>(client),
        keep::<Service>(client),
        keep::<ConfigMap>(client),
        keep::<ServiceAccount>(client),
    );
}

async fn keep<K>(client: &Client)
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let (_, writer) = reflector::store::<K>();
    let all = watcher(Api::<K>::all(client.clone()), watcher::Config::default()).default_backoff();
    reflector(writer, all).for_each(|_| async {}).await;
}

async fn reconcile(object: Arc<Fleet>, client: Arc<Client>) -> Result<Action, Error> {
    let children = Children::of(&object.name_any(), &object.spec);
    apply(&client, &object, children.service_account).await?;
    apply(&client, &object, children.config_map).await?;
    apply(&client, &object, children.service).await?;
    apply(&client, &object, children.deployment).await?;
    let api = Api::<Fleet>::namespaced(Client::clone(&client), &object.namespace().unwrap_or_default());
    let (parameters, status) = (PatchParams::apply(MANAGER).force(), raw::status(&object));
    api.patch_status(&object.name_any(), &parameters, &Patch::Apply(&status)).await?;
    Ok(Action::await_change())
}

async fn apply<K>(client: &Client, owner: &Fleet, mut child: K) -> Result<(), Error>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned,
{
    child.owner_references_mut().push(owner.controller_owner_ref(&()).ok_or(Error::NoUid)?);
    let api = Api::<K>::namespaced(client.clone(), &owner.namespace().unwrap_or_default());
    api.patch(&child.name_any(), &PatchParams::apply(MANAGER).force(), &Patch::Apply(&child)).await?;
    Ok(())
}

fn error_policy(object: Arc<Fleet>, error: &Error, _: Arc<Client>) -> Action {
    eprintln!("{}: {error:?}", object.name_any());
    Action::requeue(Duration::from_secs(5))
}
