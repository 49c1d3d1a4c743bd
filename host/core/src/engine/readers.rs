//! Which objects read what, from the record of their last call, and whom a change therefore concerns.
//!
//! Looks by name stand under that name. Lists stand under their namespace and under one label or field that
//! must have one value, where they state any: so a change is only held against those that it may concern.
//! Equal queries stand there once, however many objects make them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;
use serde_json::Value;

use crate::kind::{Key, Kind};
use crate::object::Object;
use crate::print::Print;
use crate::query::{Lookup, Query, What};
use crate::store::Change;
use crate::watch::Form;

/// The record of everybody's reads.
#[derive(Debug, Default)]
pub(super) struct Readers {
    records: HashMap<Key, Record>,
    kinds: BTreeMap<Kind, OfKind>,
    /// Kinds, forms or indexes are needed that were not, or the other way round.
    needs_changed: bool,
}

/// What one object read.
#[derive(Debug)]
pub(super) struct Record {
    who: Arc<Key>,
    /// Queries, each with the fingerprint of its answer.
    pub(super) looked: Arc<HashMap<Arc<Query>, Print>>,
    /// Something changed since that concerns one of them.
    pub(super) stale: bool,
    /// What the call lacked, so that it must be made again: a kind that is not watched so far, in a form if it
    /// is known where it is served.
    pub(super) lacks: Option<(Kind, Option<Form>)>,
}

/// The readers of one kind.
#[derive(Debug, Default)]
struct OfKind {
    named: HashMap<(Option<String>, String), Queries>,
    lists: HashMap<Anchor, Queries>,
    /// How many queries go by which label or field.
    lookups: BTreeMap<Lookup, usize>,
    /// How many queries need which form.
    forms: BTreeMap<Form, usize>,
    /// Whose call lacked it.
    lacked: BTreeMap<Arc<Key>, Option<Form>>,
}

type Queries = HashMap<Arc<Query>, BTreeSet<Arc<Key>>>;
/// One namespace, if only one is looked at, and what is looked for.
type Anchor = (Option<Option<String>>, Option<(Lookup, String)>);

impl Readers {
    /// Notes what the last call of an object looked at, in place of what the one before did.
    pub(super) fn note(
        &mut self,
        object: &Key,
        looked: HashMap<Arc<Query>, Print>,
        lacks: Option<(Kind, Option<Form>)>,
    ) {
        let before = self.records.remove(object);
        if looked.is_empty() && lacks.is_none() {
            before.into_iter().for_each(|record| self.strike(&record));
            return;
        }
        let who = before.as_ref().map_or_else(|| Arc::new(object.clone()), |record| record.who.clone());
        // The new ones first, so that what both need is never without a need in between.
        let record = Record { who, looked: Arc::new(looked), stale: false, lacks };
        self.enter(&record, before.as_ref());
        before.into_iter().for_each(|old| self.strike_but(&old, &record));
        self.records.insert(object.clone(), record);
    }

    /// An object is gone.
    pub(super) fn forget_one(&mut self, object: &Key) {
        self.note(object, HashMap::default(), None);
    }

