//! What an OpenAPI schema says against an object, in the API server's words.

use regex::Regex;
use serde_json::Value;

use super::super::refused::Wrong;
use super::is_outer;

/// Everything that is wrong below a place.
pub(crate) fn validated(value: &Value, schema: &Value, path: &str, wrong: &mut Vec<Wrong>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if !is_of_type(value, schema) {
        let wanted = if schema["x-kubernetes-int-or-string"] == true { "integer,string" } else { text(schema, "type") };
        let found = name(value);
        let why = format!("{} in body must be of type {wanted}: \"{found}\"", shown(path));
        let mut one = Wrong::invalid(path, &found.into(), why);
        one.reason = "FieldValueTypeInvalid";
        return wrong.push(one);
    }
    match value {
        Value::Object(map) => {
            for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !map.contains_key(required) {
                    wrong.push(Wrong::required(&below(path, required)));
                }
            }
            sized(map.len(), schema, path, ("minProperties", "maxProperties", "properties"), wrong);
            for (name, value) in map {
                if path.is_empty() && is_outer(name) {
                    continue;
                }
                let declared = schema["properties"].get(name);
                if let Some(inner) = declared.or_else(|| schema.get("additionalProperties").filter(|v| v.is_object())) {
                    validated(value, inner, &below(path, name), wrong);
                }
            }
        }
        Value::Array(items) => {
            sized(items.len(), schema, path, ("minItems", "maxItems", "items"), wrong);
            unique(items, schema, path, wrong);
            for (n, item) in items.iter().enumerate() {
                validated(item, &schema["items"], &format!("{path}[{n}]"), wrong);
            }
        }
        Value::String(text) => words(text, schema, path, wrong),
        Value::Number(_) => bounds(value, schema, path, wrong),
        _ => {}
    }
    if let Some(values) = schema["enum"].as_array().filter(|values| !values.contains(value)) {
        let all: Vec<String> = values.iter().map(Value::to_string).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", all.join(", "));
        wrong.push(Wrong { field: path.to_owned(), reason: "FieldValueNotSupported", message });
    }
    combined(value, schema, path, wrong);
}

/// `allOf`, `anyOf`, `oneOf`, `not`.
fn combined(value: &Value, schema: &Value, path: &str, wrong: &mut Vec<Wrong>) {
    let of = |word: &str| schema[word].as_array().cloned().unwrap_or_default();
    let fits = |schema: &Value| {
        let mut none = Vec::new();
        validated(value, schema, path, &mut none);
        none.is_empty()
    };
    let mut must = |holds: bool, why: &str| {
        if !holds {
            wrong.push(Wrong::invalid(path, value, format!("{} {why}", shown(path))));
        }
    };
    let (any, one) = (of("anyOf"), of("oneOf"));
    must(any.is_empty() || any.iter().any(fits), "in body must validate at least one schema (anyOf)");
    must(
        one.is_empty() || one.iter().filter(|s| fits(s)).count() == 1,
        "in body must validate one and only one schema (oneOf)",
    );
    must(schema.get("not").is_none_or(|not| !fits(not)), "in body must not validate the schema (not)");
    for schema in of("allOf") {
        validated(value, &schema, path, wrong);
    }
}

fn is_of_type(value: &Value, schema: &Value) -> bool {
    if schema["x-kubernetes-int-or-string"] == true {
        return value.is_string() || value.is_i64() || value.is_u64();
    }
    match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        Some("number") => value.is_number(),
        _ => true,
    }
}

fn sized(count: usize, schema: &Value, path: &str, words: (&str, &str, &str), wrong: &mut Vec<Wrong>) {
    let bound = |word: &str| schema[word].as_u64();
    let (least, most, what) = words;
    if let Some(least) = bound(least).filter(|least| (count as u64) < *least) {
        wrong.push(Wrong::invalid(
            path,
            &count.into(),
            format!("{} in body should have at least {least} {what}", shown(path)),
        ));
    }
    if let Some(most) = bound(most).filter(|most| (count as u64) > *most) {
        let message = format!("Too many: {count}: must have at most {most} items");
        wrong.push(Wrong { field: path.to_owned(), reason: "FieldValueTooMany", message });
    }
}

