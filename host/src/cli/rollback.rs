//! `innkeeper rollback`: lets a module decide again that decided before.

use std::time::Duration;

use anyhow::{Context as _, bail};
use innkeeper_cluster::Cluster;
use innkeeper_core::object::short;
use innkeeper_core::reconciler::{Served, Status};

use super::{Access, Patience, Storage};
use crate::reconciler::{self, Standing};

/// What `innkeeper rollback` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The Reconciler.
    #[arg(value_name = "NAME")]
    reconciler: String,
    /// The digest to go back to, or how it begins. Default: the one that decided before the one that
    /// does now, and was not left since; where another one takes over or waits to, the one that does now.
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
    let standing = Decides::of(&found.status, found.source.digest.as_deref());
    let meant = meant(&found.status, &standing, options.to.as_deref())
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

/// The module that decides, and whether it is the one that is named.
#[derive(Debug)]
enum Decides<'a> {
    /// It is named, or what is named was left for it: then that is gone back on already, and the one before it is meant.
    Settled { digest: &'a str, is_named: bool },
    /// Another one takes over from it, or waits: going back means that it does not.
    Contested,
}

impl<'a> Decides<'a> {
    fn of(status: &'a Status, named: Option<&str>) -> Self {
        let Some(digest) = status.digest.as_deref().filter(|_| status.rollout.is_none()) else {
            return Self::Contested;
        };
        match named {
            Some(named) if named != digest && status.rejected(named).is_none() => Self::Contested,
            named => Self::Settled { digest, is_named: named.is_none_or(|named| named == digest) },
        }
    }
}

/// Which module of the history is meant.
fn meant<'a>(status: &'a Status, decides: &Decides<'_>, to: Option<&str>) -> Result<&'a Served, String> {
    let history = &status.history;
    let all = || {
        let all: Vec<String> =
            history.iter().map(|s| format!("{} ({}, since {})", short(&s.digest), s.version, s.since)).collect();
        if all.is_empty() { "none".to_owned() } else { all.join(", ") }
    };
    let Some(to) = to else {
        let now = if let Decides::Settled { digest, .. } = decides { Some(*digest) } else { None };
        let decided = |served: &&Served| Some(served.digest.as_str()) != now;
        let before = history.iter().filter(decided).find(|served| status.rejected(&served.digest).is_none());
        return before.ok_or_else(|| {
            let left = if history.iter().any(|served| decided(&served)) {
                " and was not left since; name one with --to"
            } else {
                ""
            };
            format!("no module decided before the one that does now{left}; known: {}", all())
        });
    };
    let mut found: Vec<&Served> = history.iter().filter(|served| reconciler::means(to, &served.digest)).collect();
    found.dedup_by(|a, b| a.digest == b.digest);
    match found.as_slice() {
        [] => Err(format!("no module in its history begins with {to}; known: {}", all())),
        [one, others @ ..] if others.iter().all(|other| other.digest == one.digest) => match decides {
            Decides::Settled { digest, is_named: true } if *digest == one.digest => {
                Err(format!("{} decides already", short(&one.digest)))
            }
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
    use innkeeper_core::reconciler::{Rejected, Rolling};

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

    /// Which one is meant after those decided, the last of which does, while that one is named, and those were left.
    fn goes(history: &str, named: &str, left: &str, to: Option<&str>) -> Result<String, String> {
        let letters = |text: &str| -> Vec<String> { text.chars().map(String::from).collect() };
        let rejected = |left: &String| Rejected { digest: served(left).digest, ..Rejected::default() };
        let history: Vec<Served> = letters(history).iter().map(|letter| served(letter)).collect();
        let status = Status {
            digest: Some(history[0].digest.clone()),
            rejected: letters(left).iter().map(rejected).collect(),
            history,
            ..Status::default()
        };
        let named = served(named).digest;
        meant(&status, &Decides::of(&status, Some(&named)), to).map(|s| s.digest[7..8].to_owned())
    }

    #[test]
    fn the_one_before_is_meant_or_the_only_one_that_begins_so() {
        let digest = |to: Option<&str>| goes("cbca", "c", "", to);
        assert_eq!(digest(None), Ok("b".to_owned()));
        assert_eq!(digest(Some("a")), Ok("a".to_owned()));
        assert_eq!(digest(Some("sha256:aa")), Ok("a".to_owned()));
        assert!(digest(Some("sha256:")).is_err_and(|e| e.contains("several")));
        assert!(digest(Some("cc")).is_err_and(|e| e.contains("decides already")));
        assert!(digest(Some("d")).is_err_and(|e| e.contains("cccccccccccc")));
        assert!(goes("c", "c", "", None).is_err_and(|e| e.contains("before")));
        assert!(meant(&Status::default(), &Decides::Contested, None).is_err());
    }

    #[test]
    fn who_goes_back_twice_goes_back_further_and_not_forth() {
        assert_eq!(goes("bcba", "b", "c", None), Ok("a".to_owned()));
        assert!(goes("abcba", "a", "bc", None).is_err_and(|e| e.contains("--to")), "all others were left");
        assert_eq!(goes("abcba", "a", "bc", Some("c")), Ok("c".to_owned()));
    }

    #[test]
    fn where_another_one_is_named_and_does_not_decide_the_one_that_does_is_meant() {
        assert_eq!(goes("ba", "c", "", None), Ok("b".to_owned()), "c waits: it is not to");
        let (b, c) = (served("b"), served("c").digest);
        let rolling = Status {
            digest: Some(b.digest.clone()),
            rollout: Some(Rolling::default()),
            history: vec![b.clone(), served("a")],
            ..Status::default()
        };
        assert_eq!(meant(&rolling, &Decides::of(&rolling, Some(&c)), None).map(|s| &s.digest), Ok(&b.digest));
    }

    #[test]
    fn what_went_back_by_itself_is_not_gone_back_on_once_more() {
        assert_eq!(goes("ba", "c", "c", None), Ok("a".to_owned()));
        assert_eq!(goes("ba", "c", "c", Some("b")), Ok("b".to_owned()), "then b is named");
        assert!(goes("b", "c", "c", None).is_err());
    }
}
