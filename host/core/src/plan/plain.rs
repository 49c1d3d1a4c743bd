//! What a module says, in the form in which two are compared: children by name, without the host's own marks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Change, How, Said, mask};
use crate::binding::Binding;
use crate::contract::{ConditionStatus, Failure, Outcome, Policy, Removal};
use crate::kind::{GroupKind, Key, Kind};
use crate::names;
use crate::object::Object;
use crate::resource::Resource;
use crate::wanted;

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
    /// Without the host's own marks; null where it is not known.
    pub(super) manifest: Value,
    pub(super) contributed: bool,
}

impl Child {
    pub(super) fn change(&self, name: &Name, how: How, before: Option<&Self>) -> Change {
        let (before, after) = (before.map_or(Value::Null, |b| b.manifest.clone()), self.manifest.clone());
        self.told(name, how, before, after)
    }

    pub(super) fn gone(&self, name: &Name) -> Change {
        self.told(name, How::Deleted, self.manifest.clone(), Value::Null)
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
pub(super) struct Plain {
    pub(super) children: Children,
    /// What it wants removed, each with the uid that is meant.
    pub(super) removed: BTreeSet<(Name, String)>,
    /// The same of what it wants made anew.
    pub(super) replaced: BTreeSet<(Name, String)>,
    /// What it says of the object itself.
    pub(super) itself: Value,
}

impl Plain {
    /// The error is why nothing would be done, for people, and the bound that was exceeded.
    pub(super) fn of(
        said: &Said,
        object: &Object,
        binding: &Binding,
        resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
    ) -> Result<Self, (String, Option<&'static str>)> {
        let outcome = said.as_ref().map_err(|failure| {
            let limit = if let Failure::Limit { bound, .. } = failure { Some(*bound) } else { None };
            (failure.to_string(), limit)
        })?;
        let refused = |refused: wanted::Refused| (refused.to_string(), None);
        let wanted = wanted::check(outcome, object, binding, resources).map_err(refused)?;
        let contributed = wanted::contributions(outcome, object, binding, resources, &wanted).map_err(refused)?;
        let mut children = Children::new();
        for one in wanted {
            let (digest, policy, manifest) = (one.digest, one.policy, bare(one.manifest));
            children.insert(Name::of(&one.at.key()), Child { digest, policy, manifest, contributed: false });
        }
        for one in contributed {
            let (digest, policy, manifest) = (one.digest, Policy::Apply, bare(one.manifest));
            children.insert(Name::of(&one.at.key()), Child { digest, policy, manifest, contributed: true });
        }
        let own = object.key.namespace.as_deref();
        let meant = |removal: &Removal| {
            let namespaced = resources(&removal.key.kind).is_none_or(|resource| resource.namespaced);
            let own = if namespaced { own.map(str::to_owned) } else { None };
            let name = Name::of(&removal.key);
            (Name { namespace: name.namespace.or(own), ..name }, removal.uid.clone())
        };
        let (removed, replaced) = (outcome.remove.iter().map(meant), outcome.replace.iter().map(meant));
        Ok(Self { children, removed: removed.collect(), replaced: replaced.collect(), itself: itself(outcome) })
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
