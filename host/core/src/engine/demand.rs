//! Which watches are needed, by whom.

use super::controllers::Controller;
use super::watches::{CRDS, RECONCILERS};
use super::{Catalog, Engine, Output};
use crate::kind::GroupKind;
use crate::watch::Watch;

impl Controller {
    /// What this controller needs to see: its objects, their children, and what they contribute to. Whoever needs more of a kind states
    /// it here (as [`Watch::metadata`], say); whatever watch comes of all needs, [`Stores::filled`] finds the
    /// store that answers one.
    ///
    /// [`Stores::filled`]: super::stores::Stores::filled
    pub(super) fn needs(&self, catalog: &Catalog) -> Vec<Watch> {
        let mut needs = vec![self.objects.clone()];
        needs.extend(self.kinds.watches(catalog));
        needs.extend(self.targets.watches(catalog));
        needs
    }

    /// What of that it needs to see of one kind.
    pub(super) fn needs_of(&self, kind: &GroupKind, catalog: &Catalog) -> impl Iterator<Item = Watch> {
        let children = [&self.kinds, &self.targets].map(|kinds| kinds.watch_of(kind, catalog));
        let own = Some(&self.objects).filter(|objects| objects.resource.kind.is_of(kind)).cloned();
        own.into_iter().chain(children.into_iter().flatten())
    }
}

impl Engine {
    /// Begins the watches that are needed and ends those that nobody needs any more.
    pub(super) fn demand_watches(&mut self) {
        let mut needs = vec![CRDS.clone(), RECONCILERS.clone()];
        needs.extend(self.controllers.values().flat_map(|c| c.needs(&self.catalog)));
        needs.extend(self.read_needs());
        let next_id = &mut self.next_id;
        let number = || {
            *next_id += 1;
            *next_id
        };
        let (ended, begun) = self.stores.demand(needs, &mut self.pending, number);
        self.out.extend(ended.into_iter().map(Output::Unwatch));
        self.out.extend(begun.into_iter().map(|(number, watch)| Output::Watch(number, watch)));
        self.look_at_read_kinds();
    }
}
