//! A set of fields, as an entry of managedFields tells it (structured-merge-diff's fieldsV1).

use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json;
use crate::pool::Pool;

/// A set of fields. It is kept as text: of most objects nobody ever asks what is in it, and as a tree it takes
/// ten times the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(Arc<str>);

impl FieldSet {
    /// Its text, as the API server wrote it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Holds its text in common with others.
    pub(crate) fn share(&mut self, pool: &mut Pool) {
        pool.share(&mut self.0);
    }

    /// The set as a tree, made anew each time.
    pub fn tree(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or(Value::Null)
    }
}

impl From<Value> for FieldSet {
    fn from(tree: Value) -> Self {
        Self(json::text(&tree).into())
    }
}

impl<'de> Deserialize<'de> for FieldSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Box::<RawValue>::deserialize(deserializer)?.get().into()))
    }
}
