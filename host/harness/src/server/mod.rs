//! The simulated API server: objects, versions, who owns which field, watches. In one process, without a clock.
//!
//! What the real one was seen to do holds here too, for the kinds that are known (`BUILT_IN`) and those of every CRD:
//! server-side apply with conflicts, merge and JSON patch, generation and resourceVersion, uid preconditions,
//! finalizers, propagation and garbage collection, defaults, pruning and validation, watches from a resourceVersion with
//! bookmarks and 410. It has no webhooks, no RBAC, no
//! quotas, no conversion between versions but of the name, and checks of built-in kinds only the most common mistakes.

mod deletion;
mod fields;
mod kinds;
mod refused;
mod schema;
mod valid;
mod verbs;
mod watches;
mod write;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::resource::{Address, Resource};
use innkeeper_core::watch::Watch;
use serde_json::{Value, json};

pub use deletion::Propagation;
pub use refused::Refused;
pub use schema::objections;
pub use verbs::How;
pub use watches::Told;

pub(crate) use kinds::Served;
pub(crate) use watches::parsed;

/// An object's place, whatever the version: group, kind, namespace, name.
type Id = (String, String, Option<String>, String);

/// The simulated API server.
#[derive(Debug)]
pub struct Server {
    now_ms: i64,
    /// The resourceVersion of the last write.
    version: u64,
    /// How many uids and names were made.
    made: u64,
    kinds: kinds::Kinds,
    objects: BTreeMap<Id, Value>,
    watches: Vec<(u64, Watch)>,
    /// What they tell, and nobody has taken yet.
    told: VecDeque<(u64, Told)>,
    /// The last changes.
    history: VecDeque<watches::Change>,
    /// The resourceVersion up to which changes are forgotten.
    forgotten: u64,
    /// What it could not check, for people.
    unchecked: Vec<String>,
}

impl Server {
    /// A server at that moment (milliseconds since the epoch), with the namespaces that every cluster has and the kind
    /// Reconciler.
    pub fn new(now_ms: i64) -> Self {
        let mut server = Self {
            now_ms,
            version: 0,
            made: 0,
            kinds: kinds::Kinds::built_in(),
            objects: BTreeMap::new(),
            watches: Vec::new(),
            told: VecDeque::new(),
            history: VecDeque::new(),
            forgotten: 0,
            unchecked: Vec::new(),
        };
        for name in ["default", "kube-system", "innkeeper"] {
            server.ensure_namespace(name);
        }
        server
    }

    /// Makes a namespace, if it is not there.
    pub fn ensure_namespace(&mut self, name: &str) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        if let Ok(at) = self.address(&namespace, None)
            && self.get(&at).is_none()
        {
            let _ = self.apply(&at, &namespace, true, &How::by("system"));
        }
    }

    /// An object is there, as another API server shows it.
    pub fn show(&mut self, object: Value) {
        if object["kind"] == "CustomResourceDefinition" {
            self.kinds.define(&object);
        }
        if let Ok(at) = self.address(&object, None) {
            self.objects.insert(id(&at), object);
        }
    }

    /// Time is so far, in milliseconds since the epoch.
    pub fn set_time(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
    }

    /// What time it is, as objects have it.
    pub fn now(&self) -> String {
        let now = jiff::Timestamp::from_millisecond(self.now_ms).unwrap_or_default();
        now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// The resourceVersion of the last write.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What could not be checked since this was asked last, for people.
    pub fn take_unchecked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unchecked)
    }

    /// Where a kind is served.
    pub fn resolve(&self, kind: &Kind) -> Option<Arc<Resource>> {
        self.kinds.get(kind).map(|served| served.resource.clone())
    }

    /// Where a kind is served in any version.
    pub fn find(&self, kind: &GroupKind) -> Option<Arc<Resource>> {
        self.kinds.any(kind).map(|served| served.resource.clone())
    }

    /// A kind by what people call it: `Deployment`, or `Deployment.apps`. The error is for people.
    pub fn called(&self, word: &str) -> Result<Arc<Resource>, String> {
        self.kinds.called(word).map(|served| served.resource.clone())
    }

    /// Where an object belongs that says its own apiVersion, kind and name. The error is for people.
    pub fn address(&self, object: &Value, namespace: Option<&str>) -> Result<Address, String> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(version), Some(kind)) = (text("/apiVersion"), text("/kind")) else {
            return Err("it has no apiVersion and kind".to_owned());
        };
        let known = self
            .kinds
            .called(&GroupKind { group: Kind::from_api_version(version, kind).group, kind: kind.into() }.to_string());
        let resource = match self.resolve(&Kind::from_api_version(version, kind)) {
            Some(resource) => resource,
            None => {
                let known = known?;
                return Err(format!("{kind} is served as {}, not as {version}", known.resource.kind.api_version()));
            }
        };
        let name =
            text("/metadata/name").or(text("/metadata/generateName")).ok_or("it has no metadata.name")?.to_owned();
        let namespace =
            resource.namespaced.then(|| text("/metadata/namespace").or(namespace).unwrap_or("default").to_owned());
        Ok(Address { resource, namespace, name })
    }

    /// One object as it is now.
    pub fn get(&self, at: &Address) -> Option<Value> {
        let mut object = self.objects.get(&id(at))?.clone();
        object["apiVersion"] = at.resource.kind.api_version().into();
        Some(object)
    }

    /// Every object of a kind, by namespace and name.
    pub fn list(&self, kind: &GroupKind) -> Vec<Value> {
        let of = |id: &&Id| id.0 == kind.group.as_str() && id.1 == kind.kind.as_str();
        self.objects.iter().filter(|(id, _)| of(id)).map(|(_, object)| object.clone()).collect()
    }

    /// Every object.
    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.objects.values()
    }

    /// Fields of a manifest that its kind does not have; the error says why it cannot be read at all.
    pub fn unknown_fields(&self, resource: &Resource, manifest: &Value) -> Result<Vec<String>, String> {
        let served = self.served(resource).map_err(|refused| refused.message)?;
        match &served.schema {
            Some(schema) => match schema::mistyped(manifest, schema, "") {
                Some(why) => Err(why.trim_start_matches('.').to_owned()),
                None => Ok(schema::prune(&mut manifest.clone(), schema, "")),
            },
            None => schema::typed(&resource.kind.kind, manifest),
        }
    }

    /// Which field may have been meant by one that the kind does not have.
    pub fn meant(&self, resource: &Resource, path: &str) -> Option<String> {
        let served = self.served(resource).ok()?;
        schema::meant(&resource.kind.kind, served.schema.as_deref(), path)
    }

    fn served(&self, resource: &Resource) -> Result<Arc<Served>, Refused> {
        let gone = || Refused::new(404, "the server could not find the requested resource");
        self.kinds.get(&resource.kind).cloned().ok_or_else(gone)
    }
}

fn id(at: &Address) -> Id {
    let kind = &at.resource.kind;
    (kind.group.to_string(), kind.kind.to_string(), at.namespace.clone(), at.name.clone())
}

/// A kind as messages name it: `deployments.apps`, `services`.
fn plural(resource: &Resource) -> String {
    match resource.kind.group.as_str() {
        "" => resource.plural.clone(),
        group => format!("{}.{group}", resource.plural),
    }
}
