//! What a step starts from, and what it leaves behind for the next.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Settled, tell};
use crate::binding::Binding;
use crate::contract::Verdict;
use crate::kind::Key;
use crate::object::Object;
use crate::picture::Picture;

/// What a step starts from: one frozen picture.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The object.
    pub object: Arc<Object>,
    /// What the stores show as its children, by label.
    pub children: Vec<Arc<Object>>,
    /// The objects to which it has contributed fields, their metadata alone.
    pub contributed: Vec<Arc<Object>>,
    /// Kinds of which there may be children that nobody can see now, each with the reason, for people.
    pub unseen: Vec<String>,
    /// What else the stores show.
    pub picture: Arc<Picture>,
    /// What is known of its kind.
    pub binding: Arc<Binding>,
    /// What the last reconcile of the object left behind. Losing it costs a repeated word, unless the process
    /// ends in the very moment in which somebody else took a name that was free.
    pub memory: Memory,
    /// How often the object failed in a row.
    pub failures: u32,
    /// Whether the guest must be called even if nothing that it is shown has changed: a time that it asked for
    /// came, a resync, or somebody asked for it (promises G07 and Q05).
    pub insist: bool,
    /// Why the object is slowed down, for people, if what is written for it is undone again and again.
    pub unsettled: Option<String>,
    /// Whether the object was ever shown with the wish that its children stay when it goes: Kubernetes may have
    /// taken its own note of that away by now.
    pub orphaned: bool,
    /// It is one of many that are swept, and others of its kind still wait for their look: how it stands may be told
    /// after that.
    pub is_ahead: bool,
    /// Milliseconds since the epoch.
    pub now_ms: i64,
}

impl Seen {
    /// Whether the object is being deleted.
    pub(super) fn is_going(&self) -> bool {
        self.object.meta.deletion_timestamp.is_some()
    }

    /// Whether the object stays, and its Reconciler goes.
    pub(super) fn is_left(&self) -> bool {
        self.binding.leaving && !self.is_going()
    }
}

/// What one reconcile of an object remembers for the next. A convenience, never a proof that something is ours.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Verdicts on children that the stores cannot show: refused, waiting, in conflict, going unseen.
    pub verdicts: Vec<Verdict>,
    /// Verdicts on contributions.
    pub contributions: Vec<Verdict>,
    /// What it contributes to, or would if it were there: a change of that is a reason to look again.
    pub targets: BTreeSet<Key>,
    /// Verdicts on removals.
    pub removals: Vec<Verdict>,
    /// Uids of removals that are gone for good: a uid never comes back, so they are not looked at again.
    pub gone: BTreeSet<String>,
    /// Uids of strangers' objects that carry our fields until these are withdrawn.
    pub strangers: BTreeSet<String>,
    /// Those of them that may be ours: nobody told who made them.
    pub doubted: BTreeSet<String>,
    /// Names that were claimed, and the answer was lost.
    pub claimed: BTreeSet<Key>,
    /// Objects to which it contributed, and the answer was lost.
    pub given: BTreeSet<Key>,
    /// What was told in Events, so that it is not repeated.
    pub told: tell::Told,
    /// Labels and annotations of the object itself that were applied, and that admission changed.
    pub futile_own: Option<serde_json::Value>,
    /// A status patch that the API server accepted and that changed nothing: its schema drops some of it.
    pub futile_patch: Option<serde_json::Value>,
    /// Where it came to rest.
    pub settled: Option<Settled>,
}
