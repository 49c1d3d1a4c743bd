//! What the core asks of the API server, and what may come of it.

use std::sync::Arc;

use serde_json::Value;

use crate::contract::Event;
use crate::kind::Key;
use crate::object::Object;
use crate::refusal::Refusal;
use crate::resource::Address;

/// One request to the API server.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Look at one object as it is now.
    Look(Address),
    /// Server-side apply.
    Apply {
        /// Which object.
        at: Address,
        /// The field manager.
        manager: String,
        /// The manifest; with `metadata.uid` it never creates.
        manifest: Value,
        /// Whether fields may be taken from other managers.
        force: bool,
    },
    /// JSON Patch (RFC 6902) under a field manager.
    Patch {
        /// Which object.
        at: Address,
        /// The field manager.
        manager: String,
        /// The operations.
        operations: Value,
    },
    /// JSON merge patch (RFC 7386) under the host's own field manager.
    Merge {
        /// Which object.
        at: Address,
        /// Whether it goes to the `status` subresource.
        status: bool,
        /// The patch.
        patch: Value,
    },
    /// Create an object.
    Create {
        /// Which object.
        at: Address,
        /// The object.
        manifest: Value,
    },
    /// Delete the object of that uid, propagation Background.
    Delete {
        /// Which object.
        at: Address,
        /// The uid of the very object that is meant.
        uid: String,
    },
    /// Ask whether the API server would do that; nothing is kept. A creation or an apply.
    Rehearse(Box<Action>),
    /// Record an Event. One that was recorded before is counted.
    Event {
        /// The object that it is about.
        about: Arc<Object>,
        /// What to say.
        event: Event,
        /// How often it was said since it was recorded last; 1 for one that is new.
        times: u64,
        /// Another object that it is about.
        related: Option<Box<Key>>,
    },
}

impl Action {
    /// A word for people and metrics.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Look(_) => "look",
            Self::Apply { .. } => "apply",
            Self::Patch { .. } => "patch",
            Self::Merge { status: true, .. } => "status",
            Self::Merge { .. } => "merge",
            Self::Create { .. } => "create",
            Self::Delete { .. } => "delete",
            Self::Rehearse(_) => "rehearse",
            Self::Event { .. } => "event",
        }
    }

    /// The object it is about.
    pub fn key(&self) -> Key {
        match self {
            Self::Look(at)
            | Self::Apply { at, .. }
            | Self::Patch { at, .. }
            | Self::Merge { at, .. }
            | Self::Create { at, .. }
            | Self::Delete { at, .. } => at.key(),
            Self::Rehearse(action) => action.key(),
            Self::Event { about, .. } => about.key.clone(),
        }
    }
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// It took effect, or the object was found; as it is now.
    Object {
        /// The object.
        object: Arc<Object>,
        /// Whether this request created it.
        created: bool,
    },
    /// It took effect; there is no object to show (a delete that was accepted, a rehearsal, an Event).
    Accepted,
    /// No such object.
    NotFound(String),
    /// 409: somebody else's field, another uid, an older resourceVersion, or a name that is taken.
    Conflict(String),
    /// 400 or 422: the API server will not have it.
    Invalid(Refusal),
    /// 401 or 403.
    Forbidden(String),
    /// 429, or 503 with Retry-After: nothing happened, try later.
    Throttled {
        /// When, in milliseconds.
        after_ms: u64,
        /// In the API server's words.
        message: String,
    },
    /// The answer was lost, or makes no sense: it may or may not have taken effect.
    Unknown(String),
}
