//! What an exclusive list or map should hold: the live entries that stay, and the wanted ones.

use serde_json::{Map, Value};

use super::place::{Place, live_key};
use crate::fields::element::{is_leaf, same};

/// The value for a place, made from the live one. Null where nothing is to be there.
///
/// Entries that somebody holds and nobody wants go, at any depth; entries that nobody holds (admission
/// put them there) stay; wanted ones are laid over the live ones, which keep their defaults, and those
/// that are not there are added. So names that must be unique do not collide on the way, and a list
/// that must not be empty is not.
pub(super) fn settle(live: &Value, place: &Place<'_>, whole: bool) -> Value {
    match (live, place.wanted) {
        (_, Some(wanted)) if !is_container(wanted) => wanted.clone(),
        // An atomic list or map of ours.
        (_, Some(wanted)) if !whole && place.ours.is_some_and(is_leaf) => wanted.clone(),
        (Value::Object(map), _) => object(map, place, whole),
        (Value::Array(items), _) => list(items, place, whole),
        (_, Some(wanted)) => wanted.clone(),
        (_, None) => live.clone(),
    }
}

fn object(live: &Map<String, Value>, place: &Place<'_>, whole: bool) -> Value {
    if whole && place.wanted.is_none() && place.others.iter().any(|other| is_leaf(other)) {
        return Value::Null;
    }
    let mut settled = Map::new();
    for (name, value) in live {
        let field = place.field(name);
        let foreign = whole && field.wanted.is_none() && (!field.others.is_empty() || field.ours.is_some());
        if foreign {
            continue;
        }
        let value = settle(value, &field, false);
        if !value.is_null() {
            settled.insert(name.clone(), value);
        }
    }
    for (name, value) in place.wanted.and_then(Value::as_object).into_iter().flatten() {
        if !value.is_null() && !settled.contains_key(name) {
            settled.insert(name.clone(), value.clone());
        }
    }
    if settled.is_empty() && place.wanted.is_none() && whole { Value::Null } else { Value::Object(settled) }
}

fn list(live: &[Value], place: &Place<'_>, whole: bool) -> Value {
    let wanted = place.wanted_items();
    let keys = place.all_keys();
    let is_set = live.iter().any(|item| place.holds_item(item));
    if keys.is_empty() && !is_set {
        // Nothing says how its entries are told apart: it is owned as one, by somebody or by nobody.
        return match place.wanted {
            Some(wanted) => wanted.clone(),
            None if whole && !place.others.is_empty() => Value::Null,
            None => live.to_vec().into(),
        };
    }
    let mut used = vec![false; wanted.len()];
    let mut settled = Vec::new();
    for item in live {
        let (held, here) = match live_key(&keys, item) {
            Some((raw, key)) => (true, place.entry(raw, key)),
            None => {
                let item_wanted = wanted.iter().find(|w| same(w, item) || shares_key(&keys, w, item));
                (place.holds_item(item), Place { wanted: item_wanted, ..Place::default() })
            }
        };
        if let Some(at) = here.wanted.and_then(|it| wanted.iter().position(|w| std::ptr::eq(w, it))) {
            used[at] = true;
        } else if held {
            continue;
        }
        settled.push(settle(item, &here, false));
    }
    settled.extend(wanted.iter().zip(used).filter(|(_, used)| !used).map(|(item, _)| item.clone()));
    if settled.is_empty() && place.wanted.is_none() { Value::Null } else { settled.into() }
}

/// Whether a live item that nobody holds is a wanted one: the fields that are keys of its neighbours agree.
fn shares_key(keys: &[(&str, Map<String, Value>)], wanted: &Value, live: &Value) -> bool {
    let Some((_, key)) = keys.first() else { return false };
    key.keys().all(|name| match (wanted.get(name), live.get(name)) {
        (Some(a), Some(b)) => same(a, b),
        (wanted, _) => wanted.is_none(),
    })
}

fn is_container(value: &Value) -> bool {
    value.is_object() || value.is_array()
}
