//! The spec: an outcome, or another behaviour, as a person writes it.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::look::Look;

/// What the guest does.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Script {
    /// Children to ask for.
    pub children: Vec<Child>,
    /// Whether the guest answers at all, or how it does not.
    pub behaviour: Behaviour,
    /// The status to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "anything")]
    pub status: Option<Value>,
    /// Holds Ready back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Conditions to set.
    pub conditions: Vec<Condition>,
    /// Reasons of Events to tell.
    pub events: Vec<String>,
    /// Reconcile again after so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requeue_after_ms: Option<u64>,
    /// Objects to remove.
    pub remove: Vec<Removal>,
    /// Children to make anew.
    pub replace: Vec<Removal>,
    /// Fields to set on objects that are not children.
    pub contributions: Vec<Contribution>,
    /// Labels of the object itself.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the object itself.
    pub annotations: BTreeMap<String, String>,
    /// Names of ConfigMaps to look at; `status.read` shows the data of each, or null.
    pub reads: Vec<String>,
    /// Whether `status.verdicts` shows what the host told of children, contributions and removals.
    pub verdicts: bool,
    /// What to look at; `status.looks` shows what was seen, in the same order.
    #[schemars(schema_with = "list_of_anything")]
    pub looks: Vec<Look>,
    /// In phase finalize: the work is done.
    pub finished: bool,
}

/// How the guest answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Behaviour {
    /// With the outcome.
    #[default]
    Normal,
    /// With the outcome, and how often it was called since its instance was made in `status.calls`.
    Count,
    /// It panics.
    Trap,
    /// It never does.
    Loop,
    /// It says: later.
    Retry,
    /// It says: wrong.
    Invalid,
}

/// A child to ask for.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Child {
    /// The object.
    #[schemars(schema_with = "anything")]
    pub manifest: Value,
    /// Its wave.
    #[serde(default)]
    pub wave: i32,
    /// How it is kept.
    #[serde(default)]
    pub policy: Policy,
    /// Paths that are the guest's alone.
    #[serde(default)]
    pub exclusive: Vec<String>,
    /// Paths that are not, although the SDK would say so.
    #[serde(default)]
    pub shared: Vec<String>,
    /// Paths to hand over.
    #[serde(default)]
    pub release: Vec<String>,
    /// Whether it may be adopted.
    #[serde(default)]
    pub adopt: Adopt,
}

/// How a child is kept.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub enum Policy {
    #[default]
    Apply,
    CreateOnly,
    Recreate,
    Keep,
}

/// Whether a child may be adopted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub enum Adopt {
    #[default]
    Never,
    Unowned,
    Earlier,
}

/// Why Ready is held back.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Hold {
    pub reason: String,
    pub message: String,
}

/// A condition to set.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Condition {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: bool,
    pub reason: String,
    #[serde(default)]
    pub message: String,
}

/// An object to remove.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    pub api_version: String,
    pub kind: String,
    #[serde(default)]
    pub namespace: Option<String>,
    pub name: String,
    pub uid: String,
    #[serde(default)]
    pub before_wave: Option<i32>,
}

/// Fields to set on an object that is not a child.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Contribution {
    #[schemars(schema_with = "anything")]
    pub manifest: Value,
    #[serde(default)]
    pub take: Vec<String>,
}

/// What the object shows: anything that the script says, and the count of calls.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
pub struct PlayStatus {
    /// How often the guest was called since its instance was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
}

/// A test writes what it likes here; the guest reads it strictly.
fn list_of_anything(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": anything(generator)})
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}
