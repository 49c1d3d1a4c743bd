//! The contract with a guest, as plain data: what `wit/` says, without any wasm.
//!
//! Objects are JSON text here too. Each type mirrors the record of the same name in
//! `wit/`, where its meaning is written down.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kind::{Key, Kind};
use crate::watch::Form;

/// How much of an object a guest wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// apiVersion, kind, name, namespace and uid.
    Names,
    /// apiVersion, kind and metadata, without generation.
    Metadata,
    /// Names, and everything that is neither metadata nor status.
    Spec,
    /// Names, generation and status.
    Status,
    /// Everything but resourceVersion and managedFields.
    Full,
    /// Names and the digest of everything but metadata and status.
    Digest,
}

/// In which namespaces a wish holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Only the namespace of the object being reconciled.
    Own,
    /// These namespaces.
    Named(Vec<String>),
    /// Every namespace.
    All,
    /// Cluster-scoped kinds.
    Cluster,
}

/// Kinds that a guest wants to touch in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The API group; empty for the core group.
    pub group: String,
    /// Kinds of that group.
    pub kinds: Vec<String>,
    /// Where.
    pub scope: Scope,
}

/// What a module says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The module's name: a DNS label.
    pub name: String,
    /// The module's version, for people.
    pub version: String,
    /// The kind it decides for.
    pub serves: Kind,
    /// That kind's CustomResourceDefinition, as JSON text.
    pub crd: Option<String>,
    /// Kinds of its children.
    pub applies: Vec<Wish>,
    /// Kinds on which it sets fields.
    pub contributes: Vec<Wish>,
    /// Kinds that it reads.
    pub reads: Vec<Wish>,
    /// Kinds of objects, not its children, that it removes.
    pub deletes: Vec<Wish>,
    /// Whether it has work to do when an object is deleted.
    pub finalizes: bool,
    /// Whether children must be deleted in reverse wave order.
    pub ordered_deletion: bool,
}

/// Why the object is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The object is wanted.
    Apply,
    /// The object is being deleted.
    Finalize,
}

/// What the host knows of something that an earlier outcome asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Not there.
    Absent,
    /// There as asked; readiness unknown.
    Applied,
    /// Not applied yet.
    Waiting,
    /// There as asked, and ready.
    Current,
    /// Refused, or there and failed.
    Failed,
    /// The name or a field is somebody else's.
    Conflict,
    /// Being deleted.
    Deleting,
}

/// The host's verdict on one child, contribution or removal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Which.
    pub key: Key,
    /// How it stands.
    pub state: State,
    /// The last error, or what is waited for.
    pub message: String,
}

/// What a guest is given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// Why.
    pub phase: Phase,
    /// The object, as JSON text.
    pub object: String,
    /// `spec.config` of the `Reconciler`, as JSON text.
    pub config: String,
    /// Verdicts on children.
    pub children: Vec<Verdict>,
    /// Verdicts on contributions.
    pub contributions: Vec<Verdict>,
    /// Verdicts on removals.
    pub removals: Vec<Verdict>,
}

/// How a child is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Created, changed and deleted as asked.
    Apply,
    /// Created, never changed.
    CreateOnly,
    /// Deleted and created anew where a change is to an immutable field.
    Recreate,
    /// Never created, changed or deleted.
    Keep,
}

/// Whether an object that is not this object's child may become it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Adopt {
    /// Never.
    Never,
    /// If no controller owns it.
    Unowned,
    /// If it was the child of an earlier object of the same kind and name.
    Earlier,
}

/// One object that should exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Child {
    /// The object, as JSON text.
    pub manifest: String,
    /// Its wave.
    pub wave: i32,
    /// How it is kept.
    pub policy: Policy,
    /// Paths that the guest owns whole.
    pub exclusive: Vec<String>,
    /// Paths to hand over.
    pub release: Vec<String>,
    /// Whether it may be adopted.
    pub adopt: Adopt,
}

