//! Controllers: one per kind that a Reconciler binds to a module. Arranged anew whenever a CRD, a module
//! or a Reconciler changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::reconcilers::{Bound, Declared};
use super::{Catalog, Engine};
use crate::binding::Binding;
use crate::kind::{GroupKind, Key, Kind};
use crate::names::field_manager;
use crate::reconciler::ChildKind;
use crate::resource::Resource;
use crate::store::Store;
use crate::watch::{Selection, Watch};

/// One kind, kept.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) binding: Arc<Binding>,
    pub(super) objects: Watch,
    pub(super) suspended: bool,
    /// Kinds of children, as the Reconciler's status says.
    pub(super) recorded: BTreeSet<ChildKind>,
    pub(super) recording: bool,
    /// Steps that wait until kinds are recorded and watched.
    pub(super) ensuring: Vec<(Key, BTreeSet<Kind>)>,
}

impl Controller {
    /// The watches of its children's kinds. A kind whose CRD is gone has none.
    pub(super) fn child_watches(&self, catalog: &Catalog) -> BTreeSet<Watch> {
        self.recorded
            .iter()
            .filter_map(|k| catalog.resource(&Kind::new(&k.group, &k.version, &k.kind)))
            .map(|resource| Watch { resource, selection: Selection::Children })
            .collect()
    }

    pub(super) fn has_recorded(&self, kind: &Kind) -> bool {
        self.recorded.iter().any(|k| (&k.group, &k.version, &k.kind) == (&kind.group, &kind.version, &kind.kind))
    }

    /// Whether its objects may be looked at: their store is filled, and those of all their children.
    pub(super) fn may_start(&self, stores: &BTreeMap<Watch, Store>, catalog: &Catalog) -> bool {
        let filled = |watch: &Watch| stores.get(watch).is_some_and(Store::is_filled);
        let unknown = self.recorded.iter().any(|k| catalog.is_unknown(&Kind::new(&k.group, &k.version, &k.kind)));
        !self.suspended && !unknown && filled(&self.objects) && self.child_watches(catalog).iter().all(filled)
    }
}

impl Engine {
    /// Works out which controllers there should be, and starts, changes and ends them.
    pub(super) fn arrange(&mut self) {
        self.report_due = true;
        self.create_reconcilers();
        self.bind_reconcilers();
        let wanted = self.wanted_controllers();
        let ended: Vec<GroupKind> = self
            .controllers
            .iter()
            .filter(|(kind, c)| wanted.get(*kind).is_none_or(|w| w.objects != c.objects))
            .map(|(kind, _)| kind.clone())
            .collect();
        for kind in ended {
            self.controllers.remove(&kind);
            self.drop_steps(&kind);
            self.note(false, format!("{kind}: its controller stopped"));
        }
        let mut swept = Vec::new();
        for (kind, new) in wanted {
            match self.controllers.get_mut(&kind) {
                None => {
                    let text = format!("{kind}: its controller started ({})", new.objects.resource.kind.version);
                    self.note(false, text);
                    self.controllers.insert(kind, new);
                }
                Some(old) => {
                    if decides_otherwise(&old.binding, &new.binding) || (old.suspended && !new.suspended) {
                        swept.push(kind);
                    }
                    old.binding = new.binding;
                    old.suspended = new.suspended;
                    old.recorded.extend(new.recorded);
                }
            }
        }
        self.resolve_recorded();
        self.demand_watches();
        swept.iter().for_each(|kind| self.sweep(kind));
    }

    fn wanted_controllers(&self) -> BTreeMap<GroupKind, Controller> {
        let bound = self.reconcilers.iter().filter_map(|(name, declared)| match &declared.bound {
            Bound::Serving { resource, .. } => Some((name, declared, resource)),
            Bound::Not { .. } => None,
        });
        bound
            .map(|(name, declared, resource)| {
                let binding = Arc::new(self.binding(name, declared, resource));
                let controller = Controller {
                    binding,
                    objects: Watch { resource: resource.clone(), selection: Selection::All },
                    suspended: declared.spec.as_ref().is_ok_and(|s| s.suspend),
                    recorded: declared.status.kinds.iter().cloned().collect(),
                    recording: false,
                    ensuring: Vec::new(),
                };
                (resource.kind.group_kind(), controller)
            })
            .collect()
    }

    fn binding(&self, name: &str, declared: &Declared, resource: &Arc<Resource>) -> Binding {
        let spec = declared.spec.as_ref().ok().cloned().unwrap_or_default();
        let served = resource.kind.group_kind();
        let crd = self.catalog.crd(&served);
        let status = crd.and_then(|c| c.versions.iter().find(|(r, _)| r == resource)).map(|(_, s)| *s);
        Binding {
            resource: resource.clone(),
            manager: field_manager(&served),
            reconciler: name.to_owned(),
            module: self.modules.named(name).cloned(),
            permissions: spec.permissions,
            limits: spec.limits.unwrap_or_default().resolve().unwrap_or_default(),
            config: serde_json::Value::Object(spec.config).to_string(),
            status: status.unwrap_or_default(),
        }
    }

    /// Kinds that were recorded by an earlier process may be unknown to this one yet.
    fn resolve_recorded(&mut self) {
        let kinds = self.controllers.values().flat_map(|c| c.recorded.iter());
        let unknown: BTreeSet<Kind> = kinds
            .map(|k| Kind::new(&k.group, &k.version, &k.kind))
            .filter(|kind| self.catalog.is_unknown(kind) && !self.resolving.contains_key(kind))
            .collect();
        for kind in unknown {
            self.resolving.entry(kind.clone()).or_default();
            self.out.push(super::Output::Resolve(kind));
        }
    }
}

/// Whether objects must be looked at anew because something beside them decides otherwise now.
fn decides_otherwise(old: &Binding, new: &Binding) -> bool {
    let digest = |b: &Binding| b.module.as_ref().map(|m| m.digest.clone());
    digest(old) != digest(new)
        || old.permissions != new.permissions
        || old.limits != new.limits
        || old.config != new.config
        || old.status != new.status
}
