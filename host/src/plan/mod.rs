//! A plan: what another module would change for every object of a kind, worked out in this process over stores that are
//! filled with the caller's own rights. Nothing is written (promise M05).

mod calls;
mod desk;
mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use innkeeper_cluster::Cluster;
use innkeeper_core::contract::Failure;
use innkeeper_core::engine::Survey;
use innkeeper_core::kind::Kind;
use innkeeper_core::plan::{self, Difference, Said};
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Form;
use innkeeper_guest::{Engine, Module};

use crate::guests::Guests;
use desk::Desk;
pub(crate) use report::{Report, Side};

/// How often more may turn out to be needed: a kind is found, then watched, then in more than its metadata.
const ROUNDS: usize = 8;

/// What is planned.
pub(crate) struct Task {
    /// The wasm engine, with what it loaded.
    pub(crate) guests: Arc<Guests>,
    /// The module that would take over.
    pub(crate) module: Module,
    /// The Reconciler.
    pub(crate) reconciler: String,
    /// The module that serves, where the cluster does not keep it.
    pub(crate) serving: Option<Module>,
    /// The namespace in which the cluster keeps modules.
    pub(crate) namespace: String,
}

/// What the module would change.
pub(crate) async fn plan(cluster: &Cluster, task: Task) -> anyhow::Result<Report> {
    let Task { guests, module, reconciler: name, serving, namespace } = task;
    let wasm = guests.engine.clone();
    let began = Instant::now();
    let mut desk = Desk::open(cluster.clone(), guests, namespace, serving)?;
    for _ in 0..ROUNDS {
        let survey = Arc::new(desk.survey(&name).await?);
        let serving = desk.serving(&name)?;
        let filled = began.elapsed();
        let began = Instant::now();
        let sides = [&serving, &module].map(Side::of);
        match compare(cluster, &wasm, [serving, module.clone()], &survey, cores()).await? {
            Compared::Lacks(kinds) => kinds.iter().for_each(|(kind, form)| desk.want(&name, kind, *form)),
            Compared::Differences(all) => {
                return Ok(Report::of(name, sides, &survey, all, (filled, began.elapsed())));
            }
        }
    }
    bail!("Reconciler {name}: what its modules read is not seen after {ROUNDS} rounds");
}

/// What came of asking two modules.
pub(crate) enum Compared {
    /// They read kinds that are not watched yet, each in the form that shows most.
    Lacks(BTreeMap<Kind, Option<Form>>),
    /// What is different for each object of the survey, in its order.
    Differences(Vec<Difference>),
}

/// How many threads can work at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Asks the module that serves, and the one that would, about every object, on so many threads.
pub(crate) async fn compare(
    cluster: &Cluster,
    guests: &Engine,
    [serving, new]: [Module; 2],
    survey: &Arc<Survey>,
    threads: usize,
) -> anyhow::Result<Compared> {
    let (guests, asked) = (guests.clone(), survey.clone());
    let said = tokio::task::spawn_blocking(move || calls::both(&guests, [&serving, &new], &asked, threads)).await?;
    let lacks = lacking(&said);
    if !lacks.is_empty() {
        return Ok(Compared::Lacks(lacks));
    }
    let (resources, asked) = (resolved(cluster, &said).await?, survey.clone());
    let compared = tokio::task::spawn_blocking(move || calls::compared(&asked, &said, &resources, threads)).await?;
    Ok(Compared::Differences(compared))
}

/// The kinds that calls read and that are not watched yet, each in the form that shows most.
fn lacking(said: &[(Said, Said)]) -> BTreeMap<Kind, Option<Form>> {
    let mut lacks: BTreeMap<Kind, Option<Form>> = BTreeMap::new();
    for one in said.iter().flat_map(|(before, after)| [before, after]) {
        if let Err(Failure::Unwatched { kind, form }) = one {
            let known = lacks.entry(kind.clone()).or_default();
            *known = (*known).max(*form);
        }
    }
    lacks
}

/// Where every kind is served that was spoken of.
async fn resolved(cluster: &Cluster, said: &[(Said, Said)]) -> anyhow::Result<HashMap<Kind, Arc<Resource>>> {
    let all = said.iter().flat_map(|(before, after)| [before, after]).flat_map(plan::kinds);
    let kinds: BTreeSet<Kind> = all.collect();
    let mut resources = HashMap::new();
    for kind in kinds {
        let found = cluster.resolve(&kind).await.map_err(anyhow::Error::msg);
        let found = found.with_context(|| format!("where {kind} is served cannot be found out"))?;
        resources.extend(found.map(|resource| (kind, resource)));
    }
    Ok(resources)
}
