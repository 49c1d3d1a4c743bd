//! Values over defaults, as Helm users know it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::json;

/// What an object says, merged field by field over defaults, as a type.
///
/// Maps are merged key by key, to any depth. Anything else that is given, a list too, takes the place of the
/// default. Null is nothing said: the default stays.
///
/// ```
/// # use innkeeper_sdk::values;
/// # use serde_json::{Value, json};
/// let defaults = json!({"image": {"repository": "shop/web", "tag": "1"}, "hosts": ["a", "b"]});
/// let given = json!({"image": {"tag": "2", "repository": null}, "hosts": ["c"]});
/// let merged: Value = values::over(&defaults, &given).unwrap();
/// assert_eq!(merged, json!({"image": {"repository": "shop/web", "tag": "2"}, "hosts": ["c"]}));
/// ```
///
/// # Errors
/// [`Failure::Invalid`], if what is given does not fit the type.
pub fn over<T: DeserializeOwned>(defaults: &Value, given: &impl Serialize) -> Result<T, Failure> {
    let mut merged = defaults.clone();
    merge(&mut merged, json::value(given)?);
    serde_json::from_str(&merged.to_string()).map_err(|error| Failure::invalid("spec", error.to_string()))
}

/// The value without maps and lists that hold nothing, at any depth; none if nothing is left.
///
/// The API server drops empty maps and lists: a manifest that names one asks for something that never is.
pub fn not_empty(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(fields) => {
            let left: Map<_, _> = fields.into_iter().filter_map(|(k, v)| Some((k, not_empty(v)?))).collect();
            (!left.is_empty()).then_some(Value::Object(left))
        }
        Value::Array(entries) => {
            let left: Vec<_> = entries.into_iter().filter_map(not_empty).collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        other => Some(other),
    }
}

fn merge(base: &mut Value, given: Value) {
    match (base, given) {
        (_, Value::Null) => {}
        (Value::Object(base), Value::Object(given)) => {
            for (field, value) in given {
                if !value.is_null() {
                    merge(base.entry(field).or_insert(Value::Null), value);
                }
            }
        }
        (base, mut given) => {
            json::without_nulls(&mut given);
            *base = given;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use serde_json::{Value, json};

    use super::{not_empty, over};

    fn merged(defaults: Value, given: Value) -> Value {
        over(&defaults, &given).unwrap()
    }

    #[test]
    fn maps_are_merged_to_any_depth_and_lists_are_replaced() {
        let defaults = json!({"a": {"b": {"c": 1, "d": 2}}, "list": [1, 2], "left": true});
        let given = json!({"a": {"b": {"c": 3, "new": 4}}, "list": []});
        let wanted = json!({"a": {"b": {"c": 3, "d": 2, "new": 4}}, "list": [], "left": true});
        assert_eq!(merged(defaults, given), wanted);
    }

    #[test]
    fn null_is_the_default_and_false_zero_and_empty_texts_are_not() {
        let defaults = json!({"a": 1, "b": true, "c": "x", "d": {"e": 1}});
        assert_eq!(merged(defaults.clone(), json!({"a": null, "d": null})), defaults);
        let given = json!({"a": 0, "b": false, "c": "", "d": {"e": null}});
        assert_eq!(merged(defaults, given), json!({"a": 0, "b": false, "c": "", "d": {"e": 1}}));
    }

    #[test]
    fn a_map_over_something_else_takes_its_place_without_nulls() {
        assert_eq!(merged(json!({"a": 1}), json!({"a": {"b": null, "c": 2}})), json!({"a": {"c": 2}}));
    }

    #[test]
    fn what_is_empty_at_any_depth_goes_but_zero_and_empty_texts_stay() {
        let value = json!({"a": {}, "b": [], "c": {"d": {"e": []}}, "f": 0, "g": "", "h": [{"i": 1, "j": {}}]});
        assert_eq!(not_empty(value), Some(json!({"f": 0, "g": "", "h": [{"i": 1}]})));
        assert_eq!(not_empty(json!({"a": {}})), None);
    }
}
