//! Which kinds the cluster serves: from CustomResourceDefinitions as they come and go, and from discovery.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

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
    /// What else people call it, in lower case: plural, singular, short names.
    pub names: Vec<String>,
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
        let kind = GroupKind { group: text(&spec["group"])?.into(), kind: text(&spec["names"]["kind"])?.into() };
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
        let name = object.key.name.clone();
        let (kind, names) = (kind.clone(), names(&spec["names"]));
        Some(Self { name, kind, names, established, versions: versions.collect() })
    }
}

fn names(names: &Value) -> Vec<String> {
    let short = names["shortNames"].as_array().into_iter().flatten();
    let all = [&names["plural"], &names["singular"], &names["kind"]].into_iter().chain(short);
    all.filter_map(|name| Some(name.as_str()?.to_ascii_lowercase())).collect()
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
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    crds: BTreeMap<String, Crd>,
    /// By the name of a kind, whatever its group: the CRDs that claim it.
    claims: HashMap<SmolStr, BTreeSet<String>>,
    /// What discovery said: none where the kind is not served.
    discovered: HashMap<Kind, Option<Arc<Resource>>>,
    /// What discovery said where any version would do: none where the kind is not served at all.
    found: HashMap<GroupKind, Option<Arc<Resource>>>,
}

impl Catalog {
    /// A CustomResourceDefinition is there or changed. Says whether anything that counts did.
    pub fn put(&mut self, object: &Object) -> bool {
        match Crd::parse(object) {
            Some(crd) => {
                let before = self.crds.insert(crd.name.clone(), crd.clone());
                if before.as_ref() == Some(&crd) {
                    return false;
                }
                before.iter().for_each(|before| self.unclaim(before));
                self.claims.entry(crd.kind.kind).or_default().insert(crd.name);
                true
            }
            None => self.remove(&object.key.name),
        }
    }

    /// A CustomResourceDefinition is gone, and with it what discovery said while it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(crd) = self.crds.remove(name) else { return false };
        self.unclaim(&crd);
        self.found.insert(crd.kind.clone(), None);
        let discovered = self.discovered.iter_mut().filter(|(kind, _)| kind.group_kind() == crd.kind);
        discovered.for_each(|(_, resource)| *resource = None);
        for (resource, _) in &crd.versions {
            self.discovered.insert(resource.kind.clone(), None);
        }
        true
    }

    fn unclaim(&mut self, crd: &Crd) {
        if let Some(names) = self.claims.get_mut(&crd.kind.kind) {
            names.remove(&crd.name);
        }
    }

    /// Discovery answered about a kind.
    pub fn discovered(&mut self, kind: &Kind, resource: Option<Arc<Resource>>) {
        self.discovered.insert(kind.clone(), resource);
    }

    /// Discovery answered in which version a kind is served.
    pub fn found(&mut self, kind: &GroupKind, resource: Option<Arc<Resource>>) {
        // Children that are seen in this version must be reached in it too.
        if let Some(resource) = &resource {
            self.discovered.insert(resource.kind.clone(), Some(resource.clone()));
        }
        self.found.insert(kind.clone(), resource);
    }

    /// The CRD of a kind: of several that claim it, the one that the API server has accepted.
    pub fn crd(&self, kind: &GroupKind) -> Option<&Crd> {
        self.claimed(&kind.group, &kind.kind)
    }

    fn claimed(&self, group: &str, kind: &str) -> Option<&Crd> {
        let names = self.claims.get(kind);
        let claim =
            || names.into_iter().flatten().filter_map(|n| self.crds.get(n)).filter(|crd| crd.kind.group == group);
        claim().find(|crd| crd.established).or_else(|| claim().next())
    }

    /// Where a kind is served.
    pub fn resource(&self, kind: &Kind) -> Option<Arc<Resource>> {
        match self.claimed(&kind.group, &kind.kind) {
            Some(crd) if crd.established => {
                crd.versions.iter().map(|(resource, _)| resource).find(|r| r.kind == *kind).cloned()
            }
            Some(_) => None,
            None => self.discovered.get(kind).cloned().flatten(),
        }
    }

    /// Where a kind is served in any version: by its CRD in the one that is stored, else as discovery said.
    pub fn any(&self, kind: &GroupKind) -> Option<Arc<Resource>> {
        match self.crd(kind) {
            Some(crd) => crd.versions.first().map(|(resource, _)| resource.clone()).filter(|_| crd.established),
            None => self.found.get(kind).cloned().flatten(),
        }
    }

    /// Whether nobody knows yet if a kind is served in any version.
    pub fn is_unheard_of(&self, kind: &GroupKind) -> bool {
        self.crd(kind).is_none() && !self.found.contains_key(kind)
    }

    /// Whether nobody knows yet if a kind is served.
    pub fn is_unknown(&self, kind: &Kind) -> bool {
        self.claimed(&kind.group, &kind.kind).is_none() && !self.discovered.contains_key(kind)
    }

    /// Whether discovery should be asked: no CRD speaks of the kind, and it was not served so far.
    pub fn should_ask(&self, kind: &Kind) -> bool {
        self.claimed(&kind.group, &kind.kind).is_none() && self.discovered.get(kind).is_none_or(Option::is_none)
    }
}
