//! The stores of all watches: one per kind and version, and while a watch takes the place of another, the
//! other one's too.
//!
//! A watch that shows more or less than the one before is begun beside it. The one before goes on answering
//! until the new store is filled; then the new one answers, and what it shows otherwise counts as changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;

use crate::kind::Key;
use crate::pending::{Pending, Write};
use crate::query::Lookup;
use crate::resource::Resource;
use crate::shelf::Shelf;
use crate::store::{Change, Event, Store};
use crate::watch::{Form, Selection, Watch};

/// Every store.
#[derive(Debug, Default)]
pub(super) struct Stores {
    of: BTreeMap<Arc<Resource>, Place>,
    /// By the number of its watch.
    numbers: HashMap<u64, Arc<Resource>>,
}

/// What runs for one kind in one version.
#[derive(Debug)]
struct Place {
    serving: One,
    next: Option<Next>,
    /// What its stores are indexed by.
    lookups: BTreeSet<Lookup>,
}

/// A watch and what it has shown.
#[derive(Debug)]
struct One {
    number: u64,
    watch: Watch,
    store: Store,
}

/// A watch that is to take the place of the one that serves.
#[derive(Debug)]
struct Next {
    one: One,
    /// Writes since it began, by the object written, and for whom: its list may not show them.
    writes: HashMap<Key, (Write, Key)>,
}

/// What a watch told.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) resource: Arc<Resource>,
    pub(super) changes: Vec<Change>,
    /// A list was completed.
    pub(super) listed: bool,
    /// No list had been completed before.
    pub(super) first: bool,
    /// It took the place of the watch of that number.
    pub(super) ended: Option<u64>,
}

impl Stores {
    /// The store that answers a need; it may not be filled yet.
    pub(super) fn get(&self, need: &Watch) -> Option<&Store> {
        let serving = &self.of.get(&need.resource)?.serving;
        serving.watch.covers(need).then_some(&serving.store)
    }

    /// The store that answers a need, if it is filled.
    pub(super) fn filled(&self, need: &Watch) -> Option<&Store> {
        self.get(need).filter(|store| store.is_filled())
    }

    /// Begins and ends watches, so that there is one for each need and none besides. Gives the numbers of
    /// those that ended, and those that begin.
    pub(super) fn demand(
        &mut self,
        needs: impl IntoIterator<Item = Watch>,
        pending: &mut Pending,
        mut number: impl FnMut() -> u64,
    ) -> (Vec<u64>, Vec<(u64, Watch)>) {
        let mut wanted: BTreeMap<Arc<Resource>, Watch> = BTreeMap::new();
        for need in needs {
            let joined = match wanted.remove(&need.resource) {
                Some(other) => other.joined(&need),
                None => need,
            };
            wanted.insert(joined.resource.clone(), joined);
        }
        let (mut ended, mut begun) = (Vec::new(), Vec::new());
        for (_, place) in self.of.extract_if(.., |resource, _| !wanted.contains_key(resource)) {
            ended.extend(place.next.map(|next| next.one.number));
            ended.push(place.serving.number);
            pending.unwatched(&place.serving.watch);
        }
        for (resource, watch) in wanted {
            let mut begin = || {
                let one = One { number: number(), watch: watch.clone(), store: Store::default() };
                self.numbers.insert(one.number, resource.clone());
                begun.push((one.number, watch.clone()));
                one
            };
            let Some(place) = self.of.get_mut(&resource) else {
                let serving = begin();
                self.of.insert(resource, Place { serving, next: None, lookups: BTreeSet::new() });
                continue;
            };
            if place.next.as_ref().is_some_and(|next| next.one.watch == watch) {
                continue;
            }
            ended.extend(place.next.take().map(|next| next.one.number));
            if place.serving.watch != watch {
                let mut one = begin();
                one.store.index(&place.lookups);
                place.next = Some(Next { one, writes: HashMap::default() });
            }
        }
        ended.iter().for_each(|number| drop(self.numbers.remove(number)));
        (ended, begun)
    }

