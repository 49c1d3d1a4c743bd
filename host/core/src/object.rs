//! One object as the stores keep it: its JSON text beside its parsed metadata, managedFields apart.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use smol_str::SmolStr;

use crate::contract::View;
use crate::fields::FieldSet;
use crate::json;
use crate::kind::{Key, Kind};
use crate::pairs::Pairs;
use crate::parts::Cached;

/// The parts of metadata that decisions need. Lists are boxed: there is one entry in most, and a `Vec` that was read
/// has room for four.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Read into the object's key.
    name: String,
    namespace: Option<String>,
    /// The uid.
    pub uid: String,
    /// The resourceVersion; compares only within one resource.
    pub resource_version: String,
    /// The generation, 0 where the kind has none.
    pub generation: i64,
    /// Labels.
    pub labels: Pairs,
    /// Annotations.
    pub annotations: Pairs,
    /// Finalizers.
    pub finalizers: Box<[String]>,
    /// Owners.
    pub owner_references: Box<[OwnerReference]>,
    /// Set while the object is being deleted.
    pub deletion_timestamp: Option<String>,
    /// Who owns which fields.
    pub managed_fields: Box<[ManagedFields]>,
}

/// One owner of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// The owner's apiVersion.
    pub api_version: SmolStr,
    /// The owner's kind.
    pub kind: SmolStr,
    /// The owner's name.
    pub name: SmolStr,
    /// The owner's uid.
    pub uid: String,
    /// Whether it is the one that controls the object.
    pub controller: Option<bool>,
}

/// The fields that one manager owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedFields {
    /// The manager's name.
    pub manager: SmolStr,
    /// `Apply` or `Update`.
    pub operation: SmolStr,
    /// `status` where the entry is about a subresource.
    pub subresource: SmolStr,
    /// The version of the API in which the fields are written.
    pub api_version: SmolStr,
    /// When the manager last took or set fields: RFC 3339, seconds.
    pub time: SmolStr,
    /// The set of fields (structured-merge-diff's fieldsV1).
    pub fields_v1: FieldSet,
}

/// One object of the API server. Its `Debug` tells its name and version only: what is in it may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Object {
    /// Its address.
    pub key: Key,
    /// Its metadata.
    pub meta: Metadata,
    /// The object without managedFields, as JSON text, with apiVersion and kind.
    pub text: String,
    pub(crate) cached: Cached,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, version {}, {} bytes)", self.key, self.meta.uid, self.meta.resource_version, self.text.len())
    }
}

/// Text that is no Kubernetes object.
#[derive(Debug, thiserror::Error)]
#[error("not a Kubernetes object: {0}")]
pub struct NotAnObject(String);

/// Deeper trees are refused by serde_json, and so by whoever looks into an object later.
const DEEPEST: usize = 127;

