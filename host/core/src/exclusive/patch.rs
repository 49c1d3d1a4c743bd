//! JSON Patch, as far as it is needed.

use serde::Serialize;
use serde_json::Value;

/// One operation of a JSON Patch (RFC 6902), as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum JsonPatchOp {
    /// Puts another value where one is.
    Replace {
        /// A JSON Pointer (RFC 6901).
        path: String,
        /// The new value.
        value: Value,
    },
    /// Takes away what is there.
    Remove {
        /// A JSON Pointer (RFC 6901).
        path: String,
    },
}

impl JsonPatchOp {
    /// Makes the whole patch hold only for this resourceVersion.
    ///
    /// A `test` would do so too, but its failure is answered 422, like any invalid object. A replaced
    /// resourceVersion that is no longer the newest is answered 409 (client-go's `csaupgrade` does the same).
    pub(super) fn only_for(resource_version: &str) -> Self {
        Self::Replace { path: "/metadata/resourceVersion".to_owned(), value: resource_version.into() }
    }
}

/// A pointer one step further.
pub(super) fn step(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
