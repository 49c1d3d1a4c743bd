//! Which scripts an account has, each in its newest version, and in which order their ports are.

use std::collections::BTreeMap;

use innkeeper_sdk::{Context, Failure, Instant, selector};
use kube::core::ObjectMeta;
use workers::{
    ACCOUNTS, Deployed, ORDER, SENT_AT, Worker, WorkerAccount, WorkerDeployment, WorkerDeploymentStatus, WorkerRelease,
    WorkerReleaseSpec, account_of,
};

/// The port of the first script; each has the next one.
const FIRST_PORT: i32 = 8080;
/// What the variables of every script are prefixed with.
const PREFIX: &str = "WASM_WORKER_";

/// A script in its newest version.
pub(crate) struct Script {
    pub(crate) release: WorkerReleaseSpec,
}

impl Script {
    /// What is remembered of it when it is served.
    pub(crate) fn deployed(&self) -> Deployed {
        Deployed { name: self.release.script_name.clone(), secret_ref: self.release.secret_ref.clone() }
    }
}

/// The newest version of each script. Those that are served keep their order; new ones come after them, by name.
pub(crate) fn wanted(cx: &Context<WorkerAccount>, served: &[Deployed]) -> Result<Vec<Script>, Failure> {
    let mut newest = newest(cx)?;
    let mut scripts: Vec<Script> = served.iter().filter_map(|script| newest.remove(&script.name)).collect();
    scripts.extend(newest.into_values());
    Ok(scripts)
}

/// A release that counts for its deployment and is not there: somebody deleted it, and it will be back. Nothing is
/// given up for that, and nothing older built.
pub(crate) fn awaited(
    cx: &Context<WorkerAccount>,
    wanted: &[Script],
    served: &[Deployed],
) -> Result<Option<String>, Failure> {
    let account = account_of(cx.object()).map(|id| format!("{ACCOUNTS}={id}")).unwrap_or_default();
    let deployments = || cx.list::<WorkerDeployment>().labels(&account);
    let releases = cx.list::<WorkerRelease>().names()?;
    for deployment in deployments().status::<WorkerDeploymentStatus>()? {
        let active = deployment.active_release.as_str();
        if !active.is_empty() && releases.iter().all(|release| release.name() != active) {
            return Ok(Some(format!("the release {active}")));
        }
    }
    // One that was deleted and made again at once says nothing of its releases yet.
    let is_wanted = |name: &str| wanted.iter().any(|script| script.release.script_name == name);
    for name in served.iter().map(|script| &script.name).filter(|name| !is_wanted(name)) {
        let releases = cx.list::<WorkerRelease>().field("spec.scriptName", name).metadata()?;
        let released = |deployment: &ObjectMeta| {
            let live = releases.iter().filter(|release| release.deletion_timestamp.is_none());
            live.map(|release| sender(release)).any(|sender| deployment.uid.as_ref() == Some(&sender))
        };
        let deployments = deployments().field("spec.template.scriptName", name).metadata()?;
        if deployments.iter().any(|one| one.deletion_timestamp.is_none() && !released(one)) {
            return Ok(Some(format!("a release of the script {name}")));
        }
    }
    Ok(None)
}

/// The workers of a bundle that serves these scripts.
pub(crate) fn workers(scripts: &[Deployed]) -> Vec<Worker> {
    let worker = |(port, script): (i32, &Deployed)| Worker {
        worker_name: script.name.clone(),
        worker_number: port,
        env_prefix: PREFIX.to_owned(),
        secret_ref: script.secret_ref.clone(),
    };
    (FIRST_PORT..).zip(scripts).map(worker).collect()
}

/// When a release came: when its sender sent it, else when it was made; then its name.
type Age = (Option<Instant>, String);

fn newest(cx: &Context<WorkerAccount>) -> Result<BTreeMap<String, Script>, Failure> {
    let wrong = |why: String| Failure::invalid("spec.workerReleaseSelector", why);
    let selector = selector::text(&cx.object().spec.worker_release_selector).map_err(wrong)?;
    let specs = cx.list::<WorkerRelease>().labels(&selector).spec()?;
    let heads = cx.list::<WorkerRelease>().labels(&selector).metadata()?;
    // Of one deployment, the release with the highest order counts and no other.
    let mut active: BTreeMap<String, (i64, &ObjectMeta)> = BTreeMap::new();
    for head in heads.iter().filter(|head| head.deletion_timestamp.is_none()) {
        let head: &ObjectMeta = head;
        let order = said(head, ORDER).and_then(|order| order.parse().ok()).unwrap_or_default();
        let slot = active.entry(sender(head)).or_insert((order, head));
        if order > slot.0 {
            *slot = (order, head);
        }
    }
    let mut found: BTreeMap<String, (Age, Script)> = BTreeMap::new();
    for (_, head) in active.into_values() {
        let Some(spec) = specs.iter().find(|release| release.metadata.name == head.name) else { continue };
        let age = age(head);
        let script = spec.spec.script_name.clone();
        if found.get(&script).is_none_or(|(other, _)| *other < age) {
            found.insert(script, (age, Script { release: spec.spec.clone() }));
        }
    }
    Ok(found.into_iter().map(|(name, (_, script))| (name, script)).collect())
}

/// The deployment that a release is of; one made by hand is on its own.
fn sender(head: &ObjectMeta) -> String {
    let owner = head.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
    owner.map_or_else(|| head.uid.clone().unwrap_or_default(), |owner| owner.uid.clone())
}

fn age(head: &ObjectMeta) -> Age {
    let sent = said(head, SENT_AT).and_then(|at| at.parse::<Instant>().ok());
    let made = head.creation_timestamp.as_ref().map(Instant::from);
    (sent.or(made), head.name.clone().unwrap_or_default())
}

fn said<'a>(head: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    head.annotations.as_ref()?.get(key).map(String::as_str)
}
