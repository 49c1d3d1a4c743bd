//! Why the API server will not have a request, as far as it says so field by field.
//!
//! That a field cannot change is said in prose only, in many words (seen on 1.36); the field is not.

use std::fmt;

use serde_json::Value;

/// Why a request was refused as invalid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// In the API server's words.
    pub message: String,
    /// Field by field, where it says so.
    pub causes: Vec<Cause>,
}

/// What is wrong with one field (meta/v1 StatusCause).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The kind of mistake, such as `FieldValueForbidden`.
    pub reason: String,
    /// The field, such as `spec.ports[0].nodePort`.
    pub field: String,
    /// For people.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(message: T) -> Self {
        Self { message: message.into(), causes: Vec::new() }
    }
}

/// How API servers say that a field cannot be changed.
const CANNOT_CHANGE: [&str; 6] =
    ["immutable", "may not change", "may not be changed", "cannot change", "cannot be changed", "are forbidden"];

impl Refusal {
    /// Whether the change is refused because a field keeps the value that it has.
    ///
    /// What is forbidden need not be forbidden as a change only: whether the object would be created so, a
    /// rehearsal tells.
    pub fn is_about_change(&self) -> bool {
        let by_words = |text: &str| CANNOT_CHANGE.iter().any(|words| text.contains(words));
        match self.causes.as_slice() {
            [] => by_words(&self.message),
            causes => causes.iter().any(|c| c.reason == "FieldValueForbidden" || by_words(&c.message)),
        }
    }

    /// Where a rehearsal of `new` was refused only because `old`, which it would replace, holds values of
    /// which there is one in the cluster (a Service's node ports and addresses): `new` without these.
    pub fn without_held(&self, new: &Value, old: &Value) -> Option<Value> {
        let mut rest = new.clone();
        for cause in &self.causes {
            if !cause.message.contains("already allocated") {
                return None;
            }
            let spec = rest.get_mut("spec")?.as_object_mut()?;
            match cause.field.as_str() {
                "spec.clusterIP" | "spec.clusterIPs" => {
                    let wanted = spec.get("clusterIP").or(spec.get("clusterIPs").and_then(|ips| ips.get(0)))?;
                    if old.pointer("/spec/clusterIP") != Some(wanted) {
                        return None;
                    }
                    spec.remove("clusterIP");
                    spec.remove("clusterIPs");
                }
                field => {
                    let index: usize = field.strip_prefix("spec.ports[")?.strip_suffix("].nodePort")?.parse().ok()?;
                    let port = spec.get_mut("ports")?.get_mut(index)?.as_object_mut()?.remove("nodePort")?;
                    let held = old.pointer("/spec/ports").and_then(Value::as_array)?;
                    if !held.iter().any(|one| one.get("nodePort") == Some(&port)) {
                        return None;
                    }
                }
            }
        }
        (!self.causes.is_empty()).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(causes: &[(&str, &str, &str)]) -> Refusal {
        let cause = |(reason, field, message): &(&str, &str, &str)| Cause {
            reason: (*reason).into(),
            field: (*field).into(),
            message: (*message).into(),
        };
        Refusal { message: "it is invalid".into(), causes: causes.iter().map(cause).collect() }
    }

    #[test]
    fn a_change_that_cannot_be_is_told_from_a_value_that_cannot_be() {
        for (reason, message) in [
            ("FieldValueForbidden", "Forbidden: pod updates may not change fields other than `spec.tolerations`"),
            ("FieldValueInvalid", "Invalid value: {}: field is immutable"),
            ("FieldValueInvalid", "Invalid value: \"10.0.0.7\": may not change once set"),
            ("FieldValueInvalid", "Invalid value: {}: cannot change roleRef"),
        ] {
            assert!(refusal(&[(reason, "spec.x", message)]).is_about_change(), "{message}");
        }
        let twice = refusal(&[("FieldValueDuplicate", "spec.ports[1].name", "Duplicate value: \"http\"")]);
        assert!(!twice.is_about_change());
        assert!(Refusal::from("admission says: immutable").is_about_change());
    }

    #[test]
    fn what_the_old_one_holds_is_left_out_and_what_another_holds_is_not() {
        let taken = "Invalid value: 30080: provided port is already allocated";
        let refused = refusal(&[("FieldValueInvalid", "spec.ports[1].nodePort", taken)]);
        let new = json!({"spec": {"ports": [{"port": 1}, {"port": 2, "nodePort": 30080}]}});
        let old = json!({"spec": {"ports": [{"port": 9, "nodePort": 30080}]}});
        let rest = json!({"spec": {"ports": [{"port": 1}, {"port": 2}]}});
        assert_eq!(refused.without_held(&new, &old), Some(rest));
        let another = json!({"spec": {"ports": [{"port": 9, "nodePort": 30081}]}});
        assert_eq!(refused.without_held(&new, &another), None);
        let more = refusal(&[
            ("FieldValueInvalid", "spec.ports[1].nodePort", taken),
            ("FieldValueInvalid", "spec.type", "Invalid value: \"x\""),
        ]);
        assert_eq!(more.without_held(&new, &old), None, "there is more that is wrong");
        assert_eq!(Refusal::from("no").without_held(&new, &old), None);
    }

    #[test]
    fn the_address_of_the_old_one_is_left_out() {
        let refused = refusal(&[(
            "FieldValueInvalid",
            "spec.clusterIPs",
            "Invalid value: [\"10.0.0.5\"]: failed to allocate IP 10.0.0.5: provided IP is already allocated",
        )]);
        let new = json!({"spec": {"clusterIP": "10.0.0.5", "ports": []}});
        let old = json!({"spec": {"clusterIP": "10.0.0.5", "clusterIPs": ["10.0.0.5"]}});
        assert_eq!(refused.without_held(&new, &old), Some(json!({"spec": {"ports": []}})));
        assert_eq!(refused.without_held(&new, &json!({"spec": {"clusterIP": "10.0.0.6"}})), None);
    }
}
