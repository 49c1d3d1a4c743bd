//! How what is expected is compared with what is there.

use serde_json::Value;

/// Where something is otherwise than expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Differs {
    /// The path.
    pub path: String,
    /// What is expected; none: nothing is.
    pub expected: Option<Value>,
    /// What is there.
    pub found: Option<Value>,
}

/// Where an object is otherwise than expected. A mapping may have more fields than expected, unless it must be `exact`;
/// a list has as many entries, in the same order.
pub fn differences(expected: &Value, found: &Value, exact: bool) -> Vec<Differs> {
    let mut all = Vec::new();
    compare(expected, Some(found), exact, "", &mut all);
    all
}

fn compare(expected: &Value, found: Option<&Value>, exact: bool, path: &str, all: &mut Vec<Differs>) {
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (expected, found) {
        (Value::Object(wanted), Some(Value::Object(there))) => {
            for (name, value) in wanted {
                compare(value, there.get(name), exact, &inner(name), all);
            }
            if exact {
                let more = there.iter().filter(|(name, _)| !wanted.contains_key(*name));
                all.extend(more.map(|(name, value)| Differs {
                    path: inner(name),
                    expected: None,
                    found: Some(value.clone()),
                }));
            }
        }
        (Value::Array(wanted), Some(Value::Array(there))) if wanted.len() == there.len() => {
            for (n, (value, found)) in wanted.iter().zip(there).enumerate() {
                compare(value, Some(found), exact, &format!("{path}[{n}]"), all);
            }
        }
        // What is nothing is expected not to be there; so is an empty mapping or list, exactly.
        (Value::Null, None | Some(Value::Null)) => {}
        (Value::Object(wanted), None) if wanted.is_empty() && exact => {}
        (Value::Array(wanted), None) if wanted.is_empty() => {}
        (expected, Some(found)) if same(expected, found) => {}
        (expected, found) => all.push(Differs {
            path: path.to_owned(),
            expected: (!expected.is_null()).then(|| expected.clone()),
            found: found.cloned(),
        }),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    a == b || (a.is_number() && b.is_number() && a.as_f64() == b.as_f64())
}

impl Differs {
    /// As lines: the path, what is expected (`-`), what is there (`+`).
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![if self.path.is_empty() { "the object".to_owned() } else { self.path.clone() }];
        let mut side = |mark: &str, value: &Option<Value>, none: &str| {
            let text = value.as_ref().map_or_else(|| none.to_owned(), shown);
            lines.extend(text.lines().map(|line| format!("{mark} {line}")));
        };
        side("-", &self.expected, "(nothing)");
        side("+", &self.found, "(nothing)");
        lines
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains('\n') => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(expected: &Value, found: &Value, exact: bool) -> Vec<String> {
        differences(expected, found, exact).into_iter().map(|d| d.path).collect()
    }

    #[test]
    fn more_fields_are_no_difference_unless_it_is_exact() {
        let found = json!({"a": 1, "b": {"c": [1, {"d": 2, "e": 3}]}});
        assert_eq!(paths(&json!({"b": {"c": [1, {"d": 2}]}}), &found, false), Vec::<String>::new());
        assert_eq!(paths(&json!({"b": {"c": [1, {"d": 2}]}}), &found, true), ["b.c[1].e", "a"]);
    }

    #[test]
    fn lists_have_as_many_entries_and_nothing_is_not_there() {
        assert_eq!(paths(&json!({"a": [1]}), &json!({"a": [1, 2]}), false), ["a"]);
        assert_eq!(paths(&json!({"a": null}), &json!({}), false), Vec::<String>::new());
        assert_eq!(paths(&json!({"a": null}), &json!({"a": 1}), false), ["a"]);
        assert_eq!(paths(&json!({"a": {}}), &json!({"a": {"b": 1}}), true), ["a.b"]);
        assert_eq!(paths(&json!({"a": {}}), &json!({}), true), Vec::<String>::new());
    }
}
