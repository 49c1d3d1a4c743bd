//! The raw writer: it applies what every contender applies, and decides nothing. Its speed is the limit.
//!
//! It is told what to do, a line each: `create COUNT` applies the four children and the status of every object
//! there is, `change` the one child whose content has changed, and the status. Both end with all answers.

use anyhow::{Context as _, Result, bail, ensure};
use fleet::{Children, Fleet};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http_body_util::BodyExt as _;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use kube::api::{ListParams, Patch, PatchParams, Request, WatchParams};
use kube::client::Body;
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
    if options.burdened {
        watch::<Fleet>(&client).await?;
        watch::<ConfigMap>(&client).await?;
        watch::<Service>(&client).await?;
        watch::<ServiceAccount>(&client).await?;
        watch::<Deployment>(&client).await?;
    }
    let mut objects = Vec::new();
    // Nothing else is to be done on this thread while it waits.
    for line in std::io::stdin().lines() {
        let line = line?;
        match line.split_once(' ') {
            Some(("create", _)) => {
                let api = Api::<Fleet>::namespaced(client.clone(), NAMESPACE);
                objects = api.list(&ListParams::default()).await?.items;
                every(&client, &objects, &options, true).await?;
            }
            Some(("change", text)) => {
                objects.iter_mut().for_each(|object| object.spec.text = text.to_owned());
                every(&client, &objects, &options, false).await?;
            }
            _ => bail!("told to do something unknown: {line}"),
        }
    }
    Ok(())
}

/// Watches a kind and throws away what is told.
async fn watch<K: Resource<DynamicType = ()>>(client: &Client) -> Result<()> {
    let request = Request::new(K::url_path(&(), None)).watch(&WatchParams::default().timeout(290), "0")?;
    let response = client.send(request.map(Body::from)).await?;
    ensure!(response.status().is_success(), "{} cannot be watched: {}", K::kind(&()), response.status());
    let mut told = response.into_body();
    tokio::spawn(async move { while told.frame().await.is_some() {} });
    Ok(())
}

async fn every(client: &Client, objects: &[Fleet], options: &ContenderOptions, whole: bool) -> Result<()> {
    let work = stream::iter(objects).map(|object| one(client, object, options.burdened, whole));
    work.buffer_unordered(options.concurrency).try_collect().await
}

async fn one(client: &Client, object: &Fleet, burdened: bool, whole: bool) -> Result<()> {
    let children = Children::of(&object.name_any(), &object.spec);
    if whole {
        apply(client, object, burdened, children.service_account).await?;
    }
    apply::<ConfigMap>(client, object, burdened, children.config_map).await?;
    if whole {
        apply(client, object, burdened, children.service).await?;
        apply(client, object, burdened, children.deployment).await?;
    }
    let api = Api::<Fleet>::namespaced(client.clone(), NAMESPACE);
    let mut status = status(object);
    if burdened {
        status["status"]["observedGeneration"] = object.metadata.generation.into();
        status["status"]["conditions"] = conditions(object);
    }
    api.patch_status(&object.name_any(), &PatchParams::apply(MANAGER).force(), &Patch::Apply(status)).await?;
    Ok(())
}

async fn apply<K>(client: &Client, owner: &Fleet, burdened: bool, mut child: K) -> Result<()>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Serialize + DeserializeOwned,
    K: std::fmt::Debug,
{
    let reference = owner.controller_owner_ref(&()).context("an object that was listed has a uid")?;
    child.owner_references_mut().push(reference);
    if burdened {
        mark(&mut child, owner);
    }
    let api = Api::<K>::namespaced(client.clone(), NAMESPACE);
    api.patch(&child.name_any(), &PatchParams::apply(MANAGER).force(), &Patch::Apply(&child)).await?;
    Ok(())
}

/// What the host writes on each child: whose it is, and what was applied. Here it says nothing and is as large.
fn mark(child: &mut impl Resource, owner: &Fleet) {
    let uid = owner.metadata.uid.clone().unwrap_or_default();
    child.labels_mut().insert("bench.test/object-uid".into(), uid);
    let marks = child.annotations_mut();
    marks.insert("bench.test/applied".into(), format!("sha256:{}", "0".repeat(64)));
    marks.insert("bench.test/object".into(), format!("Fleet.test.innkeeper.dev/{NAMESPACE}/{}", owner.name_any()));
    marks.insert("bench.test/wave".into(), "0".into());
}

/// The conditions that the host sets.
fn conditions(object: &Fleet) -> Value {
    let all = [("Ready", "True", "all 4 children are ready"), ("Reconciling", "False", ""), ("Stalled", "False", "")];
    let one = |(kind, status, message)| {
        json!({"type": kind, "status": status, "reason": "Settled", "message": message,
            "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": object.metadata.generation})
    };
    all.map(one).into_iter().collect()
}

/// What is applied as the status.
pub(crate) fn status(object: &Fleet) -> Value {
    json!({"apiVersion": Fleet::api_version(&()), "kind": Fleet::kind(&()), "status": object.wanted_status()})
}
