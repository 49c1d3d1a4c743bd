//! Contributions as they will be applied.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::{Refused, Wanted, digest_of, parse, place::place, put, refused};
use crate::binding::Binding;
use crate::contract::Outcome;
use crate::kind::Kind;
use crate::names;
use crate::object::Object;
use crate::paths::{self, Path};
use crate::resource::{Address, Resource};

/// One contribution as it should be.
#[derive(Clone, Debug)]
pub struct Contributed {
    /// To what.
    pub at: Address,
    /// The fields, with the annotation that carries their digest.
    pub manifest: Value,
    /// That digest.
    pub digest: String,
    /// Fields that may be taken from other managers.
    pub take: Vec<Path>,
}

impl Contributed {
    /// The manifest without what may be taken.
    pub fn without_taken(&self) -> Value {
        let mut rest = self.manifest.clone();
        self.take.iter().for_each(|path| paths::remove(path, &mut rest));
        rest
    }
}

/// Checks the contributions of an outcome and works them out. None may be to the object itself or to a child.
pub fn contributions(
    outcome: &Outcome,
    object: &Object,
    binding: &Binding,
    resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
    children: &[Wanted],
) -> Result<Vec<Contributed>, Refused> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::with_capacity(outcome.contributions.len());
    for (n, one) in outcome.contributions.iter().enumerate() {
        let (manifest, kind) = parse("contribution", n, &one.manifest)?;
        let Some(resource) = resources(&kind) else {
            return refused(format!("contribution {n}: this cluster serves no kind {kind}"));
        };
        let own = object.key.namespace.as_deref();
        let may = |namespace: Option<&str>| binding.permissions.may_contribute(&kind.group, &kind.kind, namespace, own);
        let (at, mut manifest) =
            place(manifest, resource, object, &may).map_err(|e| Refused(format!("contribution {n}: {e}")))?;
        let key = at.key();
        let name = |key: &crate::kind::Key| (key.kind.group_kind(), key.namespace.clone(), key.name.clone());
        if name(&key) == name(&object.key) {
            return refused(format!("contribution {n}: {key} is the object itself; it has labels and annotations"));
        }
        if children.iter().any(|child| name(&child.at.key()) == name(&key)) {
            return refused(format!("contribution {n}: {key} is a child"));
        }
        if !seen.insert(name(&key)) {
            return refused(format!("contribution {n}: {key} is contributed to twice"));
        }
        let take: Result<Vec<Path>, _> = one.take.iter().map(|path| Path::parse(path)).collect();
        let take = take.map_err(|e| Refused(format!("contribution {n}: take: {e}")))?;
        let digest = digest_of(&manifest);
        if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
            put(metadata, "annotations", &names::contributed(&object.meta.uid), &digest);
        }
        all.push(Contributed { at, manifest: Value::Object(manifest), digest, take });
    }
    all.sort_by_key(|one| one.at.key());
    Ok(all)
}
