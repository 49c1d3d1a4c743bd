//! Why an object is looked at. Causes are for people: a trace shows them, and who is told of a hot loop
//! learns from them what drives it. A guest never sees them.

mod author;

use std::fmt;

pub use author::author;

use crate::kind::{GroupKind, Key};
use crate::names::HOST_MANAGER;
use crate::store::Change;

/// How many different causes of one reconcile are named; the others are counted.
const NAMED: usize = 4;

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// It is new.
    Created,
    /// It is not as it was.
    Changed,
    /// It is gone, or no watch of ours shows it any more.
    Deleted,
}

/// Why a moment is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// The guest asked to be called again (requeue-after).
    Requeue,
    /// The guest asked whether this moment had been reached.
    Clock,
    /// The guest failed and said when to try again.
    Retry,
    /// Something that was started is looked at again, such as a removal.
    Recheck,
    /// It failed, and its back-off is over.
    BackOff,
    /// The periodic look at everything.
    Resync,
    /// How it stands is told after the others of a sweep were looked at.
    Word,
}

/// One reason to look at an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The object itself.
    Object {
        /// What became of it.
        what: What,
        /// The field manager that did it, where managedFields tell.
        by: Option<String>,
    },
    /// A child of it.
    Child {
        /// Which.
        key: Key,
        /// What became of it.
        what: What,
        /// The field manager that did it, where managedFields tell.
        by: Option<String>,
    },
    /// An object that its guest read, or looked for.
    Read {
        /// Which.
        key: Key,
        /// What became of it.
        what: What,
        /// The field manager that did it, where managedFields tell.
        by: Option<String>,
    },
    /// An object that it contributes fields to, or would.
    Target {
        /// Which.
        key: Key,
        /// What became of it.
        what: What,
        /// The field manager that did it, where managedFields tell.
        by: Option<String>,
    },
    /// A kind that its guest read is served now, or is not any more.
    Kind(GroupKind),
    /// A time came.
    Time(Due),
    /// Its controller started.
    Start,
    /// Another module decides: its digest, none if there is none.
    Module(Option<String>),
    /// The Reconciler of its kind says something else, or its CRD does.
    Settings,
    /// Somebody asked for it, by the annotation `innkeeper.dev/reconcile-now`.
    ReconcileNow,
}

impl Cause {
    /// That an object changed.
    pub fn object(change: &Change) -> Self {
        let (what, by) = told(change);
        Self::Object { what, by }
    }

    /// That we changed an object so that its guest is shown something else.
    pub fn ours() -> Self {
        Self::Object { what: What::Changed, by: Some(HOST_MANAGER.to_owned()) }
    }

    /// That a child changed.
    pub fn child(key: &Key, change: &Change) -> Self {
        let (what, by) = told(change);
        Self::Child { key: key.clone(), what, by }
    }

    /// That something read changed.
    pub fn read(key: &Key, change: &Change) -> Self {
        let (what, by) = told(change);
        Self::Read { key: key.clone(), what, by }
    }

    /// That something changed to which it contributes.
    pub fn target(key: &Key, change: &Change) -> Self {
        let (what, by) = told(change);
        Self::Target { key: key.clone(), what, by }
    }

    /// Whether that field manager made a child what it is.
    pub fn is_child_by(&self, manager: &str) -> bool {
        matches!(self, Self::Child { by: Some(by), .. } if by == manager)
    }

    /// Whether the guest must be called for it even if nothing that it was shown has changed (promise G07).
    pub fn insists(&self) -> bool {
        matches!(self, Self::Time(Due::Requeue | Due::Retry | Due::Resync) | Self::ReconcileNow)
    }
}

fn told(change: &Change) -> (What, Option<String>) {
    let Some(after) = &change.after else { return (What::Deleted, None) };
    let what = if change.before.is_some() { What::Changed } else { What::Created };
    let before = change.before.as_ref().map(|o| &*o.meta.managed_fields);
    (what, author(before.unwrap_or_default(), &after.meta.managed_fields).map(str::to_owned))
}

impl fmt::Display for Cause {
    /// Such as `ConfigMap shop/web changed by kubectl-edit`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut done = |which: &dyn fmt::Display, what: What, by: &Option<String>| {
            let what = match what {
                What::Created => "was created",
                What::Changed => "changed",
                What::Deleted => "was deleted",
            };
            write!(f, "{which} {what}")?;
            by.as_ref().map_or(Ok(()), |by| write!(f, " by {by}"))
        };
        match self {
            Self::Object { what, by } => done(&"the object", *what, by),
            Self::Child { key, what, by } => done(&format_args!("its child {key}"), *what, by),
            Self::Target { key, what, by } => done(&format_args!("{key}, to which it contributes,"), *what, by),
            Self::Read { key, what, by } => done(&format_args!("{key}, which its guest read,"), *what, by),
            Self::Kind(kind) => write!(f, "whether {kind} is served changed"),
            Self::Time(due) => f.write_str(match due {
                Due::Requeue => "its guest asked to be called again by now",
                Due::Clock => "a moment came that its guest had asked about",
                Due::Retry => "its guest failed and said when to try again",
                Due::Recheck => "something that it waits for is looked at again",
                Due::BackOff => "it failed, and its back-off is over",
                Due::Resync => "everything is looked at from time to time",
                Due::Word => "its status was left for after the children of others",
            }),
            Self::Start => f.write_str("the controller of its kind started"),
            Self::Module(Some(digest)) => write!(f, "another module decides: {digest}"),
            Self::Module(None) => f.write_str("no module decides any more"),
            Self::Settings => f.write_str("the Reconciler of its kind changed, or its CRD"),
            Self::ReconcileNow => f.write_str("somebody asked for it by its annotation"),
        }
    }
}

/// Why one reconcile happened: the first few different causes, each with how often it came, and how many
/// more there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causes {
    named: Vec<(Cause, u32)>,
    more: u32,
    insists: bool,
}

impl Causes {
    /// One more.
    pub fn add(&mut self, cause: Cause) {
        self.insists |= cause.insists();
        if let Some((_, count)) = self.named.iter_mut().find(|(known, _)| *known == cause) {
            *count = count.saturating_add(1);
        } else if self.named.len() < NAMED {
            self.named.push((cause, 1));
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Others that came later.
    pub fn join(&mut self, later: Self) {
        self.insists |= later.insists;
        self.more = self.more.saturating_add(later.more);
        for (cause, count) in later.named {
            if let Some((_, known)) = self.named.iter_mut().find(|(known, _)| *known == cause) {
                *known = known.saturating_add(count);
            } else if self.named.len() < NAMED {
                self.named.push((cause, count));
            } else {
                self.more = self.more.saturating_add(count);
            }
        }
    }

    /// Those that are named, each with how often it came.
    pub fn named(&self) -> &[(Cause, u32)] {
        &self.named
    }

    /// How many came beside them.
    pub fn more(&self) -> u32 {
        self.more
    }

    /// Whether the guest must be called even if nothing that it was shown has changed. It counts all causes,
    /// not only those that are named.
    pub fn insist(&self) -> bool {
        self.insists
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

impl From<Cause> for Causes {
    fn from(cause: Cause) -> Self {
        let mut causes = Self::default();
        causes.add(cause);
        causes
    }
}

impl fmt::Display for Causes {
    /// Such as `the object changed by kubectl-edit; its child ConfigMap shop/web changed by hpa (3 times)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (cause, count)) in self.named.iter().enumerate() {
            let gap = if n > 0 { "; " } else { "" };
            match count {
                1 => write!(f, "{gap}{cause}")?,
                times => write!(f, "{gap}{cause} ({times} times)")?,
            }
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}
