//! Why the simulated API server will not have a request: HTTP code, reason and words as the real one has them.

use std::fmt;

use innkeeper_core::action::Done;
use innkeeper_core::refusal::{Cause, Refusal};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) reason: &'static str,
    /// Without the field.
    pub(crate) message: String,
}

impl Wrong {
    pub(crate) fn invalid(field: &str, value: &serde_json::Value, why: impl fmt::Display) -> Self {
        let value = match value {
            serde_json::Value::Object(_) => "\"object\"".to_owned(),
            serde_json::Value::Array(_) => "\"array\"".to_owned(),
            other => other.to_string(),
        };
        Self { field: field.to_owned(), reason: "FieldValueInvalid", message: format!("Invalid value: {value}: {why}") }
    }

    pub(crate) fn required(field: &str) -> Self {
        Self { field: field.to_owned(), reason: "FieldValueRequired", message: "Required value".to_owned() }
    }

    pub(crate) fn duplicate(field: &str, value: &serde_json::Value) -> Self {
        let message = format!("Duplicate value: {value}");
        Self { field: field.to_owned(), reason: "FieldValueDuplicate", message }
    }

    pub(crate) fn forbidden(field: &str, why: &str) -> Self {
        Self { field: field.to_owned(), reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// A request that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// The HTTP status.
    pub code: u16,
    /// In the API server's words.
    pub message: String,
    causes: Vec<Wrong>,
}

impl Refused {
    /// What another API server said.
    pub fn elsewhere(message: impl Into<String>) -> Self {
        Self::new(0, message)
    }

    pub(crate) fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), causes: Vec::new() }
    }

    pub(crate) fn not_found(plural: &str, name: &str) -> Self {
        Self::new(404, format!("{plural} \"{name}\" not found"))
    }

    /// `what` is the kind with its group, and the name.
    pub(crate) fn invalid(what: &str, mut wrong: Vec<Wrong>) -> Self {
        wrong.sort_by(|a, b| (&a.field, &a.message).cmp(&(&b.field, &b.message)));
        let all: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        let all = if let [one] = all.as_slice() { one.clone() } else { format!("[{}]", all.join(", ")) };
        Self { code: 422, message: format!("{what} is invalid: {all}"), causes: wrong }
    }

    /// As what comes of an action: what `cluster` makes of such an answer.
    pub(crate) fn done(self) -> Done {
        let Self { code, message, causes } = self;
        match code {
            404 => Done::NotFound(message),
            409 => Done::Conflict(message),
            401 | 403 => Done::Forbidden(message),
            _ => {
                let cause = |w: Wrong| Cause { reason: w.reason.to_owned(), field: w.field, message: w.message };
                Done::Invalid(Refusal { message, causes: causes.into_iter().map(cause).collect() })
            }
        }
    }
}
