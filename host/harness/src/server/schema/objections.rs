//! What a CRD's schema says against an object that is there already.

use serde_json::Value;

use super::{filled, ruled, validated};

/// What a structural OpenAPI schema says against an object, in the API server's words; defaults are filled in first.
/// Rules that cannot be tried here are passed over.
pub fn objections(schema: &Value, mut object: Value) -> Vec<String> {
    filled(&mut object, schema);
    let mut by_schema = Vec::new();
    validated(&object, schema, "", &mut by_schema);
    let mut found = (by_schema, Vec::new());
    if found.0.is_empty() {
        ruled(&object, None, schema, "", &mut found);
    }
    found.0.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_that_lacks_what_has_a_default_satisfies_the_schema_and_one_that_breaks_a_rule_does_not() {
        let schema = json!({
            "type": "object",
            "properties": {"spec": {
                "type": "object",
                "required": ["size", "port"],
                "properties": {
                    "size": {"type": "integer", "default": 3, "x-kubernetes-validations": [{"rule": "self % 2 == 1"}]},
                    "port": {"type": "integer", "maximum": 80},
                },
            }},
        });
        let said =
            |spec: Value| objections(&schema, json!({"kind": "Inn", "metadata": {"name": "moon"}, "spec": spec}));
        assert!(said(json!({"port": 80})).is_empty());
        assert!(
            said(json!({"port": 8080})).first().is_some_and(|why| why.starts_with("spec.port: Invalid value: 8080"))
        );
        assert_eq!(said(json!({"port": 80, "size": 2})).len(), 1);
    }
}
