//! What the command line does to a Reconciler, with the caller's own rights: finds it, names another module, and waits
//! for what comes of that.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use innkeeper_cluster::{Cluster, PUSH_MANAGER};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::names::APPROVED;
use innkeeper_core::object::{Object, short};
use innkeeper_core::reconciler::{self, Condition, Source, Spec, Status};
use innkeeper_core::resource::Address;
use serde_json::{Value, json};

const POLL: Duration = Duration::from_millis(200);
/// How often a change is tried that something else came before.
const TRIES: usize = 10;

/// A Reconciler as it is now.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    at: Address,
    generation: i64,
    version: String,
    has_annotations: bool,
    approved: Option<String>,
    pub(super) source: Source,
    pub(super) status: Status,
}

impl Standing {
    fn of(at: Address, object: &Object) -> anyhow::Result<Self> {
        let whole = object.value();
        let read = || -> serde_json::Result<(Source, Status)> {
            let status = serde_json::from_value(whole["status"].clone()).unwrap_or_default();
            Ok((serde_json::from_value(whole["spec"]["module"].clone())?, status))
        };
        let (source, status) = read().with_context(|| format!("Reconciler {} makes no sense", at.name))?;
        let (generation, version) = (object.meta.generation, object.meta.resource_version.clone());
        let has_annotations = object.meta.annotations.iter().next().is_some();
        let approved = object.meta.annotations.get(APPROVED).map(str::to_owned);
        Ok(Self { at, generation, version, has_annotations, approved, source, status })
    }

    /// Whether that module decides, and the Reconciler wants it.
    pub(super) fn is_served(&self, digest: &str) -> bool {
        self.is_observed() && self.status.digest.as_deref() == Some(digest) && self.source.pushed() == Some(digest)
    }

    /// Whether the module of that digest waits for approval.
    pub(super) fn waits_for(&self, digest: &str) -> bool {
        let waits = self.condition("Loaded").is_some_and(|loaded| ["ApprovalNeeded", LEFT].contains(&&*loaded.reason));
        self.is_observed() && waits && self.source.digest.as_deref().is_none_or(|named| named == digest)
    }

    /// The digest of the module that waits for approval because it was left, if that is so.
    pub(super) fn left(&self) -> Option<&str> {
        let is_so = self.condition("Loaded").is_some_and(|loaded| loaded.reason == LEFT);
        let named = self.source.digest.as_deref();
        let rejected = self.status.rejected.iter().map(|rejected| rejected.digest.as_str());
        rejected.filter(|_| is_so).find(|digest| named.is_none_or(|named| named == *digest))
    }

    fn approves(&self, digest: &str) -> bool {
        self.status.is_approved(digest, self.approved.as_deref())
    }

    fn is_observed(&self) -> bool {
        self.status.observed_generation >= Some(self.generation)
    }

    fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| c.kind == kind)
    }
}

fn address(name: &str) -> Address {
    Address { resource: reconciler::resource().into(), namespace: None, name: name.to_owned() }
}

/// A time as people write it; none at all is `0s`.
pub(super) fn patience(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|e| format!("{e}"))?;
    Duration::try_from(parsed).map_err(|_| "it must not be negative".to_owned())
}

/// The Reconciler of that name, if there is one.
pub(super) async fn find(cluster: &Cluster, name: &str) -> anyhow::Result<Option<Standing>> {
    let at = address(name);
    match cluster.act(&Action::Look(at.clone())).await {
        Done::Object { object, .. } => Standing::of(at, &object).map(Some),
        Done::NotFound(_) => Ok(None),
        other => bail!("Reconciler {name} cannot be read: {}", words(other)),
    }
}

/// The Reconciler of that name.
pub(super) async fn existing(cluster: &Cluster, name: &str) -> anyhow::Result<Standing> {
    let found = find(cluster, name).await?;
    found.with_context(|| format!("there is no Reconciler {name}; innkeeper get lists them"))
}

/// Whether a person who writes this means that digest: it whole, or how it begins.
pub(super) fn means(written: &str, digest: &str) -> bool {
    digest.starts_with(written) || digest.strip_prefix("sha256:").is_some_and(|hex| hex.starts_with(written))
}

/// Makes a Reconciler.
pub(super) async fn make(cluster: &Cluster, name: &str, spec: &Spec) -> anyhow::Result<Standing> {
    let at = address(name);
    let kind = &at.resource.kind;
    let manifest = json!({
        "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": {"name": name}, "spec": spec,
    });
    let apply = Action::Apply { at: at.clone(), manager: PUSH_MANAGER.to_owned(), manifest, force: false };
    match cluster.act(&apply).await {
        Done::Object { object, .. } => Standing::of(at, &object),
        other => bail!("Reconciler {name} cannot be made: {}", words(other)),
    }
}

/// Makes a Reconciler name that module; none where it does so already, and nothing is written then. Who pushes a module that
/// was left wants it again. What somebody else wrote meanwhile is not lost: then it fails.
pub(super) async fn swap(cluster: &Cluster, found: &Standing, digest: &str) -> anyhow::Result<Option<Standing>> {
    let source = Source::of_pushed(digest);
    let was_left = found.status.rejected(digest).is_some() && !found.approves(digest);
    if found.source == source && !was_left {
        return Ok(None);
    }
    let change_of = |now: &Standing| {
        let approved = was_left.then(|| approved(now, digest));
        std::iter::once(named(&source)).chain(approved).collect()
    };
    change(cluster, found, change_of).await.map(Some)
}

