//! What is known of a kind's fields: how lists and maps are merged, what is filled in, what is dropped, and what is
//! wrong. Of a CustomResourceDefinition its OpenAPI schema says that; of built-in kinds, tables and their Rust types.

mod built_in;
mod cel;
mod checks;
mod defaults;
mod fixed;
mod known;
mod meant;
mod objections;
mod prune;
mod typed;
mod validate;

pub(super) use cel::ruled;
pub(super) use checks::checked;
pub(super) use defaults::{built_in as built_in_defaults, filled};
pub(super) use fixed::fixed;
pub(super) use known::BUILT_IN;
pub(super) use meant::meant;
pub use objections::objections;
pub(super) use prune::{mistyped, prune, without_empty};
pub(super) use typed::typed;
pub(super) use validate::validated;

use serde_json::Value;

/// How the entries of a list are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Not at all: the list is one value.
    Atomic,
    /// By their values.
    Set,
    /// By these fields.
    Keyed(Vec<String>),
}

/// A place in an object, with what is known of it.
#[derive(Clone, Debug)]
pub(crate) enum Place<'a> {
    /// The root of an object of a CRD's kind.
    Root(&'a Value),
    /// Below that: a node of its OpenAPI schema.
    Schema(&'a Value),
    /// A path without indexes, of a built-in kind.
    BuiltIn(&'a str, String),
    /// A path below `metadata`.
    Metadata(String),
    /// Nobody says what is there.
    Free,
}

impl<'a> Place<'a> {
    pub(crate) fn field(&self, name: &str) -> Self {
        match self {
            Self::Root(_) if name == "metadata" => Self::Metadata(String::new()),
            Self::Root(node) | Self::Schema(node) => {
                let declared = node["properties"].get(name);
                declared
                    .or_else(|| node.get("additionalProperties").filter(|v| v.is_object()))
                    .map_or(Self::Free, Self::Schema)
            }
            Self::BuiltIn(_, path) if path.is_empty() && name == "metadata" => Self::Metadata(String::new()),
            Self::BuiltIn(kind, path) => Self::BuiltIn(kind, below(path, name)),
            Self::Metadata(path) => Self::Metadata(below(path, name)),
            Self::Free => Self::Free,
        }
    }

    /// Any entry of the list that is here.
    pub(crate) fn item(&self) -> Self {
        match self {
            Self::Root(node) | Self::Schema(node) => node.get("items").map_or(Self::Free, Self::Schema),
            other => other.clone(),
        }
    }

    /// How the entries of the list that is here are told apart.
    pub(crate) fn list(&self) -> List {
        match self {
            Self::Root(node) | Self::Schema(node) => match node["x-kubernetes-list-type"].as_str() {
                Some("set") => List::Set,
                Some("map") => {
                    let keys = node["x-kubernetes-list-map-keys"].as_array().into_iter().flatten();
                    List::Keyed(keys.filter_map(|key| Some(key.as_str()?.to_owned())).collect())
                }
                _ => List::Atomic,
            },
            Self::BuiltIn(kind, path) => built_in::list(kind, path),
            Self::Metadata(path) => match path.as_str() {
                "ownerReferences" => List::Keyed(vec!["uid".to_owned()]),
                "finalizers" => List::Set,
                _ => List::Atomic,
            },
            Self::Free => List::Atomic,
        }
    }

    /// Whether the map that is here is one value.
    pub(crate) fn is_atomic(&self) -> bool {
        match self {
            Self::Root(node) | Self::Schema(node) => node["x-kubernetes-map-type"] == "atomic",
            Self::BuiltIn(_, path) => built_in::is_atomic(path),
            Self::Metadata(path) => path == "ownerReferences",
            Self::Free => false,
        }
    }

    /// Whether the map that is here has a field of that name, rather than any entries.
    pub(crate) fn declares(&self, name: &str) -> bool {
        match self {
            Self::Root(node) | Self::Schema(node) => {
                node["properties"].get(name).is_some() || (matches!(self, Self::Root(_)) && is_outer(name))
            }
            Self::BuiltIn(..) | Self::Metadata(_) => true,
            Self::Free => false,
        }
    }

    /// What a key of the list that is here is where an entry does not say it.
    pub(crate) fn key_default(&self, key: &str) -> Option<Value> {
        match self {
            Self::Root(node) | Self::Schema(node) => node["items"]["properties"][key].get("default").cloned(),
            Self::BuiltIn(..) if key == "protocol" => Some("TCP".into()),
            _ => None,
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Whether every object has that field.
fn is_outer(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind" | "metadata")
}
