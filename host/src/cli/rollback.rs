//! `innkeeper rollback`: lets a module decide again that decided before.

use std::time::Duration;

use anyhow::{Context as _, bail};
use innkeeper_cluster::Cluster;
use innkeeper_core::object::short;
use innkeeper_core::reconciler::Served;

use super::{Access, Patience, Storage};
use crate::reconciler::{self, Standing};

/// What `innkeeper rollback` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The Reconciler.
    #[arg(value_name = "NAME")]
    reconciler: String,
    /// The digest to go back to, or how it begins. Default: the one that decided before the one that does now.
    #[arg(long, value_name = "DIGEST")]
    to: Option<String>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    access: Access,
}

/// Rolls back.
pub(super) async fn rollback(options: Options) -> anyhow::Result<()> {
    let cluster = options.access.connect().await?;
    let name = &options.reconciler;
    let found = reconciler::existing(&cluster, name).await?;
    // Where something else is named that does not decide, or not for all, the one that does is gone back to.
    let decides = found.status.digest.as_deref().filter(|_| found.status.rollout.is_none());
    let now = decides.filter(|digest| found.source.digest.as_deref().is_none_or(|named| named == *digest));
    let meant = meant(&found.status.history, now, options.to.as_deref())
        .map_err(|why| anyhow::anyhow!("Reconciler {name}: {why}"))?;
    go(&cluster, &found, &meant.digest, &options.storage.namespace, options.patience.timeout).await
}

/// Goes back to that module.
pub(super) async fn go(
    cluster: &Cluster,
    found: &Standing,
    digest: &str,
    namespace: &str,
    patience: Duration,
) -> anyhow::Result<()> {
    kept(cluster, namespace, digest).await?;
    let Some(changed) = reconciler::go_back(cluster, found, digest).await? else {
        bail!("{} names {} already; it waits for a host", found.title(), short(digest));
    };
    reconciler::wait(cluster, &changed, digest, patience, &reconciler::STOPS).await
}

/// Which module of the history is meant.
fn meant<'a>(history: &'a [Served], now: Option<&str>, to: Option<&str>) -> Result<&'a Served, String> {
    let all = || {
        let all: Vec<String> =
            history.iter().map(|s| format!("{} ({}, since {})", short(&s.digest), s.version, s.since)).collect();
        if all.is_empty() { "none".to_owned() } else { all.join(", ") }
    };
    let Some(to) = to else {
        let before = history.iter().find(|served| Some(served.digest.as_str()) != now);
        return before.ok_or_else(|| format!("no module decided before the one that does now; known: {}", all()));
    };
    let mut found: Vec<&Served> = history.iter().filter(|served| reconciler::means(to, &served.digest)).collect();
    found.dedup_by(|a, b| a.digest == b.digest);
    match found.as_slice() {
        [] => Err(format!("no module in its history begins with {to}; known: {}", all())),
        [one, others @ ..] if others.iter().all(|other| other.digest == one.digest) => match now {
            Some(now) if now == one.digest => Err(format!("{} decides already", short(&one.digest))),
            _ => Ok(one),
        },
        _ => Err(format!("several modules in its history begin with {to}; known: {}", all())),
    }
}

/// The cluster must have its bytes: what came from a folder may be nowhere any more.
async fn kept(cluster: &Cluster, namespace: &str, digest: &str) -> anyhow::Result<()> {
    let kept = cluster.stored_module(namespace, digest).await;
    kept.map(drop).with_context(|| format!("the cluster does not keep {}; push its file instead", short(digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(letter: &str) -> Served {
        let digest = format!("sha256:{}", letter.repeat(64));
        Served {
            digest,
            version: "1".into(),
            source: "pushed".into(),
            since: "2026-01-01T00:00:00Z".into(),
            kept: true,
        }
    }

    #[test]
    fn the_one_before_is_meant_or_the_only_one_that_begins_so() {
        let history = [served("c"), served("b"), served("c"), served("a")];
        let now = history[0].digest.as_str();
        let digest = |to: Option<&str>| meant(&history, Some(now), to).map(|s| s.digest[7..8].to_owned());
        assert_eq!(digest(None), Ok("b".to_owned()));
        assert_eq!(digest(Some("a")), Ok("a".to_owned()));
        assert_eq!(digest(Some("sha256:aa")), Ok("a".to_owned()));
        assert!(digest(Some("sha256:")).is_err_and(|e| e.contains("several")));
        assert!(digest(Some("cc")).is_err_and(|e| e.contains("decides already")));
        assert!(digest(Some("d")).is_err_and(|e| e.contains("cccccccccccc")));
        assert!(meant(&history[..1], Some(now), None).is_err_and(|e| e.contains("before")));
        assert!(meant(&[], None, None).is_err());
    }
}
