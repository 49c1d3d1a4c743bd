//! Looking at what a guest answered.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::reconcile_types as wit;
use crate::kind::Object;
use crate::outcome::Outcome;

/// A condition that an outcome sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// True, False, or none for Unknown.
    pub status: Option<bool>,
    /// The reason.
    pub reason: String,
    /// The message.
    pub message: String,
}

impl Outcome {
    /// The child of this kind and name, if the outcome wants one.
    ///
    /// # Panics
    /// If it is not what its type says.
    pub fn wants<C: Object>(&self, name: &str) -> Option<C> {
        let manifests = self.children.iter().map(|child| child.manifest());
        let mut named = manifests.filter(|m| m["metadata"]["name"] == name && m["kind"] == C::kind(&()).as_ref());
        named.find(|m| m["apiVersion"] == C::api_version(&()).as_ref()).map(read)
    }

    /// Kind and name of every child, in the order given: `Deployment/web`.
    pub fn wanted_children(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = |m: &Value| format!("{}/{}", text(&m["kind"]), text(&m["metadata"]["name"]));
        self.children.iter().map(|child| name(child.manifest())).collect()
    }

    /// The status, as a type.
    ///
    /// # Panics
    /// If it is not what the type says.
    pub fn wanted_status<S: DeserializeOwned>(&self) -> Option<S> {
        self.status.as_ref().map(read)
    }

    /// The condition of this type.
    pub fn wanted_condition(&self, kind: &str) -> Option<Condition> {
        let found = self.conditions.iter().find(|condition| condition.type_ == kind)?;
        let status = match found.status {
            wit::ConditionStatus::True => Some(true),
            wit::ConditionStatus::False => Some(false),
            wit::ConditionStatus::Unknown => None,
        };
        Some(Condition { status, reason: found.reason.clone(), message: found.message.clone() })
    }

    /// The whole outcome as it would cross to the host.
    ///
    /// # Errors
    /// What was wrong with the asking: a path that cannot be read, a removal without uid.
    pub fn crossing(self) -> Result<wit::Outcome, crate::Failure> {
        self.wanted()
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("what a guest asked for is what its type says")
}
