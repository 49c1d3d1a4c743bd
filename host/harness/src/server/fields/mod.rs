//! Who owns which fields, and what an apply makes of that: the rules of structured-merge-diff, which the API server
//! uses for server-side apply.

mod compare;
mod elem;
mod managers;
mod merge;
mod set;

pub(crate) use compare::{Changes, changes, stated};
pub(crate) use managers::{Conflict, Managers, Who};
pub(crate) use merge::{merged, pruned};
pub(crate) use set::Set;

use serde_json::{Map, Value};

use super::schema::{List, Place};
use elem::Elem;

/// How the entry of a list is found again: by its keys, or by itself.
fn element(list: &List, place: &Place<'_>, item: &Value) -> Option<Elem> {
    match list {
        List::Atomic => None,
        List::Set => Some(Elem::Value(item.to_string())),
        List::Keyed(keys) => {
            let mut key = Map::new();
            for name in keys {
                let value = item.get(name).cloned().or_else(|| place.key_default(name));
                key.extend(value.map(|value| (name.clone(), value)));
            }
            Some(Elem::Key(Value::Object(key).to_string()))
        }
    }
}

/// The entry of a list that is found so.
fn found<'a>(list: &List, place: &Place<'_>, items: &'a [Value], at: &Elem) -> Option<&'a Value> {
    items.iter().find(|item| element(list, place, item).as_ref() == Some(at))
}
