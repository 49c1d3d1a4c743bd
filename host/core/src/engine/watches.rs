//! What the events of watches mean.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::controllers::Controller;
use super::echoes::Told;
use super::{Engine, Output};
use crate::cause::Cause;
use crate::kind::{GroupKind, Key, Kind};
use crate::names;
use crate::object::{Metadata, Object};
use crate::queue::Urgency;
use crate::reconciler;
use crate::resource::Resource;
use crate::step::Settled;
use crate::store::{Change, Event};
use crate::watch::{Selection, Watch};

/// The watch of every CustomResourceDefinition.
pub(super) static CRDS: LazyLock<Watch> = LazyLock::new(|| {
    let kind = Kind::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    whole(Resource { kind, plural: "customresourcedefinitions".into(), namespaced: false })
});

/// The watch of every Reconciler.
pub(super) static RECONCILERS: LazyLock<Watch> = LazyLock::new(|| whole(reconciler::resource()));

/// The annotations by which a person speaks to us.
const WORDS_TO_US: [&str; 3] = [names::PAUSED, names::RECONCILE_NOW, names::SKIP_FINALIZE];

/// Whether something of an object differs between both sides of a change.
fn differs<'a, T: PartialEq + 'a>(change: &'a Change, of: impl Fn(&'a Metadata) -> T) -> bool {
    let of = |side: &'a Option<Arc<Object>>| side.as_ref().map(|object| of(&object.meta));
    of(&change.before) != of(&change.after)
}

/// Whether a change of an object is what somebody wants of it, and not how it is.
fn is_meant(change: &Change) -> bool {
    is_asked(change) || differs(change, |meta| (&meta.labels, &meta.annotations))
}

/// Whether somebody wants something else of an object, or speaks to us. Other labels and annotations may be what is
/// fought over: who removes one that its guest sets does not begin anew.
fn is_asked(change: &Change) -> bool {
    differs(change, |meta| {
        let words = WORDS_TO_US.map(|word| meta.annotations.get(word));
        (&meta.uid, meta.generation, &meta.deletion_timestamp, words)
    })
}

fn whole(resource: Resource) -> Watch {
    Watch::all(Arc::new(resource))
}

/// Whether somebody asks for an object to be looked at, by its annotation.
fn asks_for_it(change: &Change) -> bool {
    fn asked(side: &Option<Arc<Object>>) -> Option<&str> {
        side.as_ref()?.meta.annotations.get(names::RECONCILE_NOW)
    }
    change.before.is_some() && asked(&change.after).is_some() && asked(&change.before) != asked(&change.after)
}

impl Engine {
    /// Takes in what a watch tells. A word of a watch that has ended means nothing.
    pub(super) fn watched(&mut self, number: u64, event: Event) {
        if self.names_told(number, &event) {
            return;
        }
        let Some(told) = self.stores.take(number, event, &mut self.pending) else { return };
        self.out.extend(told.ended.map(Output::Unwatch));
        let mut rearrange = told.listed && told.first;
        for change in &told.changes {
            rearrange |= self.changed(&told.resource, change, told.first);
        }
        if rearrange {
            self.arrange();
        }
        if told.ended.is_some() || (told.listed && told.first) {
            self.filled(&told.resource);
        }
    }

