//! The objects of one watch, and the indexes that decisions need.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use crate::kind::Key;
use crate::names::{OBJECT_UID, contributor_of};
use crate::object::Object;
use crate::pool::Pool;
use crate::query::Lookup;
use crate::shelf::Shelf;
use crate::watch::Selection;

/// The name of an object within one kind.
pub type Name = (Option<String>, String);

/// What a watch tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// A list begins: what is not in it is gone.
    Begin,
    /// An object is there, or changed.
    Seen(Arc<Object>),
    /// An object is gone; as it was last.
    Gone(Arc<Object>),
    /// The list is complete.
    Listed,
}

/// What an event changed: the object before and after.
#[derive(Clone, Debug)]
pub struct Change {
    /// As it was; none if it is new.
    pub before: Option<Arc<Object>>,
    /// As it is; none if it is gone.
    pub after: Option<Arc<Object>>,
}

/// The objects of one watch.
#[derive(Debug, Default)]
pub struct Store {
    shelf: Shelf,
    by_object_uid: Related,
    by_contributor: Related,
    relist: Option<Relist>,
    filled: bool,
    seen_up_to: u64,
    /// Sets of fields.
    pool: Pool,
}

/// Objects by the uid of one that they have to do with, in the order of their names. They are few for each.
type Related = HashMap<String, Vec<Arc<Object>>>;

/// A list on its way.
#[derive(Debug, Default)]
struct Relist {
    names: HashSet<Key>,
    highest: u64,
}

impl Store {
    /// Whether a first list has been completed.
    pub fn is_filled(&self) -> bool {
        self.filled
    }

    /// The highest resourceVersion that was told: every event up to there has been seen, that of an
    /// object that came and went as well. The items of a list count when the list is complete, since they
    /// come in the order of their names.
    pub fn seen_up_to(&self) -> u64 {
        self.seen_up_to
    }

    /// One object by its name.
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<&Arc<Object>> {
        self.shelf.get(namespace, name)
    }

    /// All objects, by namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.shelf.all()
    }

    /// The objects as they are now; a copy of it stays so.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Keeps indexes for these lookups and no others.
    pub fn index(&mut self, lookups: &BTreeSet<Lookup>) {
        self.shelf.index(lookups);
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.shelf.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.shelf.is_empty()
    }

    /// The objects whose label says that they are children of the object of that uid.
    pub fn children_of(&self, uid: &str) -> impl Iterator<Item = &Arc<Object>> {
        self.by_object_uid.get(uid).into_iter().flatten()
    }

    /// The objects to which the object of that uid has contributed fields.
    pub fn contributed_by(&self, uid: &str) -> impl Iterator<Item = &Arc<Object>> {
        self.by_contributor.get(uid).into_iter().flatten()
    }

    /// Whether any object carries fields that were contributed.
    pub fn has_contributions(&self) -> bool {
        !self.by_contributor.is_empty()
    }

    /// Every object that carries the label of a child.
    pub fn children(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.by_object_uid.values().flatten()
    }

    /// What this store shows otherwise than one that another watch of the same kind has filled before. What
    /// this one's `selection` leaves out has not changed by that.
    pub(crate) fn changes_since(&self, before: &Self, selection: Selection) -> Vec<Change> {
        let older = |a: &Object, b: &Object| number(&a.meta.resource_version) <= number(&b.meta.resource_version);
        let there = self.all().filter_map(|after| match before.like(after) {
            // The watch before may be ahead of this one, which will tell of the same.
            Some(before) if before.meta.uid == after.meta.uid && older(after, before) => None,
            before => Some(Change { before: before.cloned(), after: Some(after.clone()) }),
        });
        let covered = |o: &Object| selection == Selection::All || o.meta.labels.contains_key(OBJECT_UID);
        let gone = before.all().filter(|o| covered(o) && self.like(o).is_none());
        there.chain(gone.map(|o| Change { before: Some(o.clone()), after: None })).collect()
    }

    /// What has the name of an object.
    fn like(&self, object: &Object) -> Option<&Arc<Object>> {
        self.shelf.get(object.key.namespace.as_deref(), &object.key.name)
    }

    /// Takes in what a watch tells, and says what changed. An object seen again as it was is no change.
    ///
    /// During a list nothing is taken away; when the list is complete, what it did not hold is gone.
    pub fn take(&mut self, event: Event) -> Vec<Change> {
        match event {
            Event::Begin => {
                self.relist = Some(Relist::default());
                Vec::new()
            }
            Event::Seen(object) => {
                self.told(&object);
                if let Some(relist) = &mut self.relist {
                    relist.names.insert(object.key.clone());
                }
                self.put(object).into_iter().collect()
            }
            Event::Gone(object) => {
                let name = object.key.clone();
                self.told(&object);
                if let Some(relist) = &mut self.relist {
                    relist.names.remove(&name);
                }
                // Of one that could not be read, what it was before says more.
                let last = |known| if object.text.is_empty() { known } else { object };
                let gone = self.remove(&name).map(|known| Change { before: Some(last(known)), after: None });
                gone.into_iter().collect()
            }
            Event::Listed => {
                self.filled = true;
                let listed = self.relist.take().unwrap_or_default();
                self.seen_up_to = self.seen_up_to.max(listed.highest);
                let all = self.shelf.all().map(|object| &object.key);
                let lost: Vec<Key> = all.filter(|key| !listed.names.contains(key)).cloned().collect();
                lost.iter()
                    .filter_map(|name| self.remove(name))
                    .map(|object| Change { before: Some(object), after: None })
                    .collect()
            }
        }
    }

    fn told(&mut self, object: &Object) {
        let highest = self.relist.as_mut().map_or(&mut self.seen_up_to, |relist| &mut relist.highest);
        *highest = (*highest).max(number(&object.meta.resource_version));
    }

    fn put(&mut self, object: Arc<Object>) -> Option<Change> {
        let pool = &mut self.pool;
        let (before, object) = self.shelf.put_over(object, |object, before| {
            if let Some(before) = before {
                if before.meta.uid == object.meta.uid && before.meta.resource_version == object.meta.resource_version {
                    return false;
                }
                object.inherit(before);
            }
            // Nobody else has seen it yet.
            if let Some(object) = Arc::get_mut(object) {
                object.meta.managed_fields.iter_mut().for_each(|entry| entry.fields_v1.share(pool));
                if let Some(before) = before.filter(|before| before.key == object.key) {
                    object.key = before.key.clone();
                }
            }
            true
        })?;
        if let Some(before) = &before {
            self.unindex(before);
        }
        if let Some(uid) = object.meta.labels.get(OBJECT_UID) {
            relate(&mut self.by_object_uid, uid, &object);
        }
        for uid in contributors(&object) {
            relate(&mut self.by_contributor, uid, &object);
        }
        Some(Change { before, after: Some(object) })
    }

    fn remove(&mut self, name: &Key) -> Option<Arc<Object>> {
        let before = self.shelf.remove(name.namespace.as_deref(), &name.name)?;
        self.unindex(&before);
        Some(before)
    }

    fn unindex(&mut self, object: &Object) {
        if let Some(uid) = object.meta.labels.get(OBJECT_UID) {
            leave(&mut self.by_object_uid, uid, &object.key);
        }
        for uid in contributors(object) {
            leave(&mut self.by_contributor, uid, &object.key);
        }
    }
}

