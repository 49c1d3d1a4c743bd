//! What a module says, in the form in which two are compared: children by name, without the host's own marks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;
use serde_json::{Map, Value, json};

use super::{Change, How, Said, mask};
use crate::binding::Binding;
use crate::contract::{self, ConditionStatus, Failure, Outcome, Policy, Removal};
use crate::kind::{GroupKind, Key, Kind};
use crate::names;
use crate::object::Object;
use crate::resource::Resource;
use crate::wanted::{self, Wanted};

/// A child's name, in whatever version its kind is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) kind: GroupKind,
    namespace: Option<String>,
    name: String,
}

impl Name {
    pub(super) fn of(key: &Key) -> Self {
        Self { kind: key.kind.group_kind(), namespace: key.namespace.clone(), name: key.name.clone() }
    }

    /// What is removed without being a child that is asked for.
    pub(super) fn removed(&self) -> Change {
        let (kind, namespace, name) = (self.kind.to_string(), self.namespace.clone(), self.name.clone());
        let (before, after) = (Value::Null, Value::Null);
        Change { kind, namespace, name, how: How::Deleted, contributed: false, before, after }
    }
}

pub(super) type Children = BTreeMap<Name, Child>;

/// One child, or one contribution.
#[derive(Clone, Debug)]
pub(super) struct Child {
    /// Of all that is applied.
    pub(super) digest: String,
    pub(super) policy: Policy,
    /// Null where it is not known.
    manifest: Arc<Value>,
    pub(super) contributed: bool,
}

impl Child {
    /// One that is there, and of which nothing else is known than the digest of what was applied.
    pub(super) fn there(digest: String) -> Self {
        Self { digest, policy: Policy::Apply, manifest: Arc::default(), contributed: false }
    }

    /// Its manifest without the host's own marks.
    pub(super) fn bare(&self) -> Value {
        bare(Value::clone(&self.manifest))
    }

    pub(super) fn change(&self, name: &Name, how: How, before: Option<&Self>) -> Change {
        self.told(name, how, before.map_or(Value::Null, Self::bare), self.bare())
    }

    pub(super) fn gone(&self, name: &Name) -> Change {
        self.told(name, How::Deleted, self.bare(), Value::Null)
    }

    fn told(&self, name: &Name, how: How, mut before: Value, mut after: Value) -> Change {
        if mask::is_secret(&name.kind) {
            mask::values(&mut before, &mut after);
        }
        Change {
            kind: name.kind.to_string(),
            namespace: name.namespace.clone(),
            name: name.name.clone(),
            how,
            contributed: self.contributed,
            before,
            after,
        }
    }
}

/// What a module says of one object.
pub(super) struct Plain<'a> {
    /// Children and contributions.
    pub(super) children: Children,
    /// What it wants removed, each with the uid that is meant.
    pub(super) removed: BTreeSet<(Name, String)>,
    /// The same of what it wants made anew.
    pub(super) replaced: BTreeSet<(Name, String)>,
    outcome: &'a Outcome,
    /// Its children as they were checked, in the outcome's order.
    checked: Vec<Wanted>,
}

impl<'a> Plain<'a> {
    /// What is said; a child for which the module before asks in the same words is not checked again. The error is why
    /// nothing would be done, for people, and the bound that was exceeded.
    pub(super) fn of(
        said: &'a Said,
        before: Option<&Self>,
        object: &Object,
        binding: &Binding,
        resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
    ) -> Result<Self, (String, Option<&'static str>)> {
        let outcome = said.as_ref().map_err(|failure| {
            let limit = if let Failure::Limit { bound, .. } = failure { Some(*bound) } else { None };
            (failure.to_string(), limit)
        })?;
        let refused = |refused: wanted::Refused| (refused.to_string(), None);
        let known: HashMap<&contract::Child, &Wanted> =
            before.into_iter().flat_map(|plain| plain.outcome.children.iter().zip(&plain.checked)).collect();
        let known = |child: &contract::Child| known.get(child).map(|wanted| Wanted::clone(wanted));
        let checked = wanted::each(outcome, object, binding, resources, known).map_err(refused)?;
        let wanted = wanted::whole(outcome, checked.clone(), object, binding, resources).map_err(refused)?;
        let contributed = wanted::contributions(outcome, object, binding, resources, &wanted).map_err(refused)?;
        let mut children = Children::new();
        for one in wanted {
            let (name, digest, policy, manifest) = (Name::of(&one.at.key()), one.digest, one.policy, one.manifest);
            children.insert(name, Child { digest, policy, manifest, contributed: false });
        }
        for one in contributed {
            let (name, digest, manifest) = (Name::of(&one.at.key()), one.digest, Arc::new(one.manifest));
            children.insert(name, Child { digest, policy: Policy::Apply, manifest, contributed: true });
        }
        let own = object.key.namespace.as_deref();
        let meant = |removal: &Removal| {
            let namespaced = resources(&removal.key.kind).is_none_or(|resource| resource.namespaced);
            let own = if namespaced { own.map(str::to_owned) } else { None };
            let name = Name::of(&removal.key);
            (Name { namespace: name.namespace.or(own), ..name }, removal.uid.clone())
        };
        let (removed, replaced) = (outcome.remove.iter().map(meant), outcome.replace.iter().map(meant));
        Ok(Self { children, removed: removed.collect(), replaced: replaced.collect(), outcome, checked })
    }

    /// What both say of the object itself, this one first; none where that is the same.
    pub(super) fn itself(&self, after: &Self) -> Option<(Value, Value)> {
        let own = |plain: &Self| {
            let Outcome { status, conditions, hold, labels, annotations, .. } = plain.outcome;
            (status, conditions, hold, labels, annotations)
        };
        if own(self) == own(after) {
            return None;
        }
        let (before, after) = (itself(self.outcome), itself(after.outcome));
        (before != after).then_some((before, after))
    }
}

/// A manifest without the host's own marks.
fn bare(mut manifest: Value) -> Value {
    let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) else { return manifest };
    metadata.remove("ownerReferences");
    for field in ["labels", "annotations"] {
        if let Some(Value::Object(marks)) = metadata.get_mut(field) {
            marks.retain(|key, _| !names::is_reserved(key));
            if marks.is_empty() {
                metadata.remove(field);
            }
        }
    }
    manifest
}

/// What an outcome says of the object itself: what it leaves out is not there.
fn itself(outcome: &Outcome) -> Value {
    let mut all = Map::new();
    if let Some(status) = outcome.status.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        all.insert("status".into(), status);
    }
    let word = |status: ConditionStatus| format!("{status:?}");
    let conditions: Map<String, Value> = outcome
        .conditions
        .iter()
        .map(|c| (c.kind.clone(), json!({"status": word(c.status), "reason": c.reason, "message": c.message})))
        .collect();
    let pairs = |pairs: &[(String, String)]| -> Map<String, Value> {
        pairs.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect()
    };
    let maps =
        [("conditions", conditions), ("labels", pairs(&outcome.labels)), ("annotations", pairs(&outcome.annotations))];
    all.extend(
        maps.into_iter().filter(|(_, map)| !map.is_empty()).map(|(name, map)| (name.to_owned(), Value::Object(map))),
    );
    if let Some(hold) = &outcome.hold {
        all.insert("hold".into(), json!({"reason": hold.reason, "message": hold.message}));
    }
    Value::Object(all)
}
