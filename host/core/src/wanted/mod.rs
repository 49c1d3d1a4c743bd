//! From an outcome to children as they will be applied. The whole outcome is checked before the first
//! write: one bad child refuses it (promise A03).

mod beside;
mod contributions;
mod place;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::binding::Binding;
use crate::contract::{Adopt, Child, Outcome, Policy};
use crate::json;
use crate::kind::{Key, Kind};
use crate::names;
use crate::object::{Object, digest};
use crate::paths::Path;
use crate::resource::{Address, Resource};

pub use contributions::{Contributed, contributions};
use place::place;

/// One child as it should be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where.
    pub at: Address,
    /// What is applied, with the host's labels, annotations and ownerReference.
    pub manifest: Arc<Value>,
    /// The digest that its annotation [`names::APPLIED`] carries.
    pub digest: String,
    /// Its wave.
    pub wave: i32,
    /// How it is kept.
    pub policy: Policy,
    /// Paths that the guest owns whole.
    pub exclusive: Vec<Path>,
    /// Paths to hand over when the manifest stops naming them.
    pub release: Vec<Path>,
    /// Whether it may be adopted.
    pub adopt: Adopt,
    /// Uids of it that are to be deleted and made anew, once.
    pub replace: BTreeSet<String>,
}

/// An outcome that no host may carry out. Says which child, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

fn refused<T>(text: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(text.into()))
}

/// The kinds that an outcome speaks of, to be resolved before [`check`].
pub fn kinds(outcome: &Outcome) -> Result<BTreeSet<Kind>, Refused> {
    let children = outcome.children.iter().enumerate().map(|(n, child)| kind_in("child", n, &child.manifest));
    let contributions = outcome.contributions.iter().enumerate();
    let contributions = contributions.map(|(n, one)| kind_in("contribution", n, &one.manifest));
    children.chain(contributions).chain(outcome.remove.iter().map(|removal| Ok(removal.key.kind.clone()))).collect()
}

/// Checks an outcome as a whole and works out its children, sorted by wave, then address.
///
/// `resources` knows every kind of [`kinds`] that the cluster serves.
pub fn check(
    outcome: &Outcome,
    object: &Object,
    binding: &Binding,
    resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
) -> Result<Vec<Wanted>, Refused> {
    let children = each(outcome, object, binding, resources, |_| None)?;
    whole(outcome, children, object, binding, resources)
}

/// Checks every child by itself, in the outcome's order. Those that are `known` were checked before, of the same object.
pub(crate) fn each(
    outcome: &Outcome,
    object: &Object,
    binding: &Binding,
    resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
    known: impl Fn(&Child) -> Option<Wanted>,
) -> Result<Vec<Wanted>, Refused> {
    let check = |(n, child)| match known(child) {
        Some(wanted) => Ok(wanted),
        None => one(n, child, object, binding, resources),
    };
    outcome.children.iter().enumerate().map(check).collect()
}

/// Checks what children and all else come to together, and sorts them.
pub(crate) fn whole(
    outcome: &Outcome,
    mut children: Vec<Wanted>,
    object: &Object,
    binding: &Binding,
    resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
) -> Result<Vec<Wanted>, Refused> {
    beside::stated(outcome)?;
    beside::own(outcome)?;
    beside::removals(outcome, object, binding, resources)?;
    let mut seen = BTreeSet::new();
    for (n, child) in children.iter().enumerate() {
        let at = &child.at;
        if !seen.insert((at.resource.kind.group_kind(), at.namespace.as_deref(), &at.name)) {
            return refused(format!("child {n}: {} is asked for twice", at.key()));
        }
    }
    beside::replaced(outcome, object, &mut children)?;
    children.sort_by_key(|one| (one.wave, one.at.key()));
    Ok(children)
}

fn one(
    n: usize,
    child: &Child,
    object: &Object,
    binding: &Binding,
    resources: &dyn Fn(&Kind) -> Option<Arc<Resource>>,
) -> Result<Wanted, Refused> {
    let (manifest, kind) = parse("child", n, &child.manifest)?;
    let Some(resource) = resources(&kind) else {
        return refused(format!("child {n}: this cluster serves no kind {kind}"));
    };
    let own = object.key.namespace.as_deref();
    let may = |namespace: Option<&str>| binding.permissions.may_apply(&kind.group, &kind.kind, namespace, own);
    let placed = place(manifest, resource, object, &may).map_err(|e| Refused(format!("child {n}: {e}")))?;
    let key = placed.0.key();
    if key.kind.group_kind() == object.key.kind.group_kind()
        && (&key.namespace, &key.name) == (&object.key.namespace, &object.key.name)
    {
        return refused(format!("child {n}: {key} is the object itself"));
    }
    decorate(placed, child, object, binding)
}