/// The same for a module that decided before, which waits for nobody's approval: who goes back gives it.
pub(super) async fn go_back(cluster: &Cluster, found: &Standing, digest: &str) -> anyhow::Result<Option<Standing>> {
    let source = Source::of_pushed(digest);
    if found.source == source && found.approves(digest) {
        return Ok(None);
    }
    change(cluster, found, |now| vec![named(&source), approved(now, digest)]).await.map(Some)
}

/// Lets the module of that digest take over that waits for it.
pub(super) async fn approve(cluster: &Cluster, found: &Standing, digest: &str) -> anyhow::Result<Standing> {
    change(cluster, found, |now| vec![approved(now, digest)]).await
}

fn named(source: &Source) -> Value {
    json!({"op": "replace", "path": "/spec/module", "value": source})
}

fn approved(found: &Standing, digest: &str) -> Value {
    // One that was left needs another approval than the one that it had.
    let value = match found.status.rejected(digest) {
        Some(_) => format!("{digest} {}", jiff::Timestamp::now()),
        None => digest.to_owned(),
    };
    match found.has_annotations {
        true => {
            let key = APPROVED.replace('/', "~1");
            json!({"op": "add", "path": format!("/metadata/annotations/{key}"), "value": value})
        }
        false => json!({"op": "add", "path": "/metadata/annotations", "value": {APPROVED: value}}),
    }
}

/// Changes a Reconciler, whose status its host may be writing at the same time. Where somebody else wants something else
/// of it by now, it fails.
async fn change(
    cluster: &Cluster,
    found: &Standing,
    operations: impl Fn(&Standing) -> Vec<Value>,
) -> anyhow::Result<Standing> {
    let name = &found.at.name;
    let mut now = found.clone();
    for _ in 0..TRIES {
        let test = json!({"op": "test", "path": "/metadata/resourceVersion", "value": now.version});
        let operations = Value::Array(std::iter::once(test).chain(operations(&now)).collect());
        let patch = Action::Patch { at: found.at.clone(), manager: PUSH_MANAGER.to_owned(), operations };
        match cluster.act(&patch).await {
            Done::Object { object, .. } => return Standing::of(found.at.clone(), &object),
            Done::Throttled { after_ms, .. } => tokio::time::sleep(Duration::from_millis(after_ms)).await,
            Done::Conflict(_) | Done::Invalid(_) => {
                let there = find(cluster, name).await?;
                let there = there.with_context(|| format!("Reconciler {name} was deleted meanwhile"))?;
                if there.version == now.version {
                    bail!("Reconciler {name} cannot be changed so: the API server refuses it");
                }
                if there.generation != found.generation {
                    bail!("Reconciler {name}: somebody else changed it meanwhile; look at it and try again");
                }
                now = there;
            }
            other => bail!("Reconciler {name} cannot be changed: {}", words(other)),
        }
    }
    bail!("Reconciler {name} cannot be changed: it changes all the time; try again")
}

/// Reasons of the condition Loaded for which a module will not decide before somebody does something.
pub(super) const STOPS: [&str; 3] = ["ModuleRejected", "ApprovalNeeded", LEFT];

/// The reason of the condition Loaded where a module was left for another one.
const LEFT: &str = "RolledBack";

/// Waits until that module decides, or cannot for one of these reasons.
pub(super) async fn wait(
    cluster: &Cluster,
    named: &Standing,
    digest: &str,
    patience: Duration,
    stops: &[&str],
) -> anyhow::Result<()> {
    let (name, module) = (&named.at.name, short(digest));
    if patience.is_zero() {
        println!("Reconciler {name}: names {module}");
        return Ok(());
    }
    let began = Instant::now();
    loop {
        let now = find(cluster, name).await?.with_context(|| format!("Reconciler {name} was deleted meanwhile"))?;
        if let Some(other) = now.source.pushed().filter(|wanted| *wanted != digest) {
            bail!("Reconciler {name} names {other} by now");
        }
        if now.is_observed() && now.status.digest.as_deref() == Some(digest) {
            return taken(name, module, named, &now);
        }
        let loaded = now.condition("Loaded").filter(|c| now.is_observed() && c.status == "False");
        if let Some(stopped) = loaded.filter(|c| stops.contains(&&*c.reason)) {
            bail!("Reconciler {name}: {module} does not decide: {}", stopped.message);
        }
        if began.elapsed() > patience {
            let why = loaded.map_or("no host has taken it up; is one running?", |c| c.message.as_str());
            bail!("Reconciler {name}: {module} does not decide after {patience:?}: {why}");
        }
        tokio::time::sleep(POLL).await;
    }
}

fn taken(name: &str, module: &str, before: &Standing, now: &Standing) -> anyhow::Result<()> {
    let last = before.status.digest.as_deref().map(short).filter(|last| *last != module);
    let last = last.map(|last| format!(", before it {last} did")).unwrap_or_default();
    println!("Reconciler {name}: {module} decides{last}");
    match now.condition("Stalled").filter(|c| c.status == "True") {
        Some(stalled) => bail!("Reconciler {name} does not serve: {}", stalled.message),
        None => Ok(()),
    }
}

fn words(done: Done) -> String {
    match done {
        Done::Conflict(why) => format!("somebody else changed it meanwhile, try again ({why})"),
        Done::NotFound(why) => format!("{why}; innkeeper manifests | kubectl apply --server-side -f -"),
        Done::Forbidden(why) | Done::Unknown(why) => why,
        Done::Invalid(refusal) => refusal.message,
        Done::Throttled { message, .. } => message,
        Done::Object { .. } | Done::Accepted => "the answer makes no sense".to_owned(),
    }
}