    /// Nobody calls for these objects any more. Every record is looked at.
    pub(super) fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        let gone: Vec<Record> = self.records.extract_if(|key, _| which(key)).map(|(_, record)| record).collect();
        gone.iter().for_each(|record| self.strike(record));
    }

    /// Whether, since this was asked last, other kinds, forms or indexes came to be needed.
    pub(super) fn take_needs_changed(&mut self) -> bool {
        std::mem::take(&mut self.needs_changed)
    }

    /// The record of an object, if it read anything.
    pub(super) fn of(&mut self, object: &Key) -> Option<&mut Record> {
        self.records.get_mut(object)
    }

    /// The kinds that are read or wanted, each with the form that is needed; none where it is not known whether
    /// it is served.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&Kind, Option<Form>)> {
        self.kinds.iter().map(|(kind, of)| (kind, of.form()))
    }

    /// The labels and fields that queries of a kind go by.
    pub(super) fn lookups(&self, kind: &Kind) -> BTreeSet<Lookup> {
        self.kinds.get(kind).map(|of| of.lookups.keys().cloned().collect()).unwrap_or_default()
    }

    /// Whether an object waits for, or reads, one of these kinds.
    pub(super) fn needs_one_of(&self, object: &Key, kinds: &BTreeSet<Kind>) -> bool {
        let Some(record) = self.records.get(object) else { return false };
        let lacked = record.lacks.iter().map(|(kind, _)| kind);
        record.looked.keys().map(|query| &query.kind).chain(lacked).any(|kind| kinds.contains(kind))
    }

    /// The kinds that an object reads.
    pub(super) fn kinds_of(&self, object: &Key) -> BTreeSet<Kind> {
        let looked = self.records.get(object).into_iter().flat_map(|record| record.looked.keys());
        looked.map(|query| query.kind.clone()).collect()
    }

    /// Everybody who reads a kind.
    pub(super) fn all_of(&self, kind: &Kind) -> BTreeSet<Arc<Key>> {
        let Some(of) = self.kinds.get(kind) else { return BTreeSet::new() };
        let queries = of.named.values().chain(of.lists.values());
        queries.flat_map(HashMap::values).flatten().cloned().collect()
    }

    /// Whose answers a change of an object alters. The cost follows the queries that it may concern.
    pub(super) fn concerned(&self, kind: &Kind, change: &Change) -> BTreeSet<Arc<Key>> {
        let mut concerned = BTreeSet::new();
        let Some(of) = self.kinds.get(kind) else { return concerned };
        let Some(object) = change.after.as_ref().or(change.before.as_ref()) else { return concerned };
        let trees = RefCell::new((None, None));
        let mut hold = |queries: Option<&Queries>| {
            let queries = queries.into_iter().flatten();
            let alters = |query: &Query| alters(query, change, &mut trees.borrow_mut());
            concerned.extend(queries.filter(|(query, _)| alters(query)).flat_map(|(_, who)| who).cloned());
        };
        hold(of.named.get(&(object.key.namespace.clone(), object.key.name.clone())));
        let places = [Some(object.key.namespace.clone()), None];
        let mut found_by: BTreeSet<Option<(Lookup, String)>> = BTreeSet::from([None]);
        for lookup in of.lookups.keys() {
            let (before, after) = &mut *trees.borrow_mut();
            let mut add = |object: &Option<Arc<Object>>, tree: &mut _| {
                let values = object.iter().flat_map(|o| lookup.values(o, tree)).collect::<Vec<_>>();
                found_by.extend(values.into_iter().map(|value| Some((lookup.clone(), value))));
            };
            add(&change.before, before);
            add(&change.after, after);
        }
        for anchor in found_by {
            places.iter().for_each(|place| hold(of.lists.get(&(place.clone(), anchor.clone()))));
        }
        concerned
    }

    /// Enters the queries of a record that the one before did not have.
    fn enter(&mut self, record: &Record, before: Option<&Record>) {
        for query in record.looked.keys().filter(|query| !before.is_some_and(|b| b.has(query))) {
            let of = self.kinds.entry(query.kind.clone()).or_default();
            let queries = of.queries(query);
            let is_new = !queries.contains_key(query);
            queries.entry(query.clone()).or_default().insert(record.who.clone());
            if is_new {
                self.needs_changed |= count_up(&mut of.forms, query.form());
                if let Some((lookup, _)) = query.anchor() {
                    self.needs_changed |= count_up(&mut of.lookups, lookup);
                }
            }
        }
        if let Some((kind, form)) = &record.lacks {
            self.needs_changed = true;
            self.kinds.entry(kind.clone()).or_default().lacked.insert(record.who.clone(), *form);
        }
    }

    fn strike(&mut self, record: &Record) {
        self.strike_all(record, |_| true, true);
    }

    fn strike_but(&mut self, record: &Record, kept: &Record) {
        let same_lack = record.lacks.as_ref().map(|(kind, _)| kind) == kept.lacks.as_ref().map(|(kind, _)| kind);
        self.strike_all(record, |query| !kept.has(query), !same_lack);
    }

    fn strike_all(&mut self, record: &Record, which: impl Fn(&Query) -> bool, lack: bool) {
        let mut kinds = BTreeSet::new();
        for query in record.looked.keys().filter(|query| which(query)) {
            let Some(of) = self.kinds.get_mut(&query.kind) else { continue };
            self.needs_changed |= of.strike(query, &record.who);
            kinds.insert(query.kind.clone());
        }
        if let Some((kind, _)) = record.lacks.as_ref().filter(|_| lack) {
            self.needs_changed = true;
            self.kinds.get_mut(kind).and_then(|of| of.lacked.remove(&record.who));
            kinds.insert(kind.clone());
        }
        for kind in kinds {
            if self.kinds.get(&kind).is_some_and(OfKind::is_empty) {
                self.kinds.remove(&kind);
            }
        }
    }
}

impl Record {
    fn has(&self, query: &Query) -> bool {
        self.looked.contains_key(query)
    }
}

impl OfKind {
    fn form(&self) -> Option<Form> {
        self.forms.keys().copied().chain(self.lacked.values().copied().flatten()).max()
    }

    fn is_empty(&self) -> bool {
        self.forms.is_empty() && self.lacked.is_empty()
    }

