//! Our own writes to the objects that we keep, as the watch tells of them: no reason to look again.
//!
//! Such an event is known by its resourceVersion, and it may come before the write is answered. So what is
//! told of an object in work is kept until the work ends; what no write of ours accounts for by then was
//! somebody else's doing.

use std::collections::HashMap;

use crate::cause::Cause;
use crate::kind::Key;
use crate::store::{Change, number};

/// What a change of an object that we keep comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// A reason to look at the object: somebody else changed it.
    News,
    /// A reason to look at the object, by our own write: its guest is shown something else now.
    Ours,
    /// Our own write, of nothing that its guest is shown.
    Echo,
    /// One or the other: the work on the object will tell.
    Open,
}

/// Versions of the objects that we keep, which we made and the watch has not told of, or the other way round.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    wrote: HashMap<Key, Vec<u64>>,
    open: HashMap<Key, Vec<(u64, Cause)>>,
}

impl Echoes {
    /// A write of ours made that version of an object.
    pub(super) fn wrote(&mut self, object: &Key, version: &str) {
        let version = number(version);
        if let Some(open) = self.open.get_mut(object)
            && let Some(at) = open.iter().position(|(told, _)| *told == version)
        {
            open.swap_remove(at);
            return;
        }
        self.wrote.entry(object.clone()).or_default().push(version);
    }

    /// The watch tells that an object changed.
    pub(super) fn told(&mut self, object: &Key, change: &Change, in_work: bool) -> Told {
        let version = change.after.as_ref().map_or(u64::MAX, |o| number(&o.meta.resource_version));
        let wrote = self.wrote.get_mut(object);
        let ours = wrote.as_ref().is_some_and(|wrote| wrote.contains(&version));
        if let Some(wrote) = wrote {
            wrote.retain(|wrote| *wrote > version);
            if wrote.is_empty() {
                self.wrote.remove(object);
            }
        }
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return Told::News };
        if !(ours || in_work) || before.shown_print() != after.shown_print() {
            return if ours { Told::Ours } else { Told::News };
        }
        if ours {
            return Told::Echo;
        }
        self.open.entry(object.clone()).or_default().push((version, Cause::object(change)));
        Told::Open
    }

    /// The work on an object ended. What was told meanwhile that was not our doing.
    pub(super) fn ended(&mut self, object: &Key) -> Vec<Cause> {
        let open = self.open.remove(object).unwrap_or_default();
        open.into_iter().map(|(_, cause)| cause).collect()
    }

    /// Forgets an object that is gone.
    pub(super) fn gone(&mut self, object: &Key) {
        self.wrote.remove(object);
        self.open.remove(object);
    }

    /// Forgets objects: their kind is no longer kept.
    pub(super) fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        self.wrote.retain(|key, _| !which(key));
        self.open.retain(|key, _| !which(key));
    }
}