/// Whether Kubernetes' garbage collection can be trusted to remove such a child with its object: an
/// ownerReference cannot point from a cluster-scoped object or another namespace into a namespace.
pub fn is_reachable(object: &Key, child: &Key) -> bool {
    object.namespace.is_none() || object.namespace == child.namespace
}

/// The kind that a manifest names.
fn kind_in(what: &str, n: usize, manifest: &str) -> Result<Kind, Refused> {
    match serde_json::from_str(manifest) {
        Ok(Named { api_version, kind }) if !api_version.is_empty() && !kind.is_empty() => {
            Ok(Kind::from_api_version(&api_version, &kind))
        }
        // What is wrong with it is told by who reads all of it.
        _ => Ok(parse(what, n, manifest)?.1),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a> {
    #[serde(borrow)]
    api_version: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

fn parse(what: &str, n: usize, manifest: &str) -> Result<(Map<String, Value>, Kind), Refused> {
    let manifest: Map<String, Value> = match serde_json::from_str(manifest) {
        Ok(Value::Object(map)) => map,
        Ok(_) => return refused(format!("{what} {n}: the manifest is not a JSON object")),
        Err(e) => return refused(format!("{what} {n}: the manifest is not JSON: {e}")),
    };
    match (text(manifest.get("apiVersion")), text(manifest.get("kind"))) {
        (Some(version), Some(kind)) => {
            let kind = Kind::from_api_version(version, kind);
            Ok((manifest, kind))
        }
        _ => refused(format!("{what} {n}: the manifest lacks apiVersion or kind")),
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|t| !t.is_empty())
}

fn decorate(
    (at, mut manifest): (Address, Map<String, Value>),
    child: &Child,
    object: &Object,
    binding: &Binding,
) -> Result<Wanted, Refused> {
    let key = at.key();
    let paths = |field: &str, texts: &[String]| {
        let parsed: Result<Vec<Path>, _> = texts.iter().map(|path| Path::parse(path)).collect();
        parsed.map_err(|e| Refused(format!("{key}: {field}: {e}")))
    };
    let (exclusive, release) = (paths("exclusive", &child.exclusive)?, paths("release", &child.release)?);
    let metadata = manifest.get_mut("metadata").and_then(Value::as_object_mut);
    let Some(metadata) = metadata else { return refused(format!("{key}: no metadata")) };
    put(metadata, "labels", names::OBJECT_UID, &object.meta.uid);
    put(metadata, "annotations", names::OBJECT, &names::object_annotation(&object.key));
    put(metadata, "annotations", names::WAVE, &child.wave.to_string());
    if is_reachable(&object.key, &key) {
        metadata.insert("ownerReferences".into(), json!([owner_reference(object, binding)]));
    }
    let digest = digest_of(&manifest);
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        put(metadata, "annotations", names::APPLIED, &digest);
    }
    let manifest = Arc::new(Value::Object(manifest));
    let (wave, policy, adopt, replace) = (child.wave, child.policy, child.adopt, BTreeSet::new());
    Ok(Wanted { at, manifest, digest, wave, policy, exclusive, release, adopt, replace })
}

fn owner_reference(object: &Object, binding: &Binding) -> Value {
    json!({
        "apiVersion": binding.resource.kind.api_version(),
        "kind": object.key.kind.kind,
        "name": object.key.name,
        "uid": object.meta.uid,
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

fn put(metadata: &mut Map<String, Value>, field: &str, key: &str, value: &str) {
    let map = metadata.entry(field).or_insert_with(|| Value::Object(Map::new()));
    if let Some(map) = map.as_object_mut() {
        map.insert(key.into(), value.into());
    }
}

/// The digest of a manifest, whatever order its guest wrote it in.
fn digest_of(manifest: &Map<String, Value>) -> String {
    digest(json::text(manifest).as_bytes())
}
