//! JSON as the API server wants it: nothing that only a serializer put there.

use serde::Serialize;
use serde_json::{Map, Value};

/// A value as JSON. By way of its text: half the code of serializing into a tree, in every guest.
pub(crate) fn value(value: &impl Serialize) -> serde_json::Result<Value> {
    serde_json::from_slice(&serde_json::to_vec(value)?)
}

/// The value as an object; whatever else it was is replaced.
pub(crate) fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("it was just made an object"),
    }
}

/// A field of an object, made if it is not there.
pub(crate) fn entry<'a>(value: &'a mut Value, field: &str) -> &'a mut Value {
    object(value).entry(field).or_insert(Value::Null)
}

/// Removes every field that is null: to the API server, null and absent are the same.
pub(crate) fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(entries) => entries.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// What a guest asks for of an object: no nulls (`creationTimestamp: null`, say) and no empty status.
pub(crate) fn manifest(value: &mut Value) {
    without_nulls(value);
    let fields = object(value);
    if fields.get("status").and_then(Value::as_object).is_some_and(Map::is_empty) {
        fields.remove("status");
    }
}
