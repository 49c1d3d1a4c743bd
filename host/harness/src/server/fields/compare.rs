//! Which fields a manifest states, and which differ between two objects.

use serde_json::{Map, Value};

use super::super::schema::{List, Place};
use super::{Elem, Set, element, found};

/// The fields that a manifest states, as an apply of it would own them.
pub(crate) fn stated(value: &Value, place: &Place<'_>) -> Set {
    let mut set = Set::default();
    match value {
        Value::Object(map) if !place.is_atomic() => {
            for (name, value) in map {
                let mut below = stated(value, &place.field(name));
                let is_bare = value.is_null() || value.as_object().is_some_and(Map::is_empty);
                below.member |= is_bare || !place.declares(name);
                set.put(Elem::Field(name.clone()), below);
            }
        }
        Value::Array(items) => match place.list() {
            List::Atomic => set.member = true,
            list => {
                for item in items {
                    let Some(at) = element(&list, place, item) else { continue };
                    let mut below = stated(item, &place.item());
                    below.member = true;
                    set.put(at, below);
                }
            }
        },
        _ => set.member = true,
    }
    set
}

/// What differs between an object before and after.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// There before and after, with another value; or there only after.
    pub(crate) set: Set,
    /// There only before.
    pub(crate) removed: Set,
}

/// What differs between two objects.
pub(crate) fn changes(before: Option<&Value>, after: Option<&Value>, place: &Place<'_>) -> Changes {
    let mut changes = Changes::default();
    match (before, after) {
        (None, None) => return changes,
        (None, Some(_)) => changes.set.member = true,
        (Some(_), None) => changes.removed.member = true,
        (Some(before), Some(after)) => {
            let same_form = before.is_object() == after.is_object() && before.is_array() == after.is_array();
            let is_leaf = |v: &Value| match v {
                Value::Object(map) => place.is_atomic() || map.is_empty(),
                Value::Array(_) => place.list() == List::Atomic,
                _ => true,
            };
            if !same_form || (is_leaf(before) && is_leaf(after)) {
                changes.set.member = before != after;
                if same_form {
                    return changes;
                }
            }
        }
    }
    let mut put = |at: Elem, below: Changes| {
        changes.set.put(at.clone(), below.set);
        changes.removed.put(at, below.removed);
    };
    let map = |v: Option<&Value>| v.and_then(Value::as_object).filter(|_| !place.is_atomic()).cloned();
    let (old, new) = (map(before).unwrap_or_default(), map(after).unwrap_or_default());
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        let below = self::changes(old.get(name), new.get(name), &place.field(name));
        put(Elem::Field(name.clone()), below);
    }
    let list = place.list();
    let items = |v: Option<&Value>| v.and_then(Value::as_array).filter(|_| list != List::Atomic).cloned();
    let (old, new) = (items(before).unwrap_or_default(), items(after).unwrap_or_default());
    for item in old.iter().chain(&new) {
        let Some(at) = element(&list, place, item) else { continue };
        let (one, other) = (found(&list, place, &old, &at), found(&list, place, &new, &at));
        let below = self::changes(one, other, &place.item());
        put(at, below);
    }
    changes
}
