//! What another module would change for one object: what two modules say of it, held against each other (promise M05).
//!
//! Both were given the same. Nothing here looks at the cluster: where the module before has no opinion, the children
//! that are there stand for it.

mod counts;
mod fixed;
mod mask;
mod plain;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::binding::Binding;
use crate::contract::{Failure, Outcome, Policy};
use crate::kind::Kind;
use crate::names::APPLIED;
use crate::object::Object;
use crate::resource::Resource;
pub use counts::Counts;
use plain::{Child, Plain};

/// So many changes of one object are told in one line.
const SHOWN: usize = 3;

/// What becomes of a child, or of what is contributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// It is not asked for so far.
    Created,
    /// Another manifest is applied.
    Changed,
    /// A field differs that cannot be changed: it is deleted and made anew.
    Recreated,
    /// It is not asked for any more.
    Deleted,
}

/// One child, or one object that is contributed to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Its kind, as kubectl takes it: `Deployment.apps`.
    pub kind: String,
    /// Its namespace; none for a cluster-scoped one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub how: How,
    /// Whether it is no child, but an object that fields are contributed to.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub contributed: bool,
    /// What is asked for so far, without the host's own marks, and of a Secret no values. None where it is not known.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub before: Value,
    /// What would be asked for.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub after: Value,
}

/// What would be different for one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Children and contributions.
    pub changes: Vec<Change>,
    /// What is said of the object itself (status, conditions, labels), before and after; none where that is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub itself: Option<(Value, Value)>,
    /// Why the new module has no opinion: then nothing would be applied, changed or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The bound that it exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<&'static str>,
    /// Whether the module before has none either.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed_before: bool,
}

impl Difference {
    /// Its first few changes in one line, for people.
    pub fn in_short(&self) -> String {
        // A guest's own words may hold what only some may read: they are for who plans, not for a status.
        match (&self.failure, self.limit) {
            (Some(_), Some(bound)) => return format!("it exceeds the limit of {bound}"),
            (Some(_), None) => return "it fails".to_owned(),
            (None, _) => {}
        }
        let told = |change: &Change| format!("{} {} {:?}", change.kind, change.name, change.how).to_lowercase();
        let mut words: Vec<String> = self.changes.iter().take(SHOWN).map(told).collect();
        if self.changes.len() > SHOWN {
            words.push(format!("{} more", self.changes.len() - SHOWN));
        }
        if words.is_empty() { "its status or labels".to_owned() } else { words.join(", ") }
    }

    /// Whether the new module does nothing else than the one before.
    pub fn is_none(&self) -> bool {
        self.changes.is_empty() && self.itself.is_none() && (self.failure.is_none() || self.failed_before)
    }
}

/// What a module said of an object, or why it said nothing.
pub type Said = Result<Outcome, Failure>;

/// Every kind that must be resolved before what was said can be compared.
pub fn kinds(said: &Said) -> BTreeSet<Kind> {
    said.as_ref().ok().and_then(|outcome| crate::wanted::kinds(outcome).ok()).unwrap_or_default()
}

/// Compares what the serving module says of an object with what another one does. `live` are its children as they are.
pub fn compare(
    (object, binding, live): (&Object, &Binding, &[Arc<Object>]),
    before: Option<&Said>,
    after: &Said,
    resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
) -> Difference {
    let before = before.map(|said| Plain::of(said, None, object, binding, resources)).transpose();
    let failed_before = before.is_err();
    let before = before.ok().flatten();
    let after = match Plain::of(after, before.as_ref(), object, binding, resources) {
        Ok(after) => after,
        Err((failure, limit)) => {
            return Difference { failure: Some(failure), limit, failed_before, ..Difference::default() };
        }
    };
    let itself = before.as_ref().and_then(|before| before.itself(&after));
    let (known, removed, replaced) = match before {
        Some(before) => (before.children, before.removed, before.replaced),
        None => (there(live), BTreeSet::new(), BTreeSet::new()),
    };
    let is_replaced = |name: &plain::Name| after.replaced.difference(&replaced).any(|(replaced, _)| replaced == name);
    let mut changes = Vec::new();
    for (name, child) in &after.children {
        match known.get(name) {
            None if child.policy == Policy::Keep => {}
            None => changes.push(child.change(name, How::Created, None)),
            Some(old) if is_replaced(name) => changes.push(child.change(name, How::Recreated, Some(old))),
            Some(old) if old.digest == child.digest => {}
            // What is there is left as it is.
            Some(_) if matches!(child.policy, Policy::Keep | Policy::CreateOnly) => {}
            Some(old) => {
                let recreated = child.policy == Policy::Recreate && fixed::differs(name, &old.bare(), &child.bare());
                changes.push(child.change(name, if recreated { How::Recreated } else { How::Changed }, Some(old)));
            }
        }
    }
    let gone = known.iter().filter(|(name, old)| !after.children.contains_key(*name) && old.policy != Policy::Keep);
    changes.extend(gone.map(|(name, old)| old.gone(name)));
    changes.extend(after.removed.difference(&removed).map(|(name, _)| name.removed()));
    changes.sort_by(|a, b| (&a.kind, &a.namespace, &a.name).cmp(&(&b.kind, &b.namespace, &b.name)));
    Difference { changes, itself, failed_before, ..Difference::default() }
}

/// The children that are there, as what was asked for last.
fn there(live: &[Arc<Object>]) -> plain::Children {
    let child = |object: &Arc<Object>| {
        let digest = object.meta.annotations.get(APPLIED).unwrap_or_default().to_owned();
        (plain::Name::of(&object.key), Child::there(digest))
    };
    live.iter().map(child).collect()
}