    /// Takes in what a watch tells. A word of a watch that has ended means nothing.
    pub(super) fn take(&mut self, number: u64, event: Event, pending: &mut Pending) -> Option<Told> {
        let resource = self.numbers.get(&number)?.clone();
        let place = self.of.get_mut(&resource)?;
        let listed = matches!(event, Event::Listed);
        if place.serving.number != number {
            let next = place.next.as_mut().filter(|next| next.one.number == number)?;
            next.one.store.take(event);
            let told = Told { resource, changes: Vec::new(), listed: false, first: false, ended: None };
            return Some(if listed { self.succeed(told, pending) } else { told });
        }
        let One { watch, store, .. } = &mut place.serving;
        let first = !store.is_filled();
        if matches!(event, Event::Begin) {
            pending.begin(watch);
        }
        let changes = store.take(event);
        pending.see(watch, store, &changes);
        if listed {
            pending.listed(watch);
        }
        Some(Told { resource, changes, listed, first, ended: None })
    }

    /// The next watch of a kind takes its place.
    fn succeed(&mut self, mut told: Told, pending: &mut Pending) -> Told {
        let Some(place) = self.of.get_mut(&told.resource) else { return told };
        let Some(next) = place.next.take() else { return told };
        let before = std::mem::replace(&mut place.serving, next.one);
        pending.unwatched(&before.watch);
        for (write, object) in next.writes.into_values() {
            pending.add(&write, &object, &place.serving.watch, &place.serving.store);
        }
        self.numbers.remove(&before.number);
        told.changes = place.serving.store.changes_since(&before.store, place.serving.watch.selection);
        (told.listed, told.first, told.ended) = (true, !before.store.is_filled(), Some(before.number));
        told
    }

    /// A write was made for an object: the store that serves its kind must show it first.
    pub(super) fn wrote(&mut self, write: &Write, object: &Key, resource: &Arc<Resource>, pending: &mut Pending) {
        let Some(place) = self.of.get_mut(resource) else { return };
        if write.key().kind.group_kind() != resource.kind.group_kind() {
            return;
        }
        pending.add(write, object, &place.serving.watch, &place.serving.store);
        if let Some(next) = &mut place.next {
            next.writes.insert(write.key().clone(), (write.clone(), object.clone()));
        }
    }

    /// What is seen of every kind of which all objects are watched.
    pub(super) fn shelves(&self) -> BTreeMap<Arc<Resource>, (Form, Shelf)> {
        let all = self.of.keys().filter_map(|resource| {
            let (form, shelf) = self.shelf(resource)?;
            Some((resource.clone(), (form, shelf.clone())))
        });
        all.collect()
    }

    /// What is seen of a kind, where all of its objects are watched.
    pub(super) fn shelf(&self, resource: &Arc<Resource>) -> Option<(Form, &Shelf)> {
        let One { watch, store, .. } = &self.of.get(resource)?.serving;
        (watch.selection == Selection::All && store.is_filled()).then(|| (watch.form, store.shelf()))
    }

    /// Keeps indexes of a kind for these lookups and no others.
    pub(super) fn index(&mut self, resource: &Arc<Resource>, lookups: &BTreeSet<Lookup>) {
        let Some(place) = self.of.get_mut(resource).filter(|place| place.lookups != *lookups) else { return };
        place.lookups = lookups.clone();
        place.serving.store.index(lookups);
        place.next.iter_mut().for_each(|next| next.one.store.index(lookups));
    }