    fn queries(&mut self, query: &Query) -> &mut Queries {
        match &query.what {
            What::Named(name) => self.named.entry(named(query, name)).or_default(),
            What::All(..) => self.lists.entry(anchor(query)).or_default(),
        }
    }

    /// Says whether less is needed now.
    fn strike(&mut self, query: &Arc<Query>, who: &Arc<Key>) -> bool {
        let queries = self.queries(query);
        let Some(readers) = queries.get_mut(query) else { return false };
        readers.remove(who);
        if !readers.is_empty() {
            return false;
        }
        queries.remove(query);
        if queries.is_empty() {
            match &query.what {
                What::Named(name) => drop(self.named.remove(&named(query, name))),
                What::All(..) => drop(self.lists.remove(&anchor(query))),
            }
        }
        let by_form = count_down(&mut self.forms, &query.form());
        query.anchor().is_some_and(|(lookup, _)| count_down(&mut self.lookups, &lookup)) || by_form
    }
}

fn named(query: &Query, name: &str) -> (Option<String>, String) {
    (query.area.namespace().flatten().map(str::to_owned), name.to_owned())
}

fn anchor(query: &Query) -> Anchor {
    (query.area.namespace().map(|ns| ns.map(str::to_owned)), query.anchor())
}

/// Counts one more, and says whether it is the first.
fn count_up<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) -> bool {
    let count = counts.entry(key).or_default();
    *count += 1;
    *count == 1
}

/// Counts one less, and says whether it was the last.
fn count_down<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) -> bool {
    let Some(count) = counts.get_mut(key) else { return false };
    *count -= 1;
    *count == 0 && counts.remove(key).is_some()
}

/// Whether a change alters the answer to a query: an object comes into it or leaves it, or what is viewed of
/// it is another.
fn alters(query: &Query, change: &Change, (before, after): &mut (Option<Value>, Option<Value>)) -> bool {
    let shown = |object: &Option<Arc<Object>>, tree: &mut Option<Value>| {
        object.as_ref().filter(|o| query.matches_parsed(o, tree)).map(|o| o.print(query.view))
    };
    shown(&change.before, before) != shown(&change.after, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::View;
    use crate::query::{Area, Field, SEARCHED};
    use crate::selector::Selector;

    fn key(name: &str) -> Key {
        Key::new(Kind::new("example.com", "v1", "Inn"), Some("a".into()), name.into())
    }

    fn looked(name: &str) -> HashMap<Arc<Query>, Print> {
        let (kind, area) = (Kind::new("", "v1", "ConfigMap"), Area::In(Some("a".into())));
        let query = Query { kind, area, what: What::Named(name.into()), view: View::Spec };
        HashMap::from_iter([(Arc::new(query), Print::default())])
    }

    #[test]
    fn an_object_that_is_gone_reads_nothing_and_others_read_on() {
        let mut readers = Readers::default();
        readers.note(&key("one"), looked("m"), None);
        readers.note(&key("two"), looked("m"), None);
        readers.forget_one(&key("one"));
        readers.forget_one(&key("nobody"));
        assert!(readers.of(&key("one")).is_none());
        let kind = Kind::new("", "v1", "ConfigMap");
        assert_eq!(readers.all_of(&kind), BTreeSet::from([Arc::new(key("two"))]));
        readers.forget_one(&key("two"));
        assert_eq!(readers.kinds().count(), 0);
    }

    #[test]
    fn each_side_of_a_change_is_parsed_once_however_many_queries_it_may_concern() {
        let kind = Kind::new("", "v1", "ConfigMap");
        let field = |path: &str, value: &str| Field::parse(path, value).expect("a field");
        let query = |n: usize| {
            let fields = vec![field("data.app", "\"web\""), field("data.n", &format!("\"{n}\""))];
            let what = What::All(Selector::default(), fields);
            Arc::new(Query { kind: kind.clone(), area: Area::Everywhere(vec![]), what, view: View::Names })
        };
        let mut readers = Readers::default();
        readers.note(&key("one"), (0..1_000).map(|n| (query(n), Print::default())).collect(), None);
        let map = |n: usize| {
            let text = format!(
                r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"m","namespace":"a","uid":"u",
                "resourceVersion":"{n}"}},"data":{{"app":"web","n":"{n}"}}}}"#
            );
            Some(Arc::new(Object::parse(&text, None).expect("a ConfigMap")))
        };
        let change = Change { before: map(1), after: map(2) };
        SEARCHED.set(0);
        assert_eq!(readers.concerned(&kind, &change).len(), 1);
        assert_eq!(SEARCHED.get(), 2);
    }
}