/// Whether every tree of a text can be read.
fn is_shallow(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    text.bytes().all(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= DEEPEST
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outer<'a> {
    api_version: Option<String>,
    kind: Option<String>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

/// The places of an object's text that are read by themselves.
#[derive(Default, Deserialize)]
struct Places<'a> {
    #[serde(borrow, rename = "managedFields")]
    managed_fields: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}

impl Object {
    /// An object of which nothing is known but its address.
    pub fn named(key: Key) -> Self {
        Self { key, meta: Metadata::default(), text: String::new(), cached: Cached::default() }
    }

    /// Reads an object from its JSON text. `kind` is used where the text does not say its own: items of
    /// a list of a built-in kind lack apiVersion and kind.
    pub fn parse(text: &str, kind: Option<&Kind>) -> Result<Self, NotAnObject> {
        let bad = |e: serde_json::Error| NotAnObject(e.to_string());
        let outer: Outer<'_> = serde_json::from_str(text).map_err(bad)?;
        let metadata = outer.metadata.ok_or_else(|| NotAnObject("it has no metadata".into()))?;
        let mut meta: Metadata = serde_json::from_str(metadata.get()).map_err(bad)?;
        let own = match (&outer.api_version, &outer.kind) {
            (Some(version), Some(kind)) => Some(Kind::from_api_version(version, kind)),
            _ => None,
        };
        // Metadata alone says of what kind it is itself, not of what kind the object is.
        let own = own.filter(|own| (own.group.as_str(), own.kind.as_str()) != ("meta.k8s.io", "PartialObjectMetadata"));
        if !is_shallow(text) {
            return Err(NotAnObject(format!("it is nested more than {DEEPEST} levels deep")));
        }
        let complete = own.is_some() && meta.managed_fields.is_empty();
        let says_it = match (&own, &outer.api_version, &outer.kind) {
            (Some(_), ..) => Some(true),
            (None, None, None) => Some(false),
            _ => None,
        };
        let kind = own.or_else(|| kind.cloned()).ok_or_else(|| NotAnObject("it has no apiVersion and kind".into()))?;
        let text = match complete {
            true => text.to_owned(),
            false => match spliced(text, metadata, says_it, &kind) {
                Some(text) => text,
                None => uniform(text, &kind).map_err(bad)?,
            },
        };
        let key = Key::new(kind, meta.namespace.take(), std::mem::take(&mut meta.name));
        Ok(Self { key, meta, text, cached: Cached::default() })
    }

    /// The object as a tree.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Its status alone; an empty map where it has none.
    pub fn status(&self) -> Value {
        let places: Places<'_> = serde_json::from_str(&self.text).unwrap_or_default();
        places.status.and_then(|s| serde_json::from_str(s.get()).ok()).unwrap_or_else(|| Value::Object(Map::new()))
    }

    /// The part of the object that a view shows, as JSON text.
    pub fn view(&self, view: View) -> String {
        json::text(&self.view_value(view))
    }

    /// The part of the object that a view shows.
    pub fn view_value(&self, view: View) -> Value {
        let Value::Object(mut all) = self.value() else { return Value::Null };
        let mut metadata = match all.remove("metadata") {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        metadata.remove("resourceVersion");
        metadata.remove("managedFields");
        let mut shown = Map::new();
        for field in ["apiVersion", "kind"] {
            if let Some(value) = all.remove(field) {
                shown.insert(field.into(), value);
            }
        }
        let status = all.remove("status");
        match view {
            View::Names => metadata.retain(|k, _| is_name(k)),
            View::Metadata => {
                metadata.remove("generation");
            }
            View::Spec => {
                metadata.retain(|k, _| is_name(k));
                shown.extend(all);
            }
            View::Status => {
                metadata.retain(|k, _| is_name(k) || k == "generation");
                shown.extend(status.map(|s| ("status".to_owned(), s)));
            }
            View::Full => {
                shown.extend(all);
                shown.extend(status.map(|s| ("status".to_owned(), s)));
            }
            View::Digest => {
                metadata.retain(|k, _| is_name(k));
                shown.insert("digest".into(), digest(json::text(&Value::Object(all)).as_bytes()).into());
            }
        }
        shown.insert("metadata".into(), Value::Object(metadata));
        Value::Object(shown)
    }
}

fn is_name(field: &str) -> bool {
    matches!(field, "name" | "namespace" | "uid")
}

/// `sha256:` and the digest of some bytes in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

/// The first twelve digits of a digest: enough for people.
pub fn short(digest: &str) -> &str {
    digest.strip_prefix("sha256:").and_then(|hex| hex.get(..12)).unwrap_or(digest)
}

/// [`uniform`] without reading all of it: managedFields are cut out of the text, apiVersion and kind set before it.
/// None where it is not written as the API server writes it. `says_it` is whether it says of which kind it is itself,
/// and none where what it says is another.
fn spliced(text: &str, metadata: &RawValue, says_it: Option<bool>, kind: &Kind) -> Option<String> {
    let head = match says_it? {
        true => String::new(),
        false => {
            format!(r#""apiVersion":{},"kind":{},"#, Value::from(kind.api_version()), Value::from(&*kind.kind))
        }
    };
    let places: Places<'_> = serde_json::from_str(metadata.get()).ok()?;
    let (mut before, mut after) = (text, "");
    if let Some(fields) = places.managed_fields {
        let start = (fields.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        let (upto, from) = text.split_at_checked(start)?;
        before = upto.strip_suffix(r#""managedFields":"#)?;
        after = from.get(fields.get().len()..)?;
        match (before.strip_suffix(','), after.strip_prefix(',')) {
            (Some(shorter), _) => before = shorter,
            (None, Some(shorter)) => after = shorter,
            (None, None) => {}
        }
    }
    Some(["{", &head, before.strip_prefix('{')?, after].concat())
}

/// The same object with apiVersion and kind and without managedFields.
fn uniform(text: &str, kind: &Kind) -> Result<String, serde_json::Error> {
    let mut value: Value = serde_json::from_str(text)?;
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if let Some(map) = value.as_object_mut() {
        map.insert("apiVersion".into(), kind.api_version().into());
        map.insert("kind".into(), kind.kind.as_str().into());
    }
    Ok(json::text(&value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_in_it_is_not_told_for_debugging() {
        let secret = r#"{"apiVersion": "v1", "kind": "Secret", "data": {"key": "c2VzYW1l"},
            "metadata": {"name": "door", "namespace": "inn", "annotations": {"note": "c2VzYW1l"}}}"#;
        let told = format!("{:?}", Object::parse(secret, None).expect("a Secret"));
        assert!(told.contains("door") && !told.contains("c2VzYW1l"), "{told}");
    }

    #[test]
    fn what_is_nested_too_deeply_to_be_looked_into_is_no_object() {
        let read = |levels: usize| {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            let text = format!(r#"{{"apiVersion":"v1","kind":"X","metadata":{{"name":"[[\\\""}},"x":{open}{close}}}"#);
            Object::parse(&text, None).map(|object| object.value())
        };
        assert!(read(126).is_ok_and(|value| value.is_object()), "[ in a string opens nothing");
        let told = read(127).expect_err("it cannot be read").to_string();
        assert!(told.contains("nested more than 127 levels"), "{told}");
    }

    #[test]
    fn managed_fields_are_cut_out_wherever_they_stand() {
        let kind = Kind::new("apps", "v1", "Deployment");
        let fields = r#""managedFields":[{"manager":"us","fieldsV1":{"f:data":{}}}]"#;
        for metadata in [
            format!(r#"{{"name":"a",{fields},"uid":"u"}}"#),
            format!(r#"{{{fields},"name":"a","uid":"u"}}"#),
            format!(r#"{{"name":"a","uid":"u",{fields}}}"#),
            format!(r#"{{ "name": "a", "uid": "u", {} }}"#, fields.replace(':', " : ")),
        ] {
            for head in [r#""apiVersion":"apps/v1","kind":"Deployment","#, ""] {
                let text = format!(r#"{{{head}"metadata":{metadata},"status":{{"x":1}}}}"#);
                let object = Object::parse(&text, Some(&kind)).expect("a Deployment");
                let whole = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "uid": "u"},
                    "status": {"x": 1}});
                assert_eq!(object.value(), whole, "{text}");
                assert_eq!(object.meta.managed_fields.len(), 1);
                assert_eq!(object.status(), whole["status"]);
            }
        }
        let alone = r#"{"metadata":{"managedFields":[]},"kind":"Deployment"}"#;
        let object = Object::parse(alone, Some(&kind)).expect("a Deployment");
        assert_eq!(object.value(), json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}}));
    }

    #[test]
    fn how_deep_a_text_is_does_not_depend_on_what_is_written_in_its_strings() {
        assert!(is_shallow(&r#"["[","{"],"#.repeat(200)));
        assert!(!is_shallow(&r#"["]}","#.repeat(200)));
    }
}
