//! What can be expected.

use serde_json::Value;

/// An expectation, with the line that says it.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Its line.
    pub line: usize,
    /// What is expected.
    pub expected: Expected,
}

/// What is expected. Objects are named `Kind/name`, or `Kind/namespace/name` in another namespace.
#[derive(Clone, Debug)]
pub enum Expected {
    /// The object is there and has these fields; it may have more.
    Has(String, Value),
    /// The object is there, and each of these fields is exactly so.
    Exactly(String, Value),
    /// There is no such object.
    Absent(String),
    /// The object's children are these and no others.
    Children(String, Vec<String>),
    /// The object has this condition.
    Condition {
        /// Which object.
        of: String,
        /// The condition's type.
        kind: String,
        /// Its status, reason (whole) and message (a part of it), as far as they matter.
        told: Told,
    },
    /// There is an Event like this.
    Event {
        /// About which object, if that matters.
        about: Option<String>,
        /// Its type, reason (whole) and message (a part of it), as far as they matter.
        told: Told,
    },
    /// There is no Event.
    NoEvent,
    /// The guest was called so often in this step; for one object, if it is named.
    Calls(Option<String>, usize),
    /// The host wrote this in this step and nothing else, in any order: `apply Deployment/web`.
    Writes(Vec<String>),
    /// The host wrote so often in this step.
    WriteCount(usize),
    /// It is the same object as before this step: the one of the same uid.
    Same(String),
    /// These objects are as in the snapshot of the step of that number.
    Snapshot(Vec<String>, usize),
    /// The API server refused what somebody did in this step, and says this.
    Refused(String),
}

/// What a condition or an Event says, as far as it matters.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The status of a condition, the type of an Event.
    pub status: Option<String>,
    /// Why, in CamelCase.
    pub reason: Option<String>,
    /// A part of what it says.
    pub message: Option<String>,
}

impl Expected {
    /// Whether only a laboratory can tell: what the host does, and what an object is to the last field.
    pub fn is_counted(&self) -> bool {
        matches!(self, Self::Calls(..) | Self::Writes(_) | Self::WriteCount(_) | Self::Snapshot(..))
    }
}
