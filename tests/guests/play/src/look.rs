//! Looking at the cluster, as the spec says: any kind of those below, in any view; `status.looks` shows what was
//! seen.

use innkeeper_sdk::{Context, Object, ReadError};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::CustomResource;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::script::anything;

/// A kind whose CRD no cluster has until a test brings it.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "test.innkeeper.dev", version = "v1", kind = "Latecomer", namespaced)]
#[allow(missing_docs, reason = "the words are the contract's")]
pub struct LatecomerSpec {
    pub text: Option<String>,
}

/// Something to look at.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Look {
    /// ConfigMap, Secret, Deployment, Namespace, Latecomer, or `own`: the kind that this guest decides for.
    pub kind: String,
    /// Which object; none: a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// In which namespace; `*`: in all; none: in its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// With which labels, in kubectl's notation.
    pub labels: String,
    /// With which values in which fields.
    #[schemars(schema_with = "anything")]
    pub fields: Map<String, Value>,
    /// names, metadata, spec, status, full or digest.
    #[schemars(schema_with = "word")]
    pub view: View,
}

/// How much is looked at.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the words are the contract's")]
pub enum View {
    #[default]
    Names,
    Metadata,
    Spec,
    Status,
    Full,
    Digest,
}

fn word(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string"})
}

/// What is seen: a list of what the view shows, or why it may not be looked at.
pub(crate) fn look<K: Object>(cx: &Context<K>, look: &Look) -> Result<Value, ReadError> {
    let seen = match look.kind.as_str() {
        "ConfigMap" => seen::<K, ConfigMap>(cx, look),
        "Secret" => seen::<K, Secret>(cx, look),
        "Deployment" => seen::<K, Deployment>(cx, look),
        "Namespace" => seen::<K, Namespace>(cx, look),
        "Latecomer" => seen::<K, Latecomer>(cx, look),
        _ => seen::<K, K>(cx, look),
    };
    match seen {
        Ok(seen) => Ok(Value::Array(seen)),
        Err(ReadError::Denied(why)) => Ok(json!({"denied": why})),
        Err(other) => Err(other),
    }
}

fn seen<K: Object, L: Object>(cx: &Context<K>, look: &Look) -> Result<Vec<Value>, ReadError> {
    /// Ends either question with the view, and makes JSON of what it shows.
    macro_rules! ends {
        ($question:expr) => {
            match look.view {
                View::Names => $question.names()?.iter().map(|s| json!(s.name())).collect(),
                View::Metadata => $question.metadata()?.iter().map(|s| json!(**s)).collect(),
                View::Spec => $question.spec()?.iter().map(|s| json!(s)).collect(),
                View::Status => $question.status::<Value>()?.iter().map(|s| json!(**s)).collect(),
                View::Full => $question.full()?.iter().map(|s| json!(s)).collect(),
                View::Digest => $question.digest()?.iter().map(|s| json!(**s)).collect(),
            }
        };
    }
    Ok(match &look.name {
        Some(name) => {
            let get = cx.get::<L>(name);
            ends!(match &look.namespace {
                Some(namespace) => get.in_namespace(namespace),
                None => get,
            })
        }
        None => {
            let list = look.fields.iter().fold(cx.list::<L>().labels(&look.labels), |l, (path, v)| l.field(path, v));
            ends!(match look.namespace.as_deref() {
                Some("*") => list.everywhere(),
                Some(namespace) => list.in_namespace(namespace),
                None => list,
            })
        }
    })
}
