//! Rules in the Common Expression Language (`x-kubernetes-validations`).
//!
//! A rule that uses what the interpreter does not have (Kubernetes' own functions, say) is not checked, and that is said.

use std::collections::HashMap;
use std::sync::Arc;

use cel::extractors::This;
use cel::objects::{Key, Map};
use cel::{Context, ExecutionError, Program, Value as Cel};
use serde_json::Value;

use super::super::refused::Wrong;

/// What the rules of a schema say against an object, and which rules could not be checked.
pub(crate) fn ruled(
    value: &Value,
    old: Option<&Value>,
    schema: &Value,
    path: &str,
    found: &mut (Vec<Wrong>, Vec<String>),
) {
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        one(value, old, rule, path, found);
    }
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let declared = schema["properties"].get(name);
                if let Some(inner) = declared.or_else(|| schema.get("additionalProperties")) {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    ruled(value, old.and_then(|old| old.get(name)), inner, &path, found);
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                ruled(item, None, &schema["items"], &format!("{path}[{n}]"), found);
            }
        }
        _ => {}
    }
}

fn one(
    value: &Value,
    old: Option<&Value>,
    rule: &Value,
    path: &str,
    (wrong, unchecked): &mut (Vec<Wrong>, Vec<String>),
) {
    let text = rule["rule"].as_str().unwrap_or_default();
    // A rule about a change has nothing to say of what is new (Kubernetes documentation, "Transition rules").
    if text.contains("oldSelf") && old.is_none() {
        return;
    }
    let mut skip = |why: String| {
        unchecked.push(format!(
            "{}: the rule {text:?} is not checked here: {why}",
            if path.is_empty() { "the object" } else { path }
        ))
    };
    let program = match Program::compile(text) {
        Ok(program) => program,
        Err(error) => return skip(error.to_string()),
    };
    let mut context = Context::default();
    with_strings(&mut context);
    context.add_variable_from_value("self", converted(value));
    if let Some(old) = old {
        context.add_variable_from_value("oldSelf", converted(old));
    }
    let said = match program.execute(&context) {
        Ok(Cel::Bool(true)) => return,
        Ok(Cel::Bool(false)) => rule["message"].as_str().map_or_else(|| format!("failed rule: {text}"), str::to_owned),
        Ok(other) => return skip(format!("it comes to {other:?}")),
        Err(error @ (ExecutionError::UndeclaredReference(_) | ExecutionError::NotSupportedAsMethod { .. })) => {
            return skip(error.to_string());
        }
        Err(error) => format!("rule evaluation error: {error}"),
    };
    wrong.push(Wrong::invalid(if path.is_empty() { "<nil>" } else { path }, value, said));
}

/// Functions of Kubernetes' rules that the interpreter lacks and that are said in a line (CEL's extended strings library).
fn with_strings(context: &mut Context) {
    // A name that the interpreter comes to know is its own.
    let _ = context.add_function("lowerAscii", |This(text): This<Arc<String>>| text.to_ascii_lowercase());
    let _ = context.add_function("upperAscii", |This(text): This<Arc<String>>| text.to_ascii_uppercase());
    let _ = context.add_function("trim", |This(text): This<Arc<String>>| text.trim().to_owned());
}

/// JSON as CEL has it: numbers without a fraction are int, whatever their sign.
fn converted(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(b) => Cel::Bool(*b),
        Value::Number(n) => n.as_i64().map_or_else(|| Cel::Float(n.as_f64().unwrap_or_default()), Cel::Int),
        Value::String(s) => Cel::String(Arc::new(s.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(converted).collect())),
        Value::Object(map) => {
            let entries: HashMap<Key, Cel> =
                map.iter().map(|(name, value)| (Key::String(Arc::new(name.clone())), converted(value))).collect();
            Cel::Map(Map { map: Arc::new(entries) })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(rule: &str, value: &Value, old: Option<&Value>) -> (Vec<String>, usize) {
        let schema = json!({"x-kubernetes-validations": [{"rule": rule, "message": "no"}]});
        let mut found = Default::default();
        ruled(value, old, &schema, "spec", &mut found);
        (found.0.iter().map(ToString::to_string).collect(), found.1.len())
    }

    #[test]
    fn a_rule_that_does_not_hold_is_said_in_its_own_words() {
        let rule = "size(self.name) <= 3 && self.name.matches('^[a-z]+$')";
        assert_eq!(said(rule, &json!({"name": "web"}), None), (vec![], 0));
        assert_eq!(
            said(rule, &json!({"name": "1"}), None),
            (vec!["spec: Invalid value: \"object\": no".to_owned()], 0)
        );
        let lower = "self.name == self.name.lowerAscii() && self.name.upperAscii() != self.name";
        assert_eq!(said(lower, &json!({"name": "web"}), None), (vec![], 0));
        assert_eq!(said(lower, &json!({"name": "Web"}), None).0.len(), 1);
        assert_eq!(said("self.n >= 1 && self.n + 1 > 1", &json!({"n": 7}), None), (vec![], 0));
    }

    #[test]
    fn a_rule_about_a_change_is_asked_where_there_is_one() {
        let rule = "self.size == oldSelf.size";
        assert_eq!(said(rule, &json!({"size": 1}), None), (vec![], 0));
        assert_eq!(said(rule, &json!({"size": 1}), Some(&json!({"size": 2}))).0.len(), 1);
    }

    #[test]
    fn a_rule_that_cannot_be_checked_is_told() {
        assert_eq!(said("isURL(self.name)", &json!({"name": "x"}), None), (vec![], 1));
        assert_eq!(said("self.(", &json!({}), None), (vec![], 1));
    }
}
