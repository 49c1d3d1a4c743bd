//! What an apply makes of the object that is there.

use serde_json::Value;

use super::super::schema::{List, Place};
use super::{Elem, Set, element};

/// The object that is there with everything that a manifest states.
pub(crate) fn merged(live: &Value, applied: &Value, place: &Place<'_>) -> Value {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) if !place.is_atomic() => {
            let mut all = live.clone();
            for (name, value) in applied {
                let place = place.field(name);
                let value = live.get(name).map_or_else(|| value.clone(), |live| merged(live, value, &place));
                all.insert(name.clone(), value);
            }
            Value::Object(all)
        }
        (Value::Array(live), Value::Array(applied)) if place.list() != List::Atomic => {
            let (list, inner) = (place.list(), place.item());
            let mut all = live.clone();
            for item in applied {
                let at = element(&list, place, item);
                match all.iter_mut().find(|one| element(&list, place, one) == at) {
                    Some(one) => *one = merged(one, item, &inner),
                    None => all.push(item.clone()),
                }
            }
            Value::Array(all)
        }
        _ => applied.clone(),
    }
}

/// The same without what a manager owned and does not want any more, but for what others own.
///
/// `gone` is what it owned and no longer states; `held` is everything that is owned by somebody now.
pub(crate) fn pruned(value: &mut Value, gone: &Set, held: &Set, place: &Place<'_>) {
    for (at, below) in &gone.below {
        let kept = held.below.get(at).filter(|held| !held.is_empty());
        match (at, &mut *value) {
            (Elem::Field(name), Value::Object(map)) => {
                if below.member && kept.is_none() {
                    map.remove(name);
                } else if let Some(one) = map.get_mut(name) {
                    pruned(one, below, kept.unwrap_or(&Set::default()), &place.field(name));
                }
            }
            (_, Value::Array(items)) => {
                let list = place.list();
                let Some(n) = items.iter().position(|item| element(&list, place, item).as_ref() == Some(at)) else {
                    continue;
                };
                if below.member && kept.is_none() {
                    items.remove(n);
                } else {
                    pruned(&mut items[n], below, kept.unwrap_or(&Set::default()), &place.item());
                }
            }
            _ => {}
        }
    }
}
