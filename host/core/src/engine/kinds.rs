//! The kinds of children of one kind that is kept: which are recorded, which are looked for, and whether
//! their children can be seen.
//!
//! A list in a Reconciler's status is complete. A Reconciler without one (new, made anew, restored without
//! its status) is looked over first: every kind that its permissions or its module's manifest name, or that
//! another Reconciler of the same kind listed, is watched by our label. Those of which there are children
//! are recorded, the others are forgotten. So a list costs no write until there is something to list.
//!
//! A kind is recorded and watched in one version, whichever versions guests use: it is the same objects.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::stores::Stores;
use super::troubles::{Trouble, Troubles};
use super::{Catalog, Engine};
use crate::binding::Binding;
use crate::contract::Wish;
use crate::kind::{GroupKind, Kind};
use crate::permissions::Permission;
use crate::reconciler::ChildKind;
use crate::resource::Resource;
use crate::store::Store;
use crate::watch::Watch;

/// What is known of the outside at one moment.
pub(super) struct Scene<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) stores: &'a Stores,
    pub(super) troubles: &'a Troubles,
    pub(super) now_ms: u64,
}

impl Engine {
    /// What is known of the outside now.
    pub(super) fn scene(&self) -> Scene<'_> {
        let (catalog, stores, troubles) = (&self.catalog, &self.stores, &self.troubles);
        Scene { catalog, stores, troubles, now_ms: self.now.mono_ms }
    }
}

/// Whether the children of one kind can be seen.
pub(super) enum Sight<'a> {
    /// All of them, in this store.
    Whole(&'a Store),
    /// The kind is not served, so there are none.
    NotServed,
    /// Not now.
    Unseen(Unseen),
}

/// Why children cannot be seen.
pub(super) struct Unseen {
    /// For people.
    pub(super) why: String,
    /// Whether that lasts, so that nobody should wait for its end.
    pub(super) lasts: bool,
}

/// The kinds of children of one kind.
#[derive(Debug, Default)]
pub(super) struct ChildKinds {
    /// They are kinds of objects with contributed fields, not of children.
    contributed: bool,
    /// As the status of the Reconciler says.
    recorded: BTreeSet<ChildKind>,
    /// Not recorded, but there may be children of them.
    sought: BTreeSet<GroupKind>,
    /// Recorded before their first child: there is nothing to miss while their stores fill for the first time.
    fresh: BTreeSet<GroupKind>,
    /// All that are recorded or sought, with the versions in which they are recorded.
    all: BTreeMap<GroupKind, Vec<Kind>>,
}

impl ChildKinds {
    /// Kinds of objects with contributed fields: their metadata is watched, since no label selects them.
    pub(super) fn contributed() -> Self {
        Self { contributed: true, ..Self::default() }
    }

    /// Takes the list that the status of the Reconciler shows. Says whether it is another than before.
    ///
    /// Of a kind that somebody took out of it there may be children still.
    pub(super) fn take(&mut self, list: &[ChildKind]) -> bool {
        let list: BTreeSet<ChildKind> = list.iter().filter(|k| k.contributed == self.contributed).cloned().collect();
        let changed = self.recorded != list;
        self.sought.extend(self.recorded_kinds());
        self.recorded = list;
        let recorded = self.recorded_kinds();
        self.sought.retain(|kind| !recorded.contains(kind));
        self.join();
        changed
    }

    /// There may be children of these kinds.
    pub(super) fn seek(&mut self, kinds: impl IntoIterator<Item = GroupKind>) {
        let recorded = self.recorded_kinds();
        self.sought.extend(kinds.into_iter().filter(|kind| !recorded.contains(kind)));
        self.join();
    }

    /// What is recorded and what is sought changes seldom, and is looked at all the time.
    fn join(&mut self) {
        self.all = self.sought.iter().map(|kind| (kind.clone(), Vec::new())).collect();
        for kind in self.recorded.iter().map(kind_of) {
            self.all.entry(kind.group_kind()).or_default().push(kind);
        }
    }

    /// Kinds that are looked for.
    pub(super) fn sought(&self) -> BTreeSet<GroupKind> {
        self.sought.clone()
    }