/// Fields to set on an existing object that is not a child.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contribution {
    /// The fields, as a JSON object with apiVersion, kind and metadata.name.
    pub manifest: String,
    /// Paths that may be taken from another field manager.
    pub take: Vec<String>,
}

/// An object to remove once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Removal {
    /// Which.
    pub key: Key,
    /// The uid of the very object that is meant.
    pub uid: String,
    /// Before which wave; none: after all applies.
    pub before_wave: Option<i32>,
}

/// The status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    Unknown,
}

impl fmt::Display for ConditionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        })
    }
}

/// A condition that the guest sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// Its type, in CamelCase.
    pub kind: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, in CamelCase.
    pub reason: String,
    /// Why, for people.
    pub message: String,
}

/// The guest's word on readiness.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hold {
    /// Why, in CamelCase.
    pub reason: String,
    /// Why, for people.
    pub message: String,
}

/// Whether an Event is news or trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// News.
    Normal,
    /// Trouble.
    Warning,
}

/// A Kubernetes Event about the object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// News or trouble.
    pub kind: EventType,
    /// Why, in CamelCase.
    pub reason: String,
    /// What was done or tried, in CamelCase.
    pub action: String,
    /// For people.
    pub message: String,
}

/// What should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Every child that should exist.
    pub children: Vec<Child>,
    /// Every contribution that should exist.
    pub contributions: Vec<Contribution>,
    /// Children to delete and create anew.
    pub replace: Vec<Removal>,
    /// Objects to remove.
    pub remove: Vec<Removal>,
    /// The status, as JSON text; none: leave it.
    pub status: Option<String>,
    /// Every condition that the guest sets.
    pub conditions: Vec<Condition>,
    /// Holds Ready back.
    pub hold: Option<Hold>,
    /// Labels for the object itself.
    pub labels: Vec<(String, String)>,
    /// Annotations for the object itself.
    pub annotations: Vec<(String, String)>,
    /// Events.
    pub events: Vec<Event>,
    /// Reconcile again after this many milliseconds.
    pub requeue_after: Option<u64>,
    /// In phase finalize: whether the object may go.
    pub finished: bool,
}

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The guest says: it may work later.
    #[error("{message}")]
    Retry {
        /// Why.
        message: String,
        /// When to try again, in milliseconds.
        after: Option<u64>,
    },
    /// The guest says: the object is wrong.
    #[error("{}{message}", field.as_ref().map(|f| format!("{f}: ")).unwrap_or_default())]
    Invalid {
        /// Why.
        message: String,
        /// The field that is wrong.
        field: Option<String>,
    },
    /// The guest has a bug: it trapped. Holds what wasmtime says, with the guest's own last words.
    #[error("the guest trapped: {0}")]
    Trap(String),
    /// A bound of the call was exceeded.
    #[error("the guest exceeded its limit of {bound}: {detail}")]
    Limit {
        /// Which: `time`, `memory`, `table`, `stack`, `outcome`, `children`, `reads`, and so on.
        bound: &'static str,
        /// The limit and what was used, for people.
        detail: String,
    },
    /// The call read a kind that the host does not watch yet, or not in that form (none: where it is served is
    /// not known). It is made again when the host does.
    #[error("{kind} is not watched yet")]
    Unwatched {
        /// The kind.
        kind: Kind,
        /// How much of it is needed.
        form: Option<Form>,
    },
    /// The call read a kind that cannot be seen, and that lasts. Holds why.
    #[error("{0}")]
    Unseen(String),
    /// The guest asked for something that this host cannot do yet, or said something that no guest may.
    #[error("{0}")]
    Refused(String),
}

/// Bounds of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// CPU time in milliseconds.
    pub time_ms: u64,
    /// Linear memory in bytes.
    pub memory: u64,
    /// Bytes of an outcome, all its text added up.
    pub outcome: u64,
    /// Reads (get, list, children, reached).
    pub reads: u32,
    /// Children, contributions and removals of an outcome, counted together.
    pub children: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time_ms: 100, memory: 64 << 20, outcome: 1 << 20, reads: 1000, children: 1000 }
    }
}
