//! Our own writes to the objects that we keep, as the watch tells of them: no reason to look again.
//!
//! Such an event is known by its resourceVersion, and it may come before the write is answered. So what is
//! told of an object in work is kept until the work ends; what no write of ours accounts for by then was
//! somebody else's doing.

use foldhash::HashMap;

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::object::Object;

    fn object(kind: &str, version: u64) -> Arc<Object> {
        let metadata = json!({"name": "x", "namespace": "a", "uid": "1", "resourceVersion": version.to_string()});
        let whole = json!({"apiVersion": "example.com/v1", "kind": kind, "metadata": metadata});
        Arc::new(Object::parse(&whole.to_string(), None).expect("an object"))
    }

    fn change(kind: &str, version: u64) -> Change {
        Change { before: Some(object(kind, version - 1)), after: Some(object(kind, version)) }
    }

    #[test]
    fn every_write_of_ours_is_known_when_it_is_told() {
        let (mut echoes, key) = (Echoes::default(), object("Inn", 1).key.clone());
        for version in [5, 7, 9] {
            echoes.wrote(&key, &version.to_string());
        }
        assert_eq!(echoes.told(&key, &change("Inn", 5), false), Told::Echo);
        assert_eq!(echoes.told(&key, &change("Inn", 6), false), Told::News);
        assert_eq!(echoes.told(&key, &change("Inn", 7), false), Told::Echo);
        assert_eq!(echoes.told(&key, &change("Inn", 9), false), Told::Echo);
        assert!(echoes.wrote.is_empty());
    }

    #[test]
    fn a_kind_that_is_no_longer_kept_is_forgotten_and_no_other() {
        let mut echoes = Echoes::default();
        let keys = ["Inn", "Tower"].map(|kind| object(kind, 1).key.clone());
        for key in &keys {
            echoes.wrote(key, "5");
            assert_eq!(echoes.told(key, &change(&key.kind.kind, 3), true), Told::Open);
        }
        echoes.forget(|key| key.kind.kind == "Inn");
        assert_eq!((echoes.wrote.len(), echoes.open.len()), (1, 1));
        assert_eq!(echoes.told(&keys[1], &change("Tower", 5), false), Told::Echo);
        assert_eq!(echoes.ended(&keys[1]).len(), 1);
        echoes.wrote(&keys[1], "6");
        assert_eq!(echoes.told(&keys[1], &change("Tower", 4), true), Told::Open);
        echoes.gone(&keys[1]);
        assert!(echoes.wrote.is_empty() && echoes.open.is_empty());
    }
}