    /// What one change means. Says whether controllers must be arranged anew.
    fn changed(&mut self, resource: &Arc<Resource>, change: &Change, first: bool) -> bool {
        let Some(object) = change.after.as_ref().or(change.before.as_ref()).cloned() else { return false };
        let mut rearrange = false;
        if *resource == CRDS.resource {
            rearrange = match &change.after {
                Some(crd) => Arc::make_mut(&mut self.catalog).put(crd),
                None => Arc::make_mut(&mut self.catalog).remove(&object.key.name),
            };
        }
        if *resource == RECONCILERS.resource {
            rearrange = self.reconciler_changed(change);
        }
        let urgency = if first { Urgency::Sweep } else { Urgency::Fresh };
        if self.controllers.get(&object.key.kind.group_kind()).is_some_and(|c| c.objects.resource == *resource) {
            self.object_changed(&object.key, change, first);
        }
        self.wake_readers(&resource.kind, change, urgency, first);
        for owner in self.targets.told(&object.key, change) {
            let cause = if first { Cause::Start } else { Cause::target(&object.key, change) };
            self.queue.wake(&owner, urgency, cause);
        }
        // The watch of children tells of one that lost its label as it is without.
        let only_children = self.stores.selection(resource) == Some(Selection::Children);
        let is_child = |side: &Object| only_children || side.meta.labels.contains_key(names::OBJECT_UID);
        let sides = [&change.before, &change.after].into_iter().flatten();
        let owners: BTreeSet<Key> = sides.filter(|side| is_child(side)).filter_map(|s| self.object_of(s)).collect();
        for owner in owners {
            let cause = if first { Cause::Start } else { Cause::child(&object.key, change) };
            if !first && self.sleeps_through(&owner, change, &cause, Settled::overlooks_of_child) {
                continue;
            }
            let controller = self.controllers.get(&owner.kind.group_kind());
            let is_ours = controller.is_some_and(|c| cause.is_child_by(&c.binding.manager));
            self.queue.wake(&owner, if is_ours { Urgency::Echo } else { urgency }, cause);
        }
        rearrange
    }

    /// An object that is kept is there, changed, or gone.
    fn object_changed(&mut self, key: &Key, change: &Change, first: bool) {
        self.count_changed(&key.kind.group_kind());
        self.plans_go_stale(&key.kind.group_kind(), change);
        if let Some(object) = &change.after {
            self.orphaning.see(object);
        }
        let in_work = self.steps.contains_key(key);
        if !first && asks_for_it(change) {
            self.queue.wake(key, Urgency::Person, Cause::ReconcileNow);
        }
        let told = self.echoes.told(key, change, in_work);
        if matches!(told, Told::Echo | Told::Open) {
            return;
        }
        let is_meant = told == Told::News && is_meant(change);
        if is_meant {
            self.queue.forgive(key);
        }
        if is_meant && is_asked(change) {
            self.breaker.forget(key);
            self.queue.release(key);
        }
        let (urgency, cause) = match (first, told, is_meant) {
            (true, ..) => (Urgency::Sweep, Cause::Start),
            (false, Told::Ours, _) => (Urgency::Echo, Cause::ours()),
            (false, _, true) => (Urgency::Person, Cause::object(change)),
            (false, _, false) => (Urgency::Fresh, Cause::object(change)),
        };
        if first || !self.sleeps_through(key, change, &cause, Settled::overlooks) {
            self.queue.wake(key, urgency, cause);
        }
    }

    /// The object that a child belongs to, by its annotation or, where that was removed, its owner.
    fn object_of(&self, child: &Object) -> Option<Key> {
        let named = child.meta.annotations.get(names::OBJECT).and_then(names::parse_object_annotation);
        let (kind, namespace, name) = named.or_else(|| {
            let owner = child.meta.owner_references.iter().find(|o| o.controller == Some(true))?;
            let kind: GroupKind = Kind::from_api_version(&owner.api_version, &owner.kind).group_kind();
            Some((kind, child.key.namespace.clone(), owner.name.to_string()))
        })?;
        let resource = &self.controllers.get(&kind)?.objects.resource;
        let namespace = namespace.filter(|_| resource.namespaced);
        Some(Key::new(resource.kind.clone(), namespace, name))
    }

    /// A store was filled for the first time: objects that go and steps may have waited for it.
    fn filled(&mut self, resource: &Arc<Resource>) {
        self.report_due = true;
        let needs = |c: &Controller| c.needs(&self.catalog).iter().any(|need| need.resource == *resource);
        let controllers = self.controllers.iter().filter(|(_, c)| needs(c));
        let controllers: Vec<GroupKind> = controllers.map(|(kind, _)| kind.clone()).collect();
        for kind in controllers {
            self.go_on_ensuring(&kind);
            let objects = self.controllers.get(&kind).and_then(|c| self.stores.filled(&c.objects));
            let all = objects.into_iter().flat_map(|store| store.all());
            for object in all.filter(|o| o.meta.deletion_timestamp.is_some()) {
                self.queue.wake(&object.key, Urgency::Sweep, Cause::Kind(resource.kind.group_kind()));
            }
        }
    }
}
