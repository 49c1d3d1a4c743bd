//! The raw writer: it applies what every contender applies, and decides nothing. Its speed is the limit.
//!
//! It is told what to do, a line each: `create COUNT` applies the four children and the status of every object
//! there is, `change` the one child whose content has changed, and the status. Both end with all answers.

use anyhow::{Context as _, Result, bail};
use fleet::{Children, Fleet};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::options::ContenderOptions;
use crate::stage::{self, NAMESPACE};

/// Its field manager.
const MANAGER: &str = "bench-raw";

/// Does as it is told until its input ends.
pub(crate) async fn run(options: ContenderOptions) -> Result<()> {
    let client = stage::client(&options.kubeconfig).await?;
    let mut objects = Vec::new();
    // Nothing else is to be done while it waits.
    for line in std::io::stdin().lines() {
        let line = line?;
        match line.split_once(' ') {
            Some(("create", _)) => {
                let api = Api::<Fleet>::namespaced(client.clone(), NAMESPACE);
                objects = api.list(&ListParams::default()).await?.items;
                every(&client, &objects, options.concurrency, true).await?;
            }
            Some(("change", text)) => {
                objects.iter_mut().for_each(|object| object.spec.text = text.to_owned());
                every(&client, &objects, options.concurrency, false).await?;
            }
            _ => bail!("told to do something unknown: {line}"),
        }
    }
    Ok(())
}

async fn every(client: &Client, objects: &[Fleet], concurrency: usize, whole: bool) -> Result<()> {
    let work = stream::iter(objects).map(|object| one(client, object, whole));
    work.buffer_unordered(concurrency).try_collect().await
}

async fn one(client: &Client, object: &Fleet, whole: bool) -> Result<()> {
    let children = Children::of(&object.name_any(), &object.spec);
    if whole {
        apply(client, object, children.service_account).await?;
    }
    apply::<ConfigMap>(client, object, children.config_map).await?;
    if whole {
        apply(client, object, children.service).await?;
        apply(client, object, children.deployment).await?;
    }
    let api = Api::<Fleet>::namespaced(client.clone(), NAMESPACE);
    api.patch_status(&object.name_any(), &PatchParams::apply(MANAGER).force(), &Patch::Apply(status(object))).await?;
    Ok(())
}

async fn apply<K>(client: &Client, owner: &Fleet, mut child: K) -> Result<()>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Serialize + DeserializeOwned,
    K: std::fmt::Debug,
{
    let reference = owner.controller_owner_ref(&()).context("an object that was listed has a uid")?;
    child.owner_references_mut().push(reference);
    let api = Api::<K>::namespaced(client.clone(), NAMESPACE);
    api.patch(&child.name_any(), &PatchParams::apply(MANAGER).force(), &Patch::Apply(&child)).await?;
    Ok(())
}

/// What is applied as the status.
pub(crate) fn status(object: &Fleet) -> Value {
    json!({"apiVersion": Fleet::api_version(&()), "kind": Fleet::kind(&()), "status": object.wanted_status()})
}
