//! Which watches are needed, and what their events mean.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::echoes::Told;
use super::{Engine, Output};
use crate::kind::{GroupKind, Key, Kind};
use crate::names;
use crate::object::Object;
use crate::queue::Urgency;
use crate::reconciler;
use crate::resource::Resource;
use crate::store::{Change, Event, Store};
use crate::watch::{Selection, Watch};

/// The watch of every CustomResourceDefinition.
pub(super) static CRDS: LazyLock<Watch> = LazyLock::new(|| {
    let kind = Kind::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    whole(Resource { kind, plural: "customresourcedefinitions".into(), namespaced: false })
});

/// The watch of every Reconciler.
pub(super) static RECONCILERS: LazyLock<Watch> = LazyLock::new(|| {
    let kind = Kind::new(names::GROUP, reconciler::VERSION, reconciler::KIND);
    whole(Resource { kind, plural: reconciler::PLURAL.into(), namespaced: false })
});

fn whole(resource: Resource) -> Watch {
    Watch { resource: Arc::new(resource), selection: Selection::All }
}

impl Engine {
    /// Begins the watches that are needed and ends those that nobody needs any more.
    pub(super) fn demand_watches(&mut self) {
        let mut needed = BTreeSet::from([CRDS.clone(), RECONCILERS.clone()]);
        for controller in self.controllers.values() {
            needed.insert(controller.objects.clone());
            needed.extend(controller.child_watches(&self.catalog));
        }
        for (number, watch) in self.watches.extract_if(.., |_, watch| !needed.contains(watch)) {
            self.stores.remove(&watch);
            self.pending.unwatched(&watch);
            self.out.push(Output::Unwatch(number));
        }
        for watch in needed {
            if !self.stores.contains_key(&watch) {
                self.next_id += 1;
                self.stores.insert(watch.clone(), Store::default());
                self.watches.insert(self.next_id, watch.clone());
                self.out.push(Output::Watch(self.next_id, watch));
            }
        }
    }

    /// Takes in what a watch tells. A word of a watch that has ended means nothing.
    pub(super) fn watched(&mut self, number: u64, event: Event) {
        let Some(watch) = self.watches.get(&number).cloned() else { return };
        let watch = &watch;
        let Some(store) = self.stores.get_mut(watch) else { return };
        let listed = matches!(event, Event::Listed);
        let first = !store.is_filled();
        if matches!(event, Event::Begin) {
            self.pending.begin(watch);
        }
        let changes = store.take(event);
        self.pending.see(watch, store, &changes);
        if listed {
            self.pending.listed(watch);
        }
        let mut rearrange = listed && first;
        for change in &changes {
            rearrange |= self.changed(watch, change, first);
        }
        if rearrange {
            self.arrange();
        }
        if listed && first {
            self.filled(watch);
        }
    }

    /// What one change means. Says whether controllers must be arranged anew.
    fn changed(&mut self, watch: &Watch, change: &Change, first: bool) -> bool {
        let Some(object) = change.after.as_ref().or(change.before.as_ref()).cloned() else { return false };
        if *watch == *CRDS {
            return match &change.after {
                Some(crd) => self.catalog.put(crd),
                None => self.catalog.remove(&object.key.name),
            };
        }
        if *watch == *RECONCILERS {
            return self.reconciler_changed(change);
        }
        let urgency = if first { Urgency::Sweep } else { Urgency::Fresh };
        match watch.selection {
            Selection::All => {
                let spec = |o: &Option<Arc<Object>>| {
                    o.as_ref().map(|o| (o.meta.uid.clone(), o.meta.generation, o.meta.deletion_timestamp.clone()))
                };
                if spec(&change.before) != spec(&change.after) {
                    self.queue.forgive(&object.key);
                }
                self.count_changed(&object.key.kind.group_kind());
                let in_work = self.steps.contains_key(&object.key);
                if self.echoes.told(&object.key, change, in_work) == Told::News {
                    self.queue.wake(&object.key, urgency);
                }
            }
            Selection::Children => {
                for side in [&change.before, &change.after].into_iter().flatten() {
                    if let Some(owner) = self.object_of(side) {
                        self.queue.wake(&owner, urgency);
                    }
                }
            }
        }
        false
    }

    /// The object that a child belongs to, by its annotation or, where that was removed, its owner.
    fn object_of(&self, child: &Object) -> Option<Key> {
        let named = child.meta.annotations.get(names::OBJECT).and_then(|a| names::parse_object_annotation(a));
        let (kind, namespace, name) = named.or_else(|| {
            let owner = child.meta.owner_references.iter().find(|o| o.controller == Some(true))?;
            let kind: GroupKind = Kind::from_api_version(&owner.api_version, &owner.kind).group_kind();
            Some((kind, child.key.namespace.clone(), owner.name.clone()))
        })?;
        let resource = &self.controllers.get(&kind)?.objects.resource;
        let namespace = namespace.filter(|_| resource.namespaced);
        Some(Key { kind: resource.kind.clone(), namespace, name })
    }

    /// A store was filled for the first time: objects and steps may have waited for it.
    fn filled(&mut self, watch: &Watch) {
        self.report_due = true;
        let controllers: Vec<GroupKind> = self
            .controllers
            .iter()
            .filter(|(_, c)| c.objects == *watch || c.child_watches(&self.catalog).contains(watch))
            .map(|(kind, _)| kind.clone())
            .collect();
        for kind in controllers {
            self.go_on_ensuring(&kind);
        }
    }
}
