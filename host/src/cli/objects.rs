//! `innkeeper get NAME`: the objects of one Reconciler, and which module decides for each.

use anyhow::Context as _;
use innkeeper_cluster::Cluster;
use innkeeper_core::conditions::{self, Health};
use innkeeper_core::object::{Object, short};
use innkeeper_core::rollout::Share;
use serde::Serialize;

use super::table;
use crate::reconciler::{self, Standing};

/// One object.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    /// The digest of the module that decides for it.
    digest: Option<String>,
    /// `ready`, `waiting` or `failed`; none where its status does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'static str>,
    /// Why it is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Lists them, by namespace and name.
pub(super) async fn list(cluster: &Cluster, name: &str) -> anyhow::Result<Vec<Row>> {
    let found = reconciler::existing(cluster, name).await?;
    let kind = found.status.kind.clone().with_context(|| format!("{}: it keeps no kind yet", found.title()))?;
    let objects = cluster.objects(&kind).await.map_err(anyhow::Error::msg)?;
    // It follows from the status, as it does for the host.
    let taken = found.status.rollout.as_ref().map(|rolling| Share::of(&rolling.digest, &rolling.taken));
    let mut rows: Vec<Row> = objects.iter().map(|object| row(&found, taken.as_ref(), object)).collect();
    rows.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    Ok(rows)
}

fn row(found: &Standing, taken: Option<&Share>, object: &Object) -> Row {
    let status = &found.status;
    let is_taken = taken.is_some_and(|share| share.takes(object));
    let next = status.rollout.as_ref().filter(|_| is_taken).map(|rolling| &rolling.digest);
    let (health, message) = match conditions::health(&object.status()) {
        Some(Health::Ready) => (Some("ready"), None),
        Some(Health::Waiting(why)) => (Some("waiting"), Some(why)),
        Some(Health::Failed(why)) => (Some("failed"), Some(why)),
        None => (None, None),
    };
    Row {
        namespace: object.key.namespace.clone(),
        name: object.key.name.clone(),
        digest: next.or(status.digest.as_ref()).cloned(),
        health,
        message,
    }
}

/// For people.
pub(super) fn text(rows: &[Row]) -> String {
    let word = |word: Option<&str>| word.unwrap_or("-").to_owned();
    let line = |row: &Row| {
        let why = row.message.as_deref().map(|why| conditions::cut(why, 100));
        [
            word(row.namespace.as_deref()),
            row.name.clone(),
            word(row.digest.as_deref().map(short)),
            word(row.health),
            why.unwrap_or_default(),
        ]
    };
    table::of(["NAMESPACE", "NAME", "DECIDED BY", "HEALTH", "WHY"], rows.iter().map(line))
}
