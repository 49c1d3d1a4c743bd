//! One place of an object, seen at once by what is wanted there, by our entry and by everybody else's.

use serde_json::{Map, Value};

use crate::fields::element::{Element, below, fit, is_leaf, is_live, same};
use crate::names::RELEASED_MANAGER;
use crate::object::Metadata;
use crate::paths::{Segment, is_text};

/// What is held of an object, and by whom. Trees are fieldsV1.
pub(super) struct Held {
    ours: Option<Value>,
    others: Vec<Value>,
}

impl Held {
    /// As managedFields say it.
    pub(super) fn read(meta: &Metadata, manager: &str) -> Self {
        let others = meta
            .managed_fields
            .iter()
            .filter(|e| e.manager != manager && e.manager != RELEASED_MANAGER && e.subresource != "status");
        let ours = crate::fields::apply_entry(meta, manager).map(|ours| ours.fields_v1.tree());
        Self { ours, others: others.map(|entry| entry.fields_v1.tree()).collect() }
    }
}

/// A place. Trees are fieldsV1.
#[derive(Clone, Debug, Default)]
pub(super) struct Place<'a> {
    /// What we want there.
    pub(super) wanted: Option<&'a Value>,
    /// What our Apply entry holds there.
    pub(super) ours: Option<&'a Value>,
    /// What the entries of other managers hold there.
    pub(super) others: Vec<&'a Value>,
}

impl<'a> Place<'a> {
    /// The root. Entries of ours by any operation, of what was handed over, and entries about status are not
    /// others'.
    pub(super) fn root(held: &'a Held, wanted: &'a Value) -> Self {
        Self { wanted: Some(wanted), ours: held.ours.as_ref(), others: held.others.iter().collect() }
    }

    /// The place of one field of the map here.
    pub(super) fn field(&self, name: &str) -> Self {
        let wanted = self.wanted.and_then(|wanted| wanted.get(name)).filter(|wanted| !wanted.is_null());
        self.below(&format!("f:{name}"), wanted)
    }

    /// The place of one entry of the list here.
    pub(super) fn entry(&self, raw: &str, key: &Map<String, Value>) -> Self {
        self.below(raw, self.wanted_entry(raw, key))
    }

    fn below(&self, raw: &str, wanted: Option<&'a Value>) -> Self {
        Self {
            wanted,
            ours: self.ours.and_then(|ours| ours.get(raw)),
            others: self.others.iter().filter_map(|other| other.get(raw)).collect(),
        }
    }

    /// The wanted items, where a list is wanted.
    pub(super) fn wanted_items(&self) -> &'a [Value] {
        self.wanted.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The wanted item that this entry of a keyed list is. Where our own entry says which one an item
    /// became, only that one is: a `53/UDP` added by hand is not our `53`, which is `53/TCP`.
    pub(super) fn wanted_entry(&self, raw: &str, key: &Map<String, Value>) -> Option<&'a Value> {
        let known = |item: &Value| self.ours.is_some_and(|ours| keys(ours).any(|(_, key)| fit(&key, item).is_some()));
        let mine = self.ours.is_some_and(|ours| ours.get(raw).is_some());
        let fitting = self.wanted_items().iter().filter_map(|item| Some((fit(key, item)?, item)));
        fitting.filter(|(_, item)| mine || !known(item)).max_by_key(|((stated, _), _)| *stated).map(|(_, item)| item)
    }

    /// Whether this value is wanted in the set here.
    pub(super) fn wants_item(&self, value: &Value) -> bool {
        self.wanted_items().iter().any(|item| same(item, value))
    }

    /// Every entry of the keyed list here that others hold, once.
    pub(super) fn foreign_keys(&self) -> Vec<(&'a str, Map<String, Value>)> {
        once(self.others.iter().flat_map(|other| keys(other)))
    }

    /// Every entry of the keyed list here that anybody holds, once.
    pub(super) fn all_keys(&self) -> Vec<(&'a str, Map<String, Value>)> {
        once(self.others.iter().copied().chain(self.ours).flat_map(keys))
    }

    /// Whether anybody holds this value of the set here.
    pub(super) fn holds_item(&self, value: &Value) -> bool {
        let held = |tree: &Value| {
            below(tree).any(|(raw, _)| matches!(Element::parse(raw), Element::Item(item) if same(&item, value)))
        };
        self.others.iter().copied().chain(self.ours).any(held)
    }

    /// Whether others hold an entry of the list or map here, or of a list inside, that is not wanted.
    ///
    /// `whole` is true at the exclusive path itself, where the fields of a map are its entries. Inside
    /// an entry of ours a single field is not one: who created an entry by an update owns its defaults
    /// too, and what is a default would come back at once, for ever.
    pub(super) fn has_foreign(&self, whole: bool) -> bool {
        let by_this = |other: &&Value| {
            let owned_as_one = whole && self.wanted.is_none() && is_leaf(other);
            owned_as_one
                || below(other).any(|(raw, _)| match Element::parse(raw) {
                    Element::Field(name) => {
                        let field = self.field(name);
                        (whole && field.wanted.is_none()) || field.has_foreign(false)
                    }
                    Element::Key(key) => {
                        let entry = self.entry(raw, &key);
                        entry.wanted.is_none() || entry.has_foreign(false)
                    }
                    Element::Item(value) => !self.wants_item(&value),
                    Element::Member | Element::Other => false,
                })
        };
        self.others.iter().any(by_this)
    }
}

/// The entries of a keyed list that a tree holds.
fn keys(tree: &Value) -> impl Iterator<Item = (&str, Map<String, Value>)> {
    below(tree).filter_map(|(raw, _)| match Element::parse(raw) {
        Element::Key(key) => Some((raw.as_str(), key)),
        _ => None,
    })
}

fn once<'a>(keys: impl Iterator<Item = (&'a str, Map<String, Value>)>) -> Vec<(&'a str, Map<String, Value>)> {
    let mut all: Vec<_> = keys.collect();
    all.sort_by(|a, b| a.0.cmp(b.0));
    all.dedup_by(|a, b| a.0 == b.0);
    all
}

/// The entry that a live list item is; of several the one with most key fields.
pub(super) fn live_key<'k>(
    keys: &'k [(&str, Map<String, Value>)],
    item: &Value,
) -> Option<&'k (&'k str, Map<String, Value>)> {
    keys.iter().filter(|(_, key)| is_live(key, item)).max_by_key(|(_, key)| key.len())
}

/// Whether a step of a path means an entry, known by its key and by the wanted item that it is.
pub(super) fn means(segment: &Segment, key: &Map<String, Value>, wanted: &Value) -> bool {
    match segment {
        Segment::Entry { key: name, value } => {
            key.get(name).map_or_else(|| segment.selects(wanted), |found| is_text(found, value))
        }
        Segment::All => true,
        Segment::Field(_) => false,
    }
}