    /// There are no children of that kind.
    pub(super) fn forget(&mut self, kind: &GroupKind) {
        self.sought.remove(kind);
        self.join();
    }

    /// Whether nothing is recorded.
    pub(super) fn is_unlisted(&self) -> bool {
        self.recorded.is_empty()
    }

    /// Whether children of that kind may be written.
    pub(super) fn has(&self, kind: &GroupKind) -> bool {
        self.recorded.iter().any(|k| (&k.group, &k.kind) == (&kind.group, &kind.kind))
    }

    /// Every kind of which there may be children.
    pub(super) fn all(&self) -> impl Iterator<Item = &GroupKind> {
        self.all.keys()
    }

    /// The list with these kinds added, each kind in one version. They count as fresh from now on, but for
    /// those that were looked for.
    pub(super) fn extended(&mut self, new: BTreeSet<Kind>, catalog: &Catalog) -> BTreeSet<ChildKind> {
        let old = self.all().filter_map(|kind| self.resource(kind, catalog)).map(|r| r.kind.clone());
        let mut list: BTreeMap<GroupKind, ChildKind> = BTreeMap::new();
        for child in &self.recorded {
            list.insert(kind_of(child).group_kind(), child.clone());
        }
        for Kind { group, version, kind } in old.collect::<Vec<_>>() {
            let contributed = self.contributed;
            let place = GroupKind { group: group.clone(), kind: kind.clone() };
            list.insert(place, ChildKind { group, version, kind, contributed });
        }
        for kind in new {
            let Entry::Vacant(place) = list.entry(kind.group_kind()) else { continue };
            if !self.sought.contains(place.key()) {
                self.fresh.insert(place.key().clone());
            }
            let Kind { group, version, kind } = kind;
            place.insert(ChildKind { group, version, kind, contributed: self.contributed });
        }
        list.into_values().collect()
    }

    /// Kinds whose children are all seen now are fresh no more: what was seen once can be missed.
    pub(super) fn age(&mut self, scene: &Scene<'_>) {
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.retain(|kind| !matches!(self.sight(kind, scene), Sight::Whole(_)));
        self.fresh = fresh;
    }

    /// Where the children of a kind are watched: in a version that was recorded, while one is served.
    fn resource(&self, kind: &GroupKind, catalog: &Catalog) -> Option<Arc<Resource>> {
        let versions = self.versions(kind);
        let found = versions.iter().find_map(|k| catalog.resource(k));
        found.or_else(|| catalog.any(kind).filter(|_| !versions.iter().any(|k| catalog.is_unknown(k))))
    }

    /// The watch of its children of that kind, if there may be any.
    pub(super) fn watch_of(&self, kind: &GroupKind, catalog: &Catalog) -> Option<Watch> {
        self.all.contains_key(kind).then(|| self.resource(kind, catalog))?.map(|resource| self.need(resource))
    }

    fn need(&self, resource: Arc<Resource>) -> Watch {
        if self.contributed { Watch::metadata(resource) } else { Watch::children(resource) }
    }

    /// The watches of its children. A kind that is not served has none.
    pub(super) fn watches(&self, catalog: &Catalog) -> BTreeSet<Watch> {
        self.all().filter_map(|kind| self.resource(kind, catalog)).map(|r| self.need(r)).collect()
    }

    /// What discovery must be asked: where these versions are served, and in which version these kinds.
    pub(super) fn questions(&self, catalog: &Catalog) -> (BTreeSet<Kind>, BTreeSet<GroupKind>) {
        let (mut exact, mut any) = (BTreeSet::new(), BTreeSet::new());
        for kind in self.all().filter(|kind| self.resource(kind, catalog).is_none()) {
            let unknown: Vec<Kind> = self.versions(kind).iter().filter(|k| catalog.is_unknown(k)).cloned().collect();
            if unknown.is_empty() && catalog.is_unheard_of(kind) {
                any.insert(kind.clone());
            }
            exact.extend(unknown);
        }
        (exact, any)
    }

