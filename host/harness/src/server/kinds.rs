//! Which kinds the simulated API server serves: the built-in ones that it knows, and those of CustomResourceDefinitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::resource::Resource;
use serde_json::Value;

use super::schema::{BUILT_IN, Place};

/// One kind in one version.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) resource: Arc<Resource>,
    /// Whether it has the status subresource.
    pub(crate) status: bool,
    /// The OpenAPI schema of a CRD.
    pub(crate) schema: Option<Arc<Value>>,
}

impl Served {
    /// The root of its objects.
    pub(crate) fn place(&self) -> Place<'_> {
        match &self.schema {
            Some(schema) => Place::Root(schema),
            None => Place::BuiltIn(self.resource.kind.kind.as_str(), String::new()),
        }
    }

    pub(crate) fn is_built_in(&self) -> bool {
        self.schema.is_none()
    }

    /// Kinds whose objects have a generation.
    pub(crate) fn counts(&self) -> bool {
        let kind = self.resource.kind.kind.as_str();
        let plain = matches!(
            kind,
            "Service" | "Namespace" | "Node" | "PersistentVolume" | "PersistentVolumeClaim" | "ResourceQuota"
        );
        self.schema.is_some() || (self.status && !plain) || kind == "NetworkPolicy"
    }
}

/// All of them.
#[derive(Clone, Debug)]
pub(crate) struct Kinds {
    /// Of each kind, the versions; the one that is stored comes first.
    served: BTreeMap<GroupKind, Vec<Arc<Served>>>,
}

impl Kinds {
    pub(crate) fn built_in() -> Self {
        let mut served: BTreeMap<GroupKind, Vec<Arc<Served>>> = BTreeMap::new();
        for one in BUILT_IN {
            let kind = Kind::new(one.group, one.version, one.kind);
            let resource = Resource { kind, plural: one.plural.to_owned(), namespaced: one.namespaced };
            let group_kind = resource.kind.group_kind();
            let one = Served { resource: Arc::new(resource), status: one.status, schema: None };
            served.entry(group_kind).or_default().push(Arc::new(one));
        }
        Self { served }
    }

    /// Serves what a CRD says.
    pub(crate) fn define(&mut self, crd: &Value) -> Option<GroupKind> {
        let spec = &crd["spec"];
        let kind = GroupKind { group: spec["group"].as_str()?.into(), kind: spec["names"]["kind"].as_str()?.into() };
        let mut versions: Vec<&Value> = spec["versions"].as_array()?.iter().filter(|v| v["served"] == true).collect();
        versions.sort_by_key(|version| version["storage"] != true);
        let served = versions.into_iter().filter_map(|version| {
            let resource = Resource {
                kind: Kind::new(&kind.group, version["name"].as_str()?, &kind.kind),
                plural: spec["names"]["plural"].as_str()?.to_owned(),
                namespaced: spec["scope"] == "Namespaced",
            };
            let schema = version["schema"]["openAPIV3Schema"].clone();
            let status = version["subresources"]["status"].is_object();
            Some(Arc::new(Served { resource: Arc::new(resource), status, schema: Some(Arc::new(schema)) }))
        });
        let served = served.collect();
        self.served.insert(kind.clone(), served);
        Some(kind)
    }

    pub(crate) fn forget(&mut self, kind: &GroupKind) {
        self.served.remove(kind);
    }

    /// A kind in one version.
    pub(crate) fn get(&self, kind: &Kind) -> Option<&Arc<Served>> {
        self.served.get(&kind.group_kind())?.iter().find(|one| one.resource.kind == *kind)
    }

    /// A kind in the version that is stored.
    pub(crate) fn any(&self, kind: &GroupKind) -> Option<&Arc<Served>> {
        self.served.get(kind)?.first()
    }

    /// A kind by what people call it: `Deployment`, `Deployment.apps`. The error names what may have been meant.
    pub(crate) fn called(&self, word: &str) -> Result<&Arc<Served>, String> {
        let (kind, group) = word.split_once('.').map_or((word, None), |(kind, group)| (kind, Some(group)));
        let fits = |known: &&GroupKind| known.kind == *kind && group.is_none_or(|group| known.group == *group);
        let found: Vec<&GroupKind> = self.served.keys().filter(fits).collect();
        match found.as_slice() {
            [one] => self.any(one).ok_or_else(|| format!("no version of {one} is served")),
            [] => {
                let known = self.served.keys().map(|known| known.kind.as_str());
                let meant =
                    crate::meant(kind, known).map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
                Err(format!(
                    "the simulated API server does not know the kind {word}{meant}: of a kind of your own it needs the CustomResourceDefinition"
                ))
            }
            several => {
                let all: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(format!("{word} may be any of {}: say which", all.join(", ")))
            }
        }
    }
}
