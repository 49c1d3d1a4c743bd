//! Parts of what an entry owns, and the parts of an object that belong to them.

use serde_json::{Map, Value};

use super::element::{Element, below, fit, is_leaf, is_live, same};
use crate::paths::{Path, Segment, is_text};

/// What an Apply entry owns at a path or below it that the manifest does not name (any more); none if that
/// is nothing. `live` is the object: an entry of a list may be chosen by a field that is no key of it.
pub fn leaving(owned: &Value, path: &Path, wanted: &Value, live: &Value) -> Option<Value> {
    at(owned, path.segments(), Some(wanted), Some(live))
}

fn at(owned: &Value, path: &[Segment], wanted: Option<&Value>, live: Option<&Value>) -> Option<Value> {
    let Some((first, rest)) = path.split_first() else {
        return match wanted {
            Some(wanted) => unnamed(owned, wanted),
            None => Some(owned.clone()),
        };
    };
    some(below(owned).filter_map(|(raw, deeper)| {
        let element = Element::parse(raw);
        let chosen = match (first, &element) {
            (Segment::Field(name), Element::Field(field)) => name == field,
            (Segment::All, Element::Key(_) | Element::Item(_)) => true,
            (Segment::Entry { key, value }, Element::Key(fields)) => match fields.get(key) {
                Some(found) => is_text(found, value),
                None => inside(live, &element).is_some_and(|item| first.selects(item)),
            },
            _ => false,
        };
        let part = at(deeper, rest, inside(wanted, &element), inside(live, &element)).filter(|_| chosen)?;
        Some((raw.clone(), part))
    }))
}

/// What is owned below a place that the manifest names, without what it names there.
fn unnamed(owned: &Value, wanted: &Value) -> Option<Value> {
    if is_leaf(owned) || !(wanted.is_object() || wanted.is_array()) {
        return None;
    }
    some(below(owned).filter_map(|(raw, deeper)| {
        let part = match inside(Some(wanted), &Element::parse(raw)) {
            Some(wanted) => unnamed(deeper, wanted)?,
            None => deeper.clone(),
        };
        Some((raw.clone(), part))
    }))
}

/// What a value has at one step of a tree; a null is nothing.
fn inside<'a>(value: Option<&'a Value>, element: &Element<'_>) -> Option<&'a Value> {
    let items = || value.and_then(Value::as_array).into_iter().flatten();
    match element {
        Element::Field(name) => value?.get(*name).filter(|found| !found.is_null()),
        Element::Key(key) => {
            items().filter_map(|item| Some((fit(key, item)?, item))).max_by_key(|(f, _)| f.0).map(|f| f.1)
        }
        Element::Item(wanted) => items().find(|item| same(item, wanted)),
        Element::Member | Element::Other => None,
    }
}

fn some(parts: impl Iterator<Item = (String, Value)>) -> Option<Value> {
    let parts: Map<String, Value> = parts.collect();
    (!parts.is_empty()).then_some(Value::Object(parts))
}

/// Both of two trees.
pub fn both(mut one: Value, other: &Value) -> Value {
    if let (Value::Object(map), Value::Object(other)) = (&mut one, other) {
        for (raw, deeper) in other {
            let joined = map.remove(raw).map_or_else(|| deeper.clone(), |mine| both(mine, deeper));
            map.insert(raw.clone(), joined);
        }
    }
    one
}

/// The part of a live object that a tree owns: what somebody who applies it would own again. None if there is
/// nothing of it.
pub fn part(live: &Value, owned: &Value) -> Option<Value> {
    if is_leaf(owned) {
        return Some(live.clone());
    }
    match live {
        Value::Object(map) => some(below(owned).filter_map(|(raw, deeper)| match Element::parse(raw) {
            Element::Field(name) => Some((name.to_owned(), part(map.get(name)?, deeper)?)),
            _ => None,
        })),
        Value::Array(items) => {
            let parts: Vec<Value> = below(owned).filter_map(|(raw, deeper)| entry(items, raw, deeper)).collect();
            (!parts.is_empty()).then(|| parts.into())
        }
        _ => None,
    }
}

/// One entry of a list: what is owned of it, and the fields by which it is found.
fn entry(items: &[Value], raw: &str, owned: &Value) -> Option<Value> {
    match Element::parse(raw) {
        Element::Key(key) => {
            let item = items.iter().find(|item| is_live(&key, item))?;
            let mut entry = if is_leaf(owned) { Map::new() } else { part(item, owned)?.as_object()?.clone() };
            entry.extend(key);
            Some(Value::Object(entry))
        }
        Element::Item(value) => items.iter().find(|item| same(item, &value)).cloned(),
        Element::Field(_) | Element::Member | Element::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).expect("a path")
    }

    #[test]
    fn what_is_named_no_longer_is_found_and_what_is_named_still_is_not() {
        let owned = json!({"f:spec": {"f:replicas": {}, "f:paused": {}}, "f:data": {"f:a": {}, "f:b": {}}});
        let wanted = json!({"spec": {"paused": true, "replicas": null}, "data": {"a": "1"}});
        let found = |text: &str| leaving(&owned, &path(text), &wanted, &json!({}));
        assert_eq!(found("spec.replicas"), Some(json!({"f:spec": {"f:replicas": {}}})));
        assert_eq!(found("spec.paused"), None);
        assert_eq!(found("data"), Some(json!({"f:data": {"f:b": {}}})));
        assert_eq!(found("spec.other"), None);
    }

    #[test]
    fn a_field_of_a_list_entry_is_found_by_any_field_of_it_and_taken_with_its_key() {
        let key = r#"k:{"port":80,"protocol":"TCP"}"#;
        let owned = json!({"f:ports": {key: {".": {}, "f:port": {}, "f:name": {}, "f:nodePort": {}}}});
        let live = json!({"ports": [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]});
        let wanted = json!({"ports": [{"name": "http", "port": 80}]});
        let leaves = leaving(&owned, &path("ports[name=http].nodePort"), &wanted, &live).expect("it leaves");
        assert_eq!(leaves, json!({"f:ports": {key: {"f:nodePort": {}}}}));
        let kept = json!({"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}]});
        assert_eq!(part(&live, &leaves), Some(kept));
    }

    #[test]
    fn what_is_not_there_has_no_part_and_two_trees_are_joined() {
        let tree = json!({"f:spec": {"f:replicas": {}}});
        assert_eq!(part(&json!({"spec": {}}), &tree), None);
        let joined = both(tree, &json!({"f:spec": {"f:paused": {}}, "f:data": {}}));
        assert_eq!(joined, json!({"f:spec": {"f:replicas": {}, "f:paused": {}}, "f:data": {}}));
    }
}