fn unique(items: &[Value], schema: &Value, path: &str, wrong: &mut Vec<Wrong>) {
    let keys: Vec<&str> =
        schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is_set = schema["x-kubernetes-list-type"] == "set" || schema["uniqueItems"] == true;
    let same = |a: &Value, b: &Value| match keys.as_slice() {
        [] => is_set && a == b,
        keys => keys.iter().all(|key| a.get(key) == b.get(key)),
    };
    for (n, item) in items.iter().enumerate() {
        if items[..n].iter().any(|before| same(before, item)) {
            wrong.push(Wrong::duplicate(&format!("{path}[{n}]"), item));
        }
    }
}

fn words(value: &str, schema: &Value, path: &str, wrong: &mut Vec<Wrong>) {
    let length = value.chars().count() as u64;
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
        let message = format!("Too long: may not be more than {most} bytes");
        wrong.push(Wrong { field: path.to_owned(), reason: "FieldValueTooLong", message });
    }
    if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
        let why = format!("{} in body should be at least {least} chars long", shown(path));
        wrong.push(Wrong::invalid(path, &value.into(), why));
    }
    let Some(pattern) = schema["pattern"].as_str() else { return };
    // A pattern that is no pattern here was refused with the CRD.
    if Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(value)) {
        wrong.push(Wrong::invalid(path, &value.into(), format!("{} in body should match '{pattern}'", shown(path))));
    }
    if schema["format"] == "date-time" && value.parse::<jiff::Timestamp>().is_err() {
        wrong.push(Wrong::invalid(
            path,
            &value.into(),
            format!("{} in body must be of type date-time: {value:?}", shown(path)),
        ));
    }
}

fn bounds(value: &Value, schema: &Value, path: &str, wrong: &mut Vec<Wrong>) {
    let Some(number) = value.as_f64() else { return };
    let bound = |word: &str| schema[word].as_f64();
    let mut must = |holds: bool, why: String| {
        if !holds {
            wrong.push(Wrong::invalid(path, value, format!("{} in body should be {why}", shown(path))));
        }
    };
    if let Some(least) = bound("minimum") {
        let open = schema["exclusiveMinimum"] == true;
        let words = if open { "greater than" } else { "greater than or equal to" };
        must(if open { number > least } else { number >= least }, format!("{words} {least}"));
    }
    if let Some(most) = bound("maximum") {
        let open = schema["exclusiveMaximum"] == true;
        let words = if open { "less than" } else { "less than or equal to" };
        must(if open { number < most } else { number <= most }, format!("{words} {most}"));
    }
    if let Some(step) = bound("multipleOf").filter(|step| *step != 0.0) {
        must((number / step).fract() == 0.0, format!("a multiple of {step}"));
    }
    let range = match schema["format"].as_str() {
        Some("int32") => Some((f64::from(i32::MIN), f64::from(i32::MAX))),
        _ => None,
    };
    if let Some((least, most)) = range {
        must(least <= number && number <= most, format!("of type int32: {value}"));
    }
}

fn text<'a>(schema: &'a Value, field: &str) -> &'a str {
    schema[field].as_str().unwrap_or_default()
}

fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "<nil>" } else { path }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(value: &Value, schema: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        validated(value, schema, "spec.x", &mut wrong);
        wrong.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wrong_is_said_as_the_api_server_says_it() {
        let number = json!({"type": "integer", "minimum": 1, "maximum": 65535});
        assert_eq!(
            said(&json!(70000), &number),
            ["spec.x: Invalid value: 70000: spec.x in body should be less than or equal to 65535"]
        );
        assert_eq!(
            said(&json!("http"), &number),
            ["spec.x: Invalid value: \"string\": spec.x in body must be of type integer: \"string\""]
        );
        let object = json!({"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}}});
        assert_eq!(said(&json!({}), &object), ["spec.x.a: Required value"]);
        assert_eq!(
            said(&json!({"a": "z"}), &object),
            ["spec.x.a: Unsupported value: \"z\": supported values: \"x\", \"y\""]
        );
    }

    #[test]
    fn one_of_is_exactly_one() {
        let one = json!({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]});
        assert!(said(&json!({"a": 1}), &one).is_empty());
        assert_eq!(said(&json!({"a": 1, "b": 1}), &one).len(), 1);
        assert_eq!(said(&json!({}), &one).len(), 1);
    }
}
