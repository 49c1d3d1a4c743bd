//! The steps of a fieldsV1 tree, and how list entries are found by them.

use serde_json::{Map, Value};

/// One key of a fieldsV1 tree.
///
/// The notation is structured-merge-diff's (`fieldpath/serialize-pe.go`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Element<'a> {
    /// `.`: the thing itself is owned, beside what is below it.
    Member,
    /// `f:name`: a field of a map.
    Field(&'a str),
    /// `k:{…}`: the entry of a keyed list that has these values, defaults included.
    Key(Map<String, Value>),
    /// `v:…`: this value in a set.
    Item(Value),
    /// `i:0`, or what a later version writes.
    Other,
}

impl<'a> Element<'a> {
    pub(crate) fn parse(raw: &'a str) -> Self {
        match (raw, raw.get(..2), raw.get(2..)) {
            (".", ..) => Self::Member,
            (_, Some("f:"), Some(name)) => Self::Field(name),
            (_, Some("k:"), Some(json)) => serde_json::from_str(json).map_or(Self::Other, Self::Key),
            (_, Some("v:"), Some(json)) => serde_json::from_str(json).map_or(Self::Other, Self::Item),
            _ => Self::Other,
        }
    }
}

/// What an entry owns below a place, without the place itself.
pub(crate) fn below(owned: &Value) -> impl Iterator<Item = (&String, &Value)> {
    owned.as_object().into_iter().flatten().filter(|(raw, _)| *raw != ".")
}

/// Whether an entry owns a place and nothing below it: a scalar, an empty map, or a list or map that is
/// owned as one (atomic).
pub(crate) fn is_leaf(owned: &Value) -> bool {
    below(owned).next().is_none()
}

/// Whether two scalars are the same value; `1` and `1.0` are.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    a == b || matches!((a, b), (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64())
}

/// How well a keyed entry fits a list item that may leave key fields to their defaults: how many of its
/// key fields the item states, and how many it does not. None if a stated one differs.
pub(crate) fn fit(key: &Map<String, Value>, item: &Value) -> Option<(usize, usize)> {
    let item = item.as_object()?;
    let mut stated = 0;
    for (name, value) in key {
        match item.get(name) {
            Some(found) if same(found, value) => stated += 1,
            Some(_) => return None,
            None => {}
        }
    }
    Some((stated, key.len() - stated))
}

/// Whether a live list item, which has its defaults, is this keyed entry.
pub(crate) fn is_live(key: &Map<String, Value>, item: &Value) -> bool {
    fit(key, item).is_some_and(|(_, missing)| missing == 0)
}

/// Gives each item of a wanted list the entry that it became, best fits first: an item that says
/// `protocol: UDP` is served before one that leaves the protocol to its default.
///
/// Returns the index of the entry per item.
pub(crate) fn pair(entries: &[Element<'_>], items: &[Value]) -> Vec<Option<usize>> {
    let mut fits = Vec::new();
    for (item_at, item) in items.iter().enumerate() {
        for (entry_at, entry) in entries.iter().enumerate() {
            let fitting = match entry {
                Element::Key(key) => fit(key, item),
                Element::Item(value) => same(value, item).then_some((1, 0)),
                Element::Member | Element::Field(_) | Element::Other => None,
            };
            if let Some((stated, unstated)) = fitting {
                fits.push((std::cmp::Reverse(stated), unstated, item_at, entry_at));
            }
        }
    }
    fits.sort_unstable();
    let (mut pairs, mut taken) = (vec![None; items.len()], vec![false; entries.len()]);
    for (_, _, item_at, entry_at) in fits {
        if pairs[item_at].is_none() && !taken[entry_at] {
            pairs[item_at] = Some(entry_at);
            taken[entry_at] = true;
        }
    }
    pairs
}
