//! Which kinds the cluster serves: from CustomResourceDefinitions as they come and go, and from discovery.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use crate::binding::StatusSupport;
use crate::kind::{GroupKind, Kind};
use crate::object::Object;
use crate::resource::Resource;

/// One kind as its CustomResourceDefinition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crd {
    /// The CRD's name: `<plural>.<group>`.
    pub name: String,
    /// The kind.
    pub kind: GroupKind,
    /// Whether the API server serves it by now.
    pub established: bool,
    /// Served versions, with what their status can hold. The storage version comes first.
    pub versions: Vec<(Arc<Resource>, StatusSupport)>,
}

impl Crd {
    /// Reads a CustomResourceDefinition; none if it makes no sense.
    pub fn parse(object: &Object) -> Option<Self> {
        let whole = object.value();
        let spec = whole.get("spec")?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let kind = GroupKind { group: text(&spec["group"])?, kind: text(&spec["names"]["kind"])? };
        let conditions = whole.pointer("/status/conditions").and_then(Value::as_array);
        let established =
            conditions.is_some_and(|all| all.iter().any(|c| c["type"] == "Established" && c["status"] == "True"));
        let plural = text(&spec["names"]["plural"])?;
        let namespaced = spec["scope"] == "Namespaced";
        let mut versions: Vec<&Value> = spec["versions"].as_array()?.iter().filter(|v| v["served"] == true).collect();
        versions.sort_by_key(|v| v["storage"] != true);
        let versions = versions.into_iter().filter_map(|version| {
            let kind = Kind::new(&kind.group, version["name"].as_str()?, &kind.kind);
            Some((Arc::new(Resource { kind, plural: plural.clone(), namespaced }), support(version)))
        });
        Some(Self { name: object.key.name.clone(), kind: kind.clone(), established, versions: versions.collect() })
    }
}

/// What the schema of one version keeps of the host's reporting.
fn support(version: &Value) -> StatusSupport {
    let schema = &version["schema"]["openAPIV3Schema"];
    let keeps = |at: &Value| at["x-kubernetes-preserve-unknown-fields"] == true;
    let status = &schema["properties"]["status"];
    let all = keeps(schema) || keeps(status);
    StatusSupport {
        subresource: version["subresources"]["status"].is_object(),
        conditions: all || status["properties"]["conditions"].is_object(),
        observed_generation: all || status["properties"]["observedGeneration"].is_object(),
    }
}

/// Every kind that is known to be served.
#[derive(Debug, Default)]
pub struct Catalog {
    crds: BTreeMap<String, Crd>,
    /// What discovery said: none where the kind is not served.
    discovered: HashMap<Kind, Option<Arc<Resource>>>,
}

impl Catalog {
    /// A CustomResourceDefinition is there or changed. Says whether anything that counts did.
    pub fn put(&mut self, object: &Object) -> bool {
        match Crd::parse(object) {
            Some(crd) => self.crds.insert(crd.name.clone(), crd.clone()) != Some(crd),
            None => self.crds.remove(&object.key.name).is_some(),
        }
    }

    /// A CustomResourceDefinition is gone.
    pub fn remove(&mut self, name: &str) -> bool {
        self.crds.remove(name).is_some()
    }

    /// Discovery answered about a kind.
    pub fn discovered(&mut self, kind: &Kind, resource: Option<Arc<Resource>>) {
        self.discovered.insert(kind.clone(), resource);
    }

    /// The CRD of a kind.
    pub fn crd(&self, kind: &GroupKind) -> Option<&Crd> {
        self.crds.values().find(|crd| crd.kind == *kind)
    }

    /// Where a kind is served.
    pub fn resource(&self, kind: &Kind) -> Option<Arc<Resource>> {
        match self.crd(&kind.group_kind()) {
            Some(crd) if crd.established => {
                crd.versions.iter().map(|(resource, _)| resource).find(|r| r.kind == *kind).cloned()
            }
            Some(_) => None,
            None => self.discovered.get(kind).cloned().flatten(),
        }
    }

    /// Whether nobody knows yet if a kind is served.
    pub fn is_unknown(&self, kind: &Kind) -> bool {
        self.crd(&kind.group_kind()).is_none() && !self.discovered.contains_key(kind)
    }

    /// Whether discovery should be asked: no CRD speaks of the kind, and it was not served so far.
    pub fn should_ask(&self, kind: &Kind) -> bool {
        self.crd(&kind.group_kind()).is_none() && self.discovered.get(kind).is_none_or(Option::is_none)
    }
}
