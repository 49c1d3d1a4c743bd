//! Many kinds in one host, and as many operators: what memory they have when every kind was called for in the last
//! minute.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use innkeeper_guest::Engine;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde::Serialize;
use serde_json::json;

use super::ground::{Ground, NAMESPACE, until};
use super::reworded::{self, Reworded};
use crate::process::Process;
use crate::shares::Shares;

/// Requests of the bench in flight.
const AT_ONCE: usize = 8;
/// The operators that start at once.
const BATCH: usize = 10;
/// How long everything is left alone before memory is looked at: as in a minute in which each is called once.
const REST: Duration = Duration::from_secs(10);

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Crowd {
    pub(super) kinds: usize,
    pub(super) module_bytes: usize,
    pub(super) host: Shares,
    /// How long before that the first of the kinds had been changed, in seconds.
    pub(super) host_age_s: f64,
    /// Of each operator.
    pub(super) operators: Vec<Shares>,
}

/// Measures it with so many kinds.
pub(super) async fn measure(program: &Path, count: usize) -> Result<Crowd> {
    eprintln!("bench: {count} kinds in one host");
    let (engine, original) = (Engine::new()?, reworded::original()?);
    let kinds: Vec<Reworded> =
        (0..count).map(|number| reworded::kind(&engine, &original, number)).collect::<Result<_>>()?;
    drop(engine);
    let ground = Ground::with(&kinds.iter().map(|kind| kind.crd.clone()).collect::<Vec<_>>()).await?;
    create(&ground.client, &kinds).await?;
    let modules: Vec<_> = kinds.iter().map(|kind| (kind.name.clone(), kind.module.clone())).collect();
    let mut host = ground.host(program, &modules).await?;
    shows(&ground.client, "first", count).await?;
    let began = Instant::now();
    change(&ground.client, &kinds, "second").await?;
    shows(&ground.client, "second", count).await?;
    tokio::time::sleep(REST).await;
    let (shares, host_age_s) = (host.process.shares()?, began.elapsed().as_secs_f64());
    host.process.stop()?;
    let operators = operators(&ground, &kinds).await?;
    Ok(Crowd { kinds: count, module_bytes: original.len(), host: shares, host_age_s, operators })
}

async fn operators(ground: &Ground, kinds: &[Reworded]) -> Result<Vec<Shares>> {
    eprintln!("bench: as many operators");
    let program = std::env::current_exe()?.with_file_name("bench-operator");
    let kubeconfig = ground.user("bench-operators")?;
    let mut all = Vec::new();
    for batch in kinds.chunks(BATCH) {
        for Reworded { name, kind, plural, .. } in batch {
            let mut command = Command::new(&program);
            command.env("KUBECONFIG", &kubeconfig).args([kind, plural]);
            all.push(Process::start(command, &ground.log(name)).context("make bench builds it")?);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    change(&ground.client, kinds, "third").await?;
    shows(&ground.client, "third", kinds.len()).await?;
    tokio::time::sleep(REST).await;
    let measured = all.iter_mut().map(Process::shares).collect();
    all.into_iter().try_for_each(Process::stop)?;
    measured
}

fn api(client: &Client, Reworded { kind, plural, .. }: &Reworded) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), NAMESPACE, &resource(kind, plural))
}

fn resource(kind: &str, plural: &str) -> ApiResource {
    let (group, version) = ("groupsp.measutosh.dev".to_owned(), "v1".to_owned());
    let api_version = format!("{group}/{version}");
    ApiResource { group, version, api_version, kind: kind.to_owned(), plural: plural.to_owned() }
}

/// One object of each kind; their children have the kind's name.
async fn create(client: &Client, kinds: &[Reworded]) -> Result<()> {
    for kind in kinds {
        let mut object = DynamicObject::new(&kind.name, &resource(&kind.kind, &kind.plural));
        object.data = json!({"spec": {"replicaCount": 1, "port": 80, "configMapData": {"word": "first"}}});
        api(client, kind).create(&PostParams::default(), &object).await?;
    }
    Ok(())
}

/// One field of each object is changed.
async fn change(client: &Client, kinds: &[Reworded], word: &str) -> Result<()> {
    let patch = json!({"spec": {"configMapData": {"word": word}}});
    let changed = stream::iter(kinds).map(|kind| {
        let (api, patch) = (api(client, kind), Patch::Merge(patch.clone()));
        async move { api.patch(&kind.name, &PatchParams::default(), &patch).await.map(drop) }
    });
    Ok(changed.buffer_unordered(AT_ONCE).try_collect().await?)
}

/// Waits until so many ConfigMaps show it.
async fn shows(client: &Client, word: &str, count: usize) -> Result<()> {
    until(&format!("{count} ConfigMaps show {word}"), || async move {
        let maps = Api::<ConfigMap>::namespaced(client.clone(), NAMESPACE).list(&ListParams::default()).await?;
        let shown =
            |map: &&ConfigMap| map.data.as_ref().is_some_and(|data| data.get("word").is_some_and(|w| w == word));
        Ok(maps.iter().filter(shown).count() == count)
    })
    .await
}
