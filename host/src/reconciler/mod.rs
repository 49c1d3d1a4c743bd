//! What commands, and requests that bring a module, do to a Reconciler: find it, name another module, and wait
//! for what comes of that.

mod changes;
mod waiting;

use std::time::Duration;

use anyhow::{Context as _, bail};
use innkeeper_cluster::Cluster;
use innkeeper_core::action::{Action, Done};
use innkeeper_core::names::APPROVED;
use innkeeper_core::object::{Object, short};
use innkeeper_core::reconciler::{self, Condition, Rollout, Source, Status};
use innkeeper_core::resource::Address;

pub(crate) use changes::{approve, go_back, make, pause, promote, swap};
use waiting::LEFT;
pub(crate) use waiting::{STOPS, wait, wait_until_it_decides};

/// A Reconciler as it is now.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    at: Address,
    generation: i64,
    version: String,
    has_annotations: bool,
    approved: Option<String>,
    rollout: Rollout,
    pub(crate) source: Source,
    pub(crate) status: Status,
}

impl Standing {
    fn of(at: Address, object: &Object) -> anyhow::Result<Self> {
        let whole = object.value();
        let read = || -> serde_json::Result<(Source, Rollout, Status)> {
            let status = serde_json::from_value(whole["status"].clone()).unwrap_or_default();
            let rollout: Option<Rollout> = serde_json::from_value(whole["spec"]["rollout"].clone())?;
            Ok((serde_json::from_value(whole["spec"]["module"].clone())?, rollout.unwrap_or_default(), status))
        };
        let (source, rollout, status) = read().with_context(|| format!("Reconciler {} makes no sense", at.name))?;
        let (generation, version) = (object.meta.generation, object.meta.resource_version.clone());
        let has_annotations = object.meta.annotations.iter().next().is_some();
        let approved = object.meta.annotations.get(APPROVED).map(str::to_owned);
        Ok(Self { at, generation, version, has_annotations, approved, rollout, source, status })
    }

    /// How it is called in messages.
    pub(crate) fn title(&self) -> String {
        format!("Reconciler {}", self.at.name)
    }

    /// Whether another module takes over in steps.
    pub(crate) fn has_steps(&self) -> bool {
        !self.rollout.steps.is_empty()
    }

    /// Whether a person wants no further step.
    pub(crate) fn is_paused(&self) -> bool {
        self.rollout.paused
    }

    /// Whether that module decides, and the Reconciler wants it.
    pub(crate) fn is_served(&self, digest: &str) -> bool {
        self.is_observed() && self.status.digest.as_deref() == Some(digest) && self.source.pushed() == Some(digest)
    }

    /// Whether the module of that digest waits for approval.
    pub(crate) fn waits_for(&self, digest: &str) -> bool {
        let waits = self.condition("Loaded").is_some_and(|loaded| ["ApprovalNeeded", LEFT].contains(&&*loaded.reason));
        self.is_observed() && waits && self.source.digest.as_deref().is_none_or(|named| named == digest)
    }

    /// The digest of the module that waits for approval because it was left, if that is so.
    pub(crate) fn left(&self) -> Option<&str> {
        // The condition says which one is offered.
        let loaded = self.condition("Loaded").filter(|loaded| loaded.reason == LEFT)?;
        let (offered, _) = loaded.message.split_once(" was left at ")?;
        let mut rejected = self.status.rejected.iter().map(|rejected| rejected.digest.as_str());
        rejected.find(|digest| offered.contains(short(digest)))
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
pub(crate) fn patience(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|e| format!("{e}"))?;
    Duration::try_from(parsed).map_err(|_| "it must not be negative".to_owned())
}

/// The Reconciler of that name, if there is one.
pub(crate) async fn find(cluster: &Cluster, name: &str) -> anyhow::Result<Option<Standing>> {
    let at = address(name);
    match cluster.act(&Action::Look(at.clone())).await {
        Done::Object { object, .. } => Standing::of(at, &object).map(Some),
        Done::NotFound(_) => Ok(None),
        other => bail!("Reconciler {name} cannot be read: {}", words(other)),
    }
}

/// The Reconciler of that name.
pub(crate) async fn existing(cluster: &Cluster, name: &str) -> anyhow::Result<Standing> {
    let found = find(cluster, name).await?;
    found.with_context(|| format!("there is no Reconciler {name}; innkeeper get lists them"))
}

/// Whether a person who writes this means that digest: it whole, or how it begins.
pub(crate) fn means(written: &str, digest: &str) -> bool {
    digest.starts_with(written) || digest.strip_prefix("sha256:").is_some_and(|hex| hex.starts_with(written))
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
