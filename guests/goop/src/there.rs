//! The workers that are there, as far as their metadata and status tell: the rest need not be read.

use std::collections::{BTreeMap, BTreeSet};

use innkeeper_sdk::{Context, Failure, Object, State};
use serde::Deserialize;

use crate::types::Goop;
use crate::worker::MARK;

/// A worker that is there.
#[derive(Debug)]
pub(crate) struct Worker {
    /// The mark of the work that it was made for, where that was looked at.
    pub(crate) mark: Option<String>,
    /// Whether it is being deleted.
    pub(crate) going: bool,
    conditions: Vec<Condition>,
}

impl Worker {
    /// Why, if that condition of it holds.
    pub(crate) fn holds(&self, kind: &str) -> Option<String> {
        let found = self.conditions.iter().find(|one| one.kind == kind && one.status == "True")?;
        let said = [&found.reason, &found.message].into_iter().filter(|text| !text.is_empty());
        Some(said.cloned().collect::<Vec<_>>().join(": "))
    }
}

/// What is looked at of a status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: String,
    message: String,
}

/// The children of a kind, by name. Their marks are looked at only if that is asked for: it is most of the work.
pub(crate) fn workers<K: Object>(cx: &Context<Goop>, with_marks: bool) -> Result<BTreeMap<String, Worker>, Failure> {
    let of_kind = cx.verdicts().iter().filter(|verdict| verdict.key.kind.kind == K::kind(&()));
    let going: BTreeSet<&str> =
        of_kind.filter(|verdict| verdict.state == State::Deleting).map(|verdict| verdict.key.name.as_str()).collect();
    let mut all = BTreeMap::new();
    for child in cx.children::<K>().status::<Status>()? {
        let going = going.contains(child.name());
        let worker = Worker { mark: None, going, conditions: child.conditions.clone() };
        all.insert(child.name().to_owned(), worker);
    }
    if with_marks {
        for child in cx.children::<K>().metadata()? {
            if let Some(worker) = all.get_mut(child.name()) {
                worker.mark = child.annotations.as_ref().and_then(|annotations| annotations.get(MARK)).cloned();
            }
        }
    }
    Ok(all)
}
