//! One Site of many is switched off: which sources are looked at for it, by the host's own traces.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde::Serialize;
use serde_json::{Value, json};

use super::ground::{Ground, Host, NAMESPACE, until};
use crate::options;

/// Sources of each Site.
const SOURCES: usize = 10;
/// Requests of the bench in flight.
const AT_ONCE: usize = 8;
/// The Site that is switched off.
const SWITCHED: &str = "site-0007";

const CRDS: [&str; 2] = [
    include_str!("../../../../crds/sites.tm.rocketlab.global.yaml"),
    include_str!("../../../../crds/tmsources.tm.rocketlab.global.yaml"),
];

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Switched {
    pub(super) sites: usize,
    pub(super) sources: usize,
    /// Sources of the Site that were looked at.
    pub(super) own: usize,
    /// Sources of other Sites that were looked at.
    pub(super) others: usize,
    /// How often sources were looked at in all: for the Site, and as their Pods go.
    pub(super) looks: usize,
}

/// Measures it with so many Sites.
pub(super) async fn measure(program: &Path, sites: usize) -> Result<Switched> {
    let sources = sites * SOURCES;
    eprintln!("bench: {sites} sites with {sources} sources");
    let ground = Ground::with(&CRDS.map(str::to_owned)).await?;
    let objects = (0..sites).map(|n| object("Site", &site(n), &json!({"enabled": true})));
    create(&ground.client, "Site", objects).await?;
    let of = |n: usize| object("TmSource", &source(n), &json!({"site": site(n / SOURCES), "metricname": "thrust"}));
    create(&ground.client, "TmSource", (0..sources).map(of)).await?;
    let modules = ["rocketlab-site", "rocketlab-tmsource"]
        .map(|name| Ok((name.to_owned(), std::fs::read(options::guest(name)?)?)))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let host = ground.host(program, &modules).await?;
    let client = &ground.client;
    until("every source has a Pod, and says so", || async move { Ok(with_a_pod(client).await? == sources) }).await?;
    eprintln!("bench: every source has its Pod");
    rests(&host, sources).await?;

    let before = looks(&host, sources)?;
    let switch = Patch::Merge(json!({"spec": {"enabled": false}}));
    api(client, "Site").patch(SWITCHED, &PatchParams::default(), &switch).await?;
    until("its Pods are gone, and its sources say so", || async move {
        Ok(with_a_pod(client).await? == sources - SOURCES && pods(client).await? == 0)
    })
    .await?;
    rests(&host, sources).await?;
    let after = looks(&host, sources)?;
    host.process.stop()?;

    let mut switched = Switched { sites, sources, own: 0, others: 0, looks: 0 };
    for (n, now) in &after {
        let new = now.iter().filter(|began| !before[n].contains(began)).count();
        switched.looks += new;
        let slot = if site(n / SOURCES) == SWITCHED { &mut switched.own } else { &mut switched.others };
        *slot += usize::from(new > 0);
    }
    Ok(switched)
}

/// When each source was looked at lately. What the host has forgotten of one that rests is no new look.
fn looks(host: &Host, sources: usize) -> Result<BTreeMap<usize, Vec<String>>> {
    (0..sources).map(|n| Ok((n, host.looked_at("tmsource", &source(n))?))).collect()
}

/// Waits until sources are looked at no more.
async fn rests(host: &Host, sources: usize) -> Result<()> {
    let mut before = looks(host, sources)?;
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        let now = looks(host, sources)?;
        if now == before {
            return Ok(());
        }
        before = now;
    }
}

fn site(n: usize) -> String {
    format!("site-{n:04}")
}

fn source(n: usize) -> String {
    format!("source-{n:05}")
}

fn object(kind: &str, name: &str, spec: &Value) -> DynamicObject {
    let mut object = DynamicObject::new(name, &resource(kind));
    object.data = json!({"spec": spec});
    object
}

fn resource(kind: &str) -> ApiResource {
    let (group, version) = ("tm.rocketlab.global".to_owned(), "v1".to_owned());
    let (api_version, plural) = (format!("{group}/{version}"), format!("{}s", kind.to_lowercase()));
    ApiResource { group, version, api_version, kind: kind.to_owned(), plural }
}

fn api(client: &Client, kind: &str) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), NAMESPACE, &resource(kind))
}

async fn create(client: &Client, kind: &str, objects: impl Iterator<Item = DynamicObject>) -> Result<()> {
    let api = api(client, kind);
    let created = stream::iter(objects).map(|object| {
        let api = api.clone();
        async move { api.create(&PostParams::default(), &object).await.map(drop) }
    });
    created.buffer_unordered(AT_ONCE).try_collect::<()>().await.with_context(|| format!("cannot create {kind} objects"))
}

/// How many sources say that they have a Pod.
async fn with_a_pod(client: &Client) -> Result<usize> {
    let all = api(client, "TmSource").list(&ListParams::default()).await?;
    Ok(all.iter().filter(|source| source.data["status"]["pod"].is_string()).count())
}

/// How many Pods the switched Site has.
async fn pods(client: &Client) -> Result<usize> {
    let own = ListParams::default().labels(&format!("site={SWITCHED}"));
    Ok(Api::<Pod>::namespaced(client.clone(), NAMESPACE).list(&own).await?.items.len())
}