    /// Which objects are watched of that kind, at present.
    pub(super) fn selection(&self, resource: &Arc<Resource>) -> Option<Selection> {
        self.of.get(resource).map(|place| place.serving.watch.selection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::names::OBJECT_UID;
    use crate::object::Object;

    fn resource() -> Arc<Resource> {
        let kind = Kind::new("", "v1", "ConfigMap");
        Arc::new(Resource { kind, plural: "configmaps".into(), namespaced: true })
    }

    fn object(name: &str, version: u32, child: bool) -> Arc<Object> {
        let labels = if child { format!(r#","labels":{{"{OBJECT_UID}":"o"}}"#) } else { String::new() };
        let metadata =
            format!(r#"{{"name":"{name}","namespace":"a","uid":"u","resourceVersion":"{version}"{labels}}}"#);
        let text = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{metadata}}}"#);
        Arc::new(Object::parse(&text, None).expect("a ConfigMap"))
    }

    /// The stores with what they wait for, and the numbers given so far.
    #[derive(Default)]
    struct Desk {
        stores: Stores,
        pending: Pending,
        last: u64,
    }

    impl Desk {
        /// What ends and what begins when this is needed.
        fn need(&mut self, needs: &[Watch]) -> (Vec<u64>, Vec<(u64, Watch)>) {
            let number = || {
                self.last += 1;
                self.last
            };
            self.stores.demand(needs.to_vec(), &mut self.pending, number)
        }

        fn tell(&mut self, number: u64, event: Event) -> Option<Told> {
            self.stores.take(number, event, &mut self.pending)
        }

        fn list(&mut self, number: u64, objects: &[Arc<Object>]) -> Told {
            self.tell(number, Event::Begin);
            objects.iter().for_each(|o| drop(self.tell(number, Event::Seen(o.clone()))));
            self.tell(number, Event::Listed).expect("it is a watch of ours")
        }
    }

    #[test]
    fn all_needs_of_a_kind_are_one_watch_and_it_ends_with_the_last_need() {
        let mut desk = Desk::default();
        let (all, children) = (Watch::all(resource()), Watch::children(resource()));
        let (ended, begun) = desk.need(&[children.clone(), all.clone(), Watch::metadata(resource())]);
        assert_eq!((ended, begun), (vec![], vec![(1, all.clone())]));
        desk.list(1, &[object("x", 1, true), object("y", 2, false)]);
        assert_eq!(desk.stores.filled(&children).map(|s| s.children_of("o").count()), Some(1));
        assert_eq!(desk.need(&[]), (vec![1], vec![]));
        assert!(desk.tell(1, Event::Listed).is_none(), "what it told is still on its way");
    }

    #[test]
    fn a_wider_watch_answers_when_it_is_filled_and_the_one_before_until_then() {
        let mut desk = Desk::default();
        let (all, children) = (Watch::all(resource()), Watch::children(resource()));
        desk.need(std::slice::from_ref(&children));
        desk.list(1, &[object("x", 1, true), object("z", 2, true)]);
        assert_eq!(desk.need(&[children.clone(), all.clone()]), (vec![], vec![(2, all.clone())]));
        assert!(desk.stores.filled(&children).is_some() && desk.stores.get(&all).is_none());
        assert_eq!(desk.tell(1, Event::Seen(object("x", 3, true))).map(|t| t.changes.len()), Some(1));
        let told = desk.list(2, &[object("x", 4, true), object("y", 2, false)]);
        assert_eq!((told.ended, told.first), (Some(1), false));
        let mut changed: Vec<_> = told.changes.iter().filter_map(|c| c.after.as_ref().or(c.before.as_ref())).collect();
        changed.sort_by_key(|o| o.key.name.clone());
        let changed: Vec<_> = changed.iter().map(|o| o.key.name.as_str()).collect();
        assert_eq!(changed, ["x", "y", "z"], "changed, new, gone: nothing was lost on the way");
        assert!(desk.stores.filled(&all).is_some() && desk.stores.filled(&children).is_some());
    }

    #[test]
    fn what_a_narrower_watch_does_not_show_is_not_gone() {
        let mut desk = Desk::default();
        let (all, children) = (Watch::all(resource()), Watch::children(resource()));
        desk.need(std::slice::from_ref(&all));
        desk.list(1, &[object("x", 1, true), object("y", 2, false)]);
        desk.need(std::slice::from_ref(&children));
        assert!(desk.list(2, &[object("x", 1, true)]).changes.is_empty());
        assert!(desk.stores.filled(&all).is_none());
    }

    #[test]
    fn a_write_that_the_next_watch_may_not_have_listed_is_waited_for() {
        let mut desk = Desk::default();
        desk.need(&[Watch::children(resource())]);
        desk.list(1, &[]);
        desk.need(&[Watch::all(resource())]);
        desk.tell(2, Event::Begin);
        let (key, owner) = (object("x", 9, true).key.clone(), object("owner", 1, false).key.clone());
        let write = Write::Version { key, version: "9".into(), labelled: true };
        desk.stores.wrote(&write, &owner, &resource(), &mut desk.pending);
        desk.tell(1, Event::Seen(object("x", 9, true)));
        assert!(!desk.pending.blocks(&owner));
        desk.tell(2, Event::Listed);
        assert!(desk.pending.blocks(&owner), "the list was read before the write");
        desk.tell(2, Event::Seen(object("x", 9, true)));
        assert!(!desk.pending.blocks(&owner));
    }

    #[test]
    fn a_need_that_passes_ends_the_watch_that_was_begun_for_it() {
        let mut desk = Desk::default();
        let children = Watch::children(resource());
        desk.need(std::slice::from_ref(&children));
        desk.list(1, &[]);
        desk.need(&[Watch::all(resource())]);
        assert_eq!(desk.need(std::slice::from_ref(&children)), (vec![2], vec![]));
        assert!(desk.tell(2, Event::Listed).is_none());
        assert!(desk.stores.filled(&children).is_some());
    }
}
