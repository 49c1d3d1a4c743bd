//! Looking at the cluster, as the spec says: any kind, in any view; `status.looks` shows what was seen.

use innkeeper_sdk::bindings::innkeeper::guest::cluster::{Area, Found, Listing, Query};
use innkeeper_sdk::bindings::innkeeper::guest::types::View;
use innkeeper_sdk::{Key, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Something to look at.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Look {
    /// Of which version; none: v1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Of which kind.
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
    pub fields: Map<String, Value>,
    /// names, metadata, spec, status, full or digest; none: names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
}

/// What is seen: a list, of each object what the view is named after, or why it may not be looked at.
pub(crate) fn look(look: &Look) -> Value {
    let api_version = look.api_version.as_deref().unwrap_or("v1");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = Kind { group: group.into(), version: version.into(), kind: look.kind.clone() };
    let (view, shown): (View, fn(Value) -> Value) = match look.view.as_deref() {
        Some("metadata") => (View::Metadata, |o| o["metadata"].clone()),
        Some("spec") => (View::Spec, |o| o),
        Some("status") => (View::Status, |o| o["status"].clone()),
        Some("full") => (View::Full, |o| o),
        Some("digest") => (View::Digest, |o| o["digest"].clone()),
        _ => (View::Names, |o| o["metadata"]["name"].clone()),
    };
    let found = match &look.name {
        Some(name) => match host::get(&Key { kind, namespace: look.namespace.clone(), name: name.clone() }, view) {
            Found::Value(text) => Ok(vec![text]),
            Found::None => Ok(Vec::new()),
            Found::Denied(why) => Err(why),
        },
        None => {
            let area = match look.namespace.as_deref() {
                Some("*") => Area::All,
                Some(namespace) => Area::Namespace(namespace.into()),
                None => Area::OwnNamespace,
            };
            let fields = look.fields.iter().map(|(path, value)| (path.clone(), value.to_string())).collect();
            match host::list(&Query { kind, area, labels: look.labels.clone(), fields, view }) {
                Listing::Items(texts) => Ok(texts),
                Listing::Denied(why) => Err(why),
            }
        }
    };
    let parsed = |text: &String| serde_json::from_str(text).map_or(Value::Null, shown);
    found.map_or_else(|why| json!({"denied": why}), |texts| texts.iter().map(parsed).collect())
}

#[cfg(target_arch = "wasm32")]
use innkeeper_sdk::bindings::innkeeper::guest::cluster as host;

/// Where there is no host, nobody may look.
#[cfg(not(target_arch = "wasm32"))]
mod host {
    use super::{Found, Key, Listing, Query, View};

    const WHY: &str = "only a host answers this guest";

    pub(super) fn get(_: &Key, _: View) -> Found {
        Found::Denied(WHY.into())
    }

    pub(super) fn list(_: &Query) -> Listing {
        Listing::Denied(WHY.into())
    }
}
