//! The objects of one kind in their order, and indexes of them, in persistent trees: a copy costs next to
//! nothing, so a call can read a frozen one while events go on changing the other.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde_json::Value;

use crate::kind::Key;
use crate::object::Object;
use crate::query::{Lookup, Query, What};

/// The objects of one kind.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// By namespace and name.
    objects: RedBlackTreeMapSync<Name, Arc<Object>>,
    by: BTreeMap<Lookup, Index>,
    /// Another one after each change.
    stamp: Arc<()>,
}

/// Objects by a value, namespace and name.
type Index = RedBlackTreeSetSync<Item>;

/// The name of an object, in the order of namespaces and names.
#[derive(Clone, Debug)]
struct Name(Key);

#[derive(Clone, Debug)]
struct Item {
    value: Arc<str>,
    object: Arc<Object>,
}

/// Where an item stands.
trait Placed {
    fn place(&self) -> Place<'_>;
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    value: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl Placed for Item {
    fn place(&self) -> Place<'_> {
        let key = &self.object.key;
        Place { value: &self.value, namespace: key.namespace.as_deref(), name: &key.name }
    }
}

impl Placed for Name {
    fn place(&self) -> Place<'_> {
        Place { value: "", namespace: self.0.namespace.as_deref(), name: &self.0.name }
    }
}

impl Placed for Place<'_> {
    fn place(&self) -> Place<'_> {
        *self
    }
}

impl PartialEq for dyn Placed + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for dyn Placed + '_ {}

impl PartialOrd for dyn Placed + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn Placed + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

