//! What is changed of a Reconciler: which module it names, and what a person says of one.

use std::time::Duration;

use anyhow::{Context as _, bail};
use innkeeper_cluster::{Cluster, PUSH_MANAGER};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::names::{APPROVED, PROMOTED};
use innkeeper_core::reconciler::{Source, Spec};
use serde_json::{Value, json};

use super::{Standing, address, find, words};

/// How often a change is tried that something else came before.
const TRIES: usize = 10;

/// Makes a Reconciler.
pub(crate) async fn make(cluster: &Cluster, name: &str, spec: &Spec) -> anyhow::Result<Standing> {
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
pub(crate) async fn swap(cluster: &Cluster, found: &Standing, digest: &str) -> anyhow::Result<Option<Standing>> {
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
pub(crate) async fn go_back(cluster: &Cluster, found: &Standing, digest: &str) -> anyhow::Result<Option<Standing>> {
    let source = Source::of_pushed(digest);
    if found.source == source && found.approves(digest) {
        return Ok(None);
    }
    change(cluster, found, |now| vec![named(&source), approved(now, digest)]).await.map(Some)
}

/// Lets the module of that digest take over that waits for it.
pub(crate) async fn approve(cluster: &Cluster, found: &Standing, digest: &str) -> anyhow::Result<Standing> {
    change(cluster, found, |now| vec![approved(now, digest)]).await
}

fn named(source: &Source) -> Value {
    json!({"op": "replace", "path": "/spec/module", "value": source})
}

fn approved(found: &Standing, digest: &str) -> Value {
    annotated(found, APPROVED, &word_for(digest))
}

/// What is written to approve or promote a module: each time another word, for each counts once.
fn word_for(digest: &str) -> String {
    format!("{digest} {}", jiff::Timestamp::now())
}

fn annotated(found: &Standing, name: &str, value: &str) -> Value {
    match found.has_annotations {
        true => {
            let key = name.replace('/', "~1");
            json!({"op": "add", "path": format!("/metadata/annotations/{key}"), "value": value})
        }
        false => json!({"op": "add", "path": "/metadata/annotations", "value": {name: value}}),
    }
}

/// Lets the module of that digest take over at once.
pub(crate) async fn promote(cluster: &Cluster, found: &Standing, digest: &str) -> anyhow::Result<Standing> {
    change(cluster, found, |now| vec![annotated(now, PROMOTED, &word_for(digest))]).await
}

/// Takes no further steps, or takes them again.
pub(crate) async fn pause(cluster: &Cluster, found: &Standing, paused: bool) -> anyhow::Result<Standing> {
    change(cluster, found, |_| vec![json!({"op": "add", "path": "/spec/rollout/paused", "value": paused})]).await
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
