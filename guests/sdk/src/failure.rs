//! Why there is no outcome.

use std::fmt;
use std::time::Duration;

use crate::bindings::reconcile_types as wit;

/// Why there is no outcome. Nothing is applied, changed or deleted then.
///
/// A panic is neither of these: it is a bug, and the host reports it as one, with the panic's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It may work later. Tried again with back-off.
    Retry {
        /// What is in the way, for people.
        message: String,
        /// When to try again; none: the host's back-off decides.
        after: Option<Duration>,
    },
    /// The object is wrong. Tried again when something that was looked at changes, not before.
    Invalid {
        /// What is wrong, for people.
        message: String,
        /// The field that is wrong, such as `spec.port`, if one is.
        field: Option<String>,
    },
}

impl Failure {
    /// It may work later.
    pub fn retry(message: impl Into<String>) -> Self {
        Self::Retry { message: message.into(), after: None }
    }

    /// It may work after this time.
    pub fn retry_after(after: Duration, message: impl Into<String>) -> Self {
        Self::Retry { message: message.into(), after: Some(after) }
    }

    /// This field of the object, such as `spec.port`, is wrong.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), field: Some(field.into()) }
    }

    /// Something that is no single field is wrong.
    pub fn wrong(message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), field: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { message, field: Some(field) } => write!(f, "{field}: {message}"),
            Self::Invalid { message, .. } | Self::Retry { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for Failure {}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::wrong(error.to_string())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Denied(_) => Self::retry(error.to_string()),
            ReadError::Unreadable(_) => Self::wrong(error.to_string()),
        }
    }
}

impl From<Failure> for wit::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Retry { message, after } => Self::Retry(wit::Retry { message, after: after.map(milliseconds) }),
            Failure::Invalid { message, field } => Self::Invalid(wit::Invalid { message, field }),
        }
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Why a read gave nothing. With `?` a denied read is tried again later, an unreadable one is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The `Reconciler` does not permit it. The text says what is missing.
    Denied(String),
    /// An object is not what its type says. The text says which, and why.
    Unreadable(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(text) => write!(f, "a read is not permitted: {text}"),
            Self::Unreadable(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for ReadError {}