    /// Whether the children of a kind can be seen.
    pub(super) fn sight<'a>(&self, kind: &GroupKind, scene: &Scene<'a>) -> Sight<'a> {
        self.look(kind, scene).1
    }

    /// The store that shows children of a kind, perhaps not all of them yet, and whether they can be seen.
    fn look<'a>(&self, kind: &GroupKind, scene: &Scene<'a>) -> (Option<&'a Store>, Sight<'a>) {
        let unseen = |trouble: Option<&Trouble>, otherwise: &str| {
            let why = trouble.map_or(otherwise, Trouble::why).to_owned();
            Sight::Unseen(Unseen { why, lasts: trouble.is_some_and(|t| t.lasts(scene.now_ms)) })
        };
        let Some(resource) = self.resource(kind, scene.catalog) else {
            let asked = self.versions(kind).iter().any(|k| scene.catalog.is_unknown(k));
            let sight = match asked || scene.catalog.is_unheard_of(kind) {
                true => unseen(scene.troubles.of_kind(kind), "where it is served is not known yet"),
                false => Sight::NotServed,
            };
            return (None, sight);
        };
        let watch = self.need(resource);
        let store = scene.stores.get(&watch);
        match store.filter(|store| store.is_filled()) {
            Some(filled) => (store, Sight::Whole(filled)),
            None => (store, unseen(scene.troubles.of_watch(&watch), "it is being listed")),
        }
    }

    /// What stores show of children, and the kinds of which children that may be there cannot be seen.
    pub(super) fn all_that_is_seen<'a>(&self, scene: &Scene<'a>) -> (Vec<&'a Store>, Vec<(GroupKind, Unseen)>) {
        let (mut stores, mut unseen) = (Vec::new(), Vec::new());
        for kind in self.all() {
            let (store, sight) = self.look(kind, scene);
            stores.extend(store);
            match sight {
                Sight::Unseen(why) if !self.fresh.contains(kind) => unseen.push((kind.clone(), why)),
                _ => {}
            }
        }
        (stores, unseen)
    }

    /// The kinds of which children that may be there cannot be seen.
    pub(super) fn unseen(&self, scene: &Scene<'_>) -> Vec<(GroupKind, Unseen)> {
        let all = self.out_of_sight(scene).into_iter();
        all.filter(|(kind, _)| !self.fresh.contains(kind)).collect()
    }

    /// The kinds whose stores do not show what there is.
    pub(super) fn out_of_sight(&self, scene: &Scene<'_>) -> Vec<(GroupKind, Unseen)> {
        let unseen = self.all().filter_map(|kind| match self.sight(kind, scene) {
            Sight::Unseen(unseen) => Some((kind.clone(), unseen)),
            Sight::Whole(_) | Sight::NotServed => None,
        });
        unseen.collect()
    }

    fn versions(&self, kind: &GroupKind) -> &[Kind] {
        self.all.get(kind).map_or(&[], Vec::as_slice)
    }

    fn recorded_kinds(&self) -> BTreeSet<GroupKind> {
        self.recorded.iter().map(|k| kind_of(k).group_kind()).collect()
    }
}

/// The kinds that a Reconciler and its module name as those of children.
pub(super) fn named(binding: &Binding) -> BTreeSet<GroupKind> {
    let wishes = binding.module.iter().flat_map(|m| &m.manifest.applies);
    listed(&binding.permissions.apply, wishes)
}

/// The kinds that a Reconciler and its module name as those to whose objects fields are contributed.
pub(super) fn named_for_contributions(binding: &Binding) -> BTreeSet<GroupKind> {
    let wishes = binding.module.iter().flat_map(|m| &m.manifest.contributes);
    listed(&binding.permissions.contribute, wishes)
}

fn listed<'a>(permissions: &'a [Permission], wishes: impl Iterator<Item = &'a Wish>) -> BTreeSet<GroupKind> {
    let permitted = permissions.iter().map(|p| (&p.group, &p.kinds));
    let all = permitted.chain(wishes.map(|wish| (&wish.group, &wish.kinds)));
    all.flat_map(|(group, kinds)| kinds.iter().map(|kind| GroupKind { group: group.into(), kind: kind.into() }))
        .collect()
}

/// The kind that an entry of a Reconciler's list names.
pub(super) fn kind_of(child: &ChildKind) -> Kind {
    Kind::new(&child.group, &child.version, &child.kind)
}