fn relate(index: &mut Related, uid: &str, object: &Arc<Object>) {
    let Some(objects) = index.get_mut(uid) else {
        index.insert(uid.to_owned(), vec![object.clone()]);
        return;
    };
    match objects.binary_search_by(|known| known.key.cmp(&object.key)) {
        Ok(at) => objects[at] = object.clone(),
        Err(at) => objects.insert(at, object.clone()),
    }
}

fn leave(index: &mut Related, uid: &str, name: &Key) {
    if let Some(objects) = index.get_mut(uid) {
        objects.retain(|object| object.key != *name);
        if objects.is_empty() {
            index.remove(uid);
        }
    }
}

/// The uids of the objects that have contributed fields, by their field managers.
fn contributors(object: &Object) -> impl Iterator<Item = &str> {
    let applied = object.meta.managed_fields.iter().filter(|e| e.operation == "Apply" && e.subresource.is_empty());
    applied.filter_map(|e| contributor_of(&e.manager))
}

/// A resourceVersion as a number; 0 where it is none, so that nobody waits for it.
pub(crate) fn number(version: &str) -> u64 {
    version.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn child(name: &str, version: u32, of: &str) -> Arc<Object> {
        let text = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}","namespace":"a","uid":"u-{name}",
            "resourceVersion":"{version}","labels":{{"{OBJECT_UID}":"{of}"}}}}}}"#
        );
        Arc::new(Object::parse(&text, None).expect("a ConfigMap"))
    }

    #[test]
    fn what_a_new_list_does_not_hold_is_gone() {
        let mut store = Store::default();
        for event in [Event::Begin, Event::Seen(child("x", 1, "o")), Event::Seen(child("y", 2, "o")), Event::Listed] {
            store.take(event);
        }
        store.take(Event::Begin);
        assert!(store.take(Event::Seen(child("y", 2, "o"))).is_empty(), "seen again as it was: no change");
        let gone = store.take(Event::Listed);
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0].before.as_ref().map(|o| o.key.name.as_str()), Some("x"));
        assert_eq!(store.children_of("o").count(), 1);
    }

    #[test]
    fn what_another_watch_of_everything_does_not_hold_is_gone_with_or_without_our_label() {
        let mut before = Store::default();
        let plain = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"y","namespace":"a","uid":"v"}}"#;
        let plain = Arc::new(Object::parse(plain, None).expect("a ConfigMap"));
        for object in [child("x", 1, "o"), plain] {
            before.take(Event::Seen(object));
        }
        let gone = |selection| Store::default().changes_since(&before, selection).len();
        assert_eq!((gone(Selection::All), gone(Selection::Children)), (2, 1));
    }

    #[test]
    fn of_an_object_that_cannot_be_read_any_more_its_last_words_count() {
        let mut store = Store::default();
        let known = child("x", 1, "o");
        store.take(Event::Seen(known.clone()));
        let gone = store.take(Event::Gone(Arc::new(Object::named(known.key.clone()))));
        assert_eq!(gone.iter().map(|change| change.before.clone()).collect::<Vec<_>>(), [Some(known)]);
        assert_eq!(store.children_of("o").count(), 0);
    }

    #[test]
    fn a_child_whose_label_moves_belongs_to_the_other_object() {
        let mut store = Store::default();
        store.take(Event::Seen(child("x", 1, "o")));
        store.take(Event::Seen(child("x", 2, "p")));
        assert_eq!((store.children_of("o").count(), store.children_of("p").count()), (0, 1));
    }
}
