//! Kinds by the names that people type, as kubectl takes them.

use std::collections::BTreeSet;

use super::Engine;
use crate::kind::{GroupKind, Key, Kind};

impl Engine {
    /// The kind that is kept and that people call so: by its plural, singular, short name or kind, in any
    /// case, followed by `.group` or `.version.group` where that is needed. The error says why none is meant.
    pub fn kept_kind(&self, called: &str) -> Result<(Kind, bool), String> {
        let called = called.to_ascii_lowercase();
        let (name, rest) = called.split_once('.').unwrap_or((&called, ""));
        let is_meant = |kind: &GroupKind, version: &str| {
            let named = self.catalog.crd(kind).map_or_else(Vec::new, |crd| crd.names.clone());
            let group = kind.group.to_ascii_lowercase();
            (named.iter().any(|n| n == name) || kind.kind.to_ascii_lowercase() == name)
                && (rest.is_empty() || rest == group || rest == format!("{version}.{group}"))
        };
        let meant = self.controllers.iter().filter(|(kind, c)| is_meant(kind, &c.objects.resource.kind.version));
        let meant: Vec<_> = meant.collect();
        match meant.as_slice() {
            [(_, controller)] => {
                let resource = &controller.objects.resource;
                Ok((resource.kind.clone(), resource.namespaced))
            }
            [] => Err(format!("this host keeps no kind {called:?}; {}", self.all_kept())),
            several => {
                let names: Vec<String> = several.iter().map(|(kind, _)| kind.to_string()).collect();
                Err(format!("several kinds are called {called:?}: say which, {}", names.join(" or ")))
            }
        }
    }

    /// Whether an object of a kind that is kept is there.
    pub fn knows(&self, object: &Key) -> bool {
        let controller = self.controllers.get(&object.kind.group_kind());
        let store = controller.and_then(|c| self.stores.get(&c.objects));
        store.is_some_and(|store| store.get(object.namespace.as_deref(), &object.name).is_some())
    }

    /// Whether an object is being looked at.
    pub fn works_on(&self, object: &Key) -> bool {
        self.steps.contains_key(object)
    }

    /// The module of that digest as it calls itself: name and version.
    pub fn module_name(&self, digest: &str) -> Option<(String, String)> {
        let module = self.service.all().find(|module| module.digest == digest)?;
        Some((module.manifest.name.clone(), module.manifest.version.clone()))
    }

    fn all_kept(&self) -> String {
        let kinds: BTreeSet<String> = self.controllers.keys().map(ToString::to_string).collect();
        match kinds.is_empty() {
            true => "it keeps none: no module is loaded, or none of their CRDs is there".into(),
            false => format!("it keeps {}", kinds.into_iter().collect::<Vec<_>>().join(", ")),
        }
    }
}