/// Whatever has a place is ordered by it.
macro_rules! ordered_by_place {
    ($($what:ty),*) => {$(
        impl<'a> Borrow<dyn Placed + 'a> for $what {
            fn borrow(&self) -> &(dyn Placed + 'a) {
                self
            }
        }

        impl PartialEq for $what {
            fn eq(&self, other: &Self) -> bool {
                self.place() == other.place()
            }
        }

        impl Eq for $what {}

        impl PartialOrd for $what {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $what {
            fn cmp(&self, other: &Self) -> Ordering {
                self.place().cmp(&other.place())
            }
        }
    )*};
}

ordered_by_place!(Name, Item);

impl Shelf {
    /// Whether nothing changed between two copies.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.stamp, &other.stamp)
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.size()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// One object by its name.
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<&Arc<Object>> {
        let place = Place { value: "", namespace, name };
        self.objects.get(&place as &dyn Placed)
    }

    /// All objects, by namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.values()
    }

    /// Puts an object.
    pub fn put(&mut self, object: Arc<Object>) {
        self.put_over(object, |_, _| true);
    }

    /// Puts an object that is prepared in view of the one that has its name, and gives the one before and the one that is
    /// there now. Nothing if the preparation finds that there is nothing to do.
    pub(crate) fn put_over(
        &mut self,
        mut object: Arc<Object>,
        prepare: impl FnOnce(&mut Arc<Object>, Option<&Object>) -> bool,
    ) -> Option<(Option<Arc<Object>>, Arc<Object>)> {
        let place = Place { value: "", namespace: object.key.namespace.as_deref(), name: &object.key.name };
        let known = self.objects.get_mut(&place as &dyn Placed);
        if !prepare(&mut object, known.as_deref().map(|known| &**known)) {
            return None;
        }
        let before = match known {
            Some(known) => Some(std::mem::replace(known, object.clone())),
            None => {
                self.objects.insert_mut(Name(object.key.clone()), object.clone());
                None
            }
        };
        self.reindex(before.as_ref(), Some(&object));
        Some((before, object))
    }

    /// Takes an object away.
    pub fn remove(&mut self, namespace: Option<&str>, name: &str) -> Option<Arc<Object>> {
        let before = self.get(namespace, name)?.clone();
        self.reindex(Some(&before), None);
        self.objects.remove_mut(&Place { value: "", namespace, name } as &dyn Placed);
        Some(before)
    }

    fn reindex(&mut self, before: Option<&Arc<Object>>, after: Option<&Arc<Object>>) {
        self.stamp = Arc::default();
        let (mut tree_before, mut tree_after) = (None, None);
        for (lookup, index) in &mut self.by {
            let values = |o: Option<&Arc<Object>>, tree: &mut Option<Value>| {
                o.map(|o| lookup.values(o, tree)).unwrap_or_default()
            };
            for (object, value) in
                before.iter().flat_map(|o| values(before, &mut tree_before).into_iter().map(move |v| (o, v)))
            {
                let key = &object.key;
                let place = Place { value: &value, namespace: key.namespace.as_deref(), name: &key.name };
                index.remove_mut(&place as &dyn Placed);
            }
            for (object, value) in
                after.iter().flat_map(|o| values(after, &mut tree_after).into_iter().map(move |v| (o, v)))
            {
                index.insert_mut(Item { value: value.into(), object: Arc::clone(object) });
            }
        }
    }

    /// Keeps these indexes and no others.
    pub fn index(&mut self, lookups: &BTreeSet<Lookup>) {
        self.by.retain(|lookup, _| lookups.contains(lookup));
        for lookup in lookups {
            if self.by.contains_key(lookup) {
                continue;
            }
            let mut index = Index::default();
            for object in self.objects.values() {
                for value in lookup.values(object, &mut None) {
                    index.insert_mut(Item { value: value.into(), object: object.clone() });
                }
            }
            self.by.insert(lookup.clone(), index);
        }
    }

    /// What a query finds, by namespace and name. The cost follows what its index holds, where there is one.
    pub fn find(&self, query: &Query) -> Vec<&Arc<Object>> {
        let namespace = query.area.namespace();
        if let (What::Named(name), Some(namespace)) = (&query.what, namespace) {
            return self.get(namespace, name).into_iter().collect();
        }
        let anchor = query.anchor();
        let indexed = anchor.as_ref().and_then(|(lookup, value)| Some((self.by.get(lookup)?, value.as_str())));
        let value = indexed.map_or("", |(_, value)| value);
        let first = Place { value, namespace: namespace.flatten(), name: "" };
        let range: (Bound<&dyn Placed>, Bound<&dyn Placed>) = (Bound::Included(&first), Bound::Unbounded);
        let here = |object: &Object| namespace.is_none_or(|ns| object.key.namespace.as_deref() == ns);
        let matches = |object: &&Arc<Object>| query.matches(object);
        let Some((index, value)) = indexed else {
            let objects = self.objects.range::<dyn Placed, _>(range).map(|(_, object)| object);
            return objects.take_while(|object| here(object)).filter(matches).collect();
        };
        let items = index.range::<dyn Placed, _>(range);
        let items = items.take_while(|item| *item.value == *value && here(&item.object));
        items.map(|item| &item.object).filter(matches).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::View;
    use crate::kind::Kind;
    use crate::query::{Area, Field};
    use crate::selector::Selector;

    fn pod(namespace: &str, name: &str, app: &str, node: &str) -> Arc<Object> {
        let text = format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}","namespace":"{namespace}","uid":"u",
            "resourceVersion":"1","labels":{{"app":"{app}"}}}},"spec":{{"node":"{node}"}}}}"#
        );
        Arc::new(Object::parse(&text, None).expect("a Pod"))
    }

    fn shelf() -> Shelf {
        let mut shelf = Shelf::default();
        for (namespace, name, app, node) in
            [("b", "1", "web", "x"), ("a", "2", "web", "y"), ("a", "1", "db", "x"), ("kube-system", "1", "web", "x")]
        {
            shelf.put(pod(namespace, name, app, node));
        }
        shelf
    }

    fn found(shelf: &Shelf, area: Area, labels: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let fields = fields.iter().map(|(p, v)| Field::parse(p, v).expect("a field")).collect();
        let what = What::All(Selector::parse(labels).expect("a selector"), fields);
        let query = Query { kind: Kind::new("", "v1", "Pod"), area, what, view: View::Names };
        shelf
            .find(&query)
            .iter()
            .map(|o| format!("{}/{}", o.key.namespace.as_deref().unwrap_or(""), o.key.name))
            .collect()
    }

    #[test]
    fn an_index_changes_what_a_query_costs_and_not_what_it_finds() {
        let mut shelf = shelf();
        let lookups =
            [Lookup::Label("app".into()), Lookup::Field(crate::paths::Path::parse("spec.node").expect("a path"))];
        for indexed in [false, true] {
            if indexed {
                shelf.index(&BTreeSet::from(lookups.clone()));
                shelf.put(pod("a", "3", "web", "x"));
                shelf.put(pod("a", "2", "db", "y"));
                shelf.remove(Some("b"), "1");
                shelf.put(pod("a", "2", "web", "y"));
                shelf.put(pod("b", "1", "web", "x"));
                shelf.remove(Some("a"), "3");
            }
            let everywhere = || Area::Everywhere(vec![]);
            assert_eq!(found(&shelf, everywhere(), "", &[]), ["a/1", "a/2", "b/1"]);
            assert_eq!(
                found(&shelf, Area::Everywhere(vec!["kube-system".into()]), "app=web", &[]),
                ["a/2", "b/1", "kube-system/1"]
            );
            assert_eq!(found(&shelf, everywhere(), "app=web", &[]), ["a/2", "b/1"]);
            assert_eq!(found(&shelf, Area::In(Some("a".into())), "app=web", &[]), ["a/2"]);
            assert_eq!(found(&shelf, everywhere(), "app=web", &[("spec.node", "\"x\"")]), ["b/1"]);
            assert_eq!(
                found(&shelf, everywhere(), "", &[("spec.node", "\"x\""), ("metadata.name", "\"1\"")]),
                ["a/1", "b/1"]
            );
            assert!(found(&shelf, everywhere(), "", &[("metadata.resourceVersion", "\"1\"")]).is_empty());
            assert!(found(&shelf, Area::In(None), "", &[]).is_empty());
        }
    }

    #[test]
    fn a_copy_stays_as_it_was() {
        let mut shelf = shelf();
        let frozen = shelf.clone();
        assert!(frozen.is_same(&shelf));
        shelf.remove(Some("a"), "1");
        shelf.put(pod("c", "1", "web", "x"));
        assert_eq!((frozen.len(), shelf.len()), (4, 4));
        assert!(frozen.get(Some("a"), "1").is_some() && frozen.get(Some("c"), "1").is_none());
        assert!(!frozen.is_same(&shelf));
    }
}
