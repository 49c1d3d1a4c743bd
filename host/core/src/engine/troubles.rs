//! What does not work outside: watches that cannot be listed or kept, kinds that discovery says nothing of.
//! Most of it passes; what lasts is not waited for.

use std::collections::BTreeMap;

use crate::kind::GroupKind;
use crate::watch::Watch;

/// How long a trouble is waited out before a controller starts, or a step ends, without what it lacks, in
/// milliseconds.
const PATIENCE_MS: u64 = 10_000;

/// Something that does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    since_ms: u64,
    why: String,
}

impl Trouble {
    /// Why, for people.
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// Whether it has lasted for so long that nobody should wait for its end.
    pub(super) fn lasts(&self, now_ms: u64) -> bool {
        now_ms >= self.since_ms + PATIENCE_MS
    }
}

/// What does not work at present.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    watches: BTreeMap<Watch, Trouble>,
    discovery: BTreeMap<GroupKind, Trouble>,
}

impl Troubles {
    /// The watches that fail at present, and why; all others work.
    pub(super) fn set_watches(&mut self, now_ms: u64, failing: BTreeMap<Watch, String>) {
        let before = std::mem::take(&mut self.watches);
        let now = |(watch, why): (Watch, String)| {
            let trouble = continued(before.get(&watch), now_ms, &why);
            (watch, trouble)
        };
        self.watches = failing.into_iter().map(now).collect();
    }

    /// Discovery answered about a kind, or failed to.
    pub(super) fn set_discovery(&mut self, now_ms: u64, kind: &GroupKind, failed: Option<&str>) {
        match failed {
            None => drop(self.discovery.remove(kind)),
            Some(why) => {
                let trouble = continued(self.discovery.get(kind), now_ms, why);
                self.discovery.insert(kind.clone(), trouble);
            }
        }
    }

    /// Why the watch that should answer a need fails, if it does.
    pub(super) fn of_watch(&self, need: &Watch) -> Option<&Trouble> {
        self.watches.iter().find(|(watch, _)| watch.covers(need)).map(|(_, trouble)| trouble)
    }

    /// Why it cannot be found out where a kind is served.
    pub(super) fn of_kind(&self, kind: &GroupKind) -> Option<&Trouble> {
        self.discovery.get(kind)
    }

    /// Whether anything does not work.
    pub(super) fn any(&self) -> bool {
        !self.watches.is_empty() || !self.discovery.is_empty()
    }

    /// When a trouble begins to last, if one does after `now_ms`.
    pub(super) fn next_lasting_ms(&self, now_ms: u64) -> Option<u64> {
        let all = self.watches.values().chain(self.discovery.values());
        all.map(|trouble| trouble.since_ms + PATIENCE_MS).filter(|at| *at > now_ms).min()
    }
}

/// A trouble as it is now. What has been shown to people keeps its words, however often they change.
fn continued(before: Option<&Trouble>, now_ms: u64, why: &str) -> Trouble {
    match before {
        Some(before) if before.lasts(now_ms) => before.clone(),
        before => Trouble { since_ms: before.map_or(now_ms, |b| b.since_ms), why: why.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_counts_from_its_beginning_and_keeps_its_words() {
        let mut troubles = Troubles::default();
        let kind = GroupKind { group: "".into(), kind: "Inn".into() };
        assert!(!troubles.any() && troubles.of_kind(&kind).is_none());
        let mut fails = |at: u64, why: &str| {
            troubles.set_discovery(at, &kind, Some(why));
            let trouble = troubles.of_kind(&kind).expect("it fails");
            (trouble.why().to_owned(), trouble.lasts(at), troubles.any())
        };
        assert_eq!(fails(100, "one"), ("one".into(), false, true));
        assert_eq!(fails(5_000, "two"), ("two".into(), false, true));
        assert_eq!(fails(10_100, "three"), ("two".into(), true, true));
        assert_eq!(fails(10_101, "four"), ("two".into(), true, true), "it was shown to people");
        assert_eq!(troubles.next_lasting_ms(10_099), Some(10_100));
        assert_eq!(troubles.next_lasting_ms(10_100), None);
        troubles.set_discovery(20_000, &kind, None);
        assert!(!troubles.any() && troubles.of_kind(&kind).is_none());
    }
}
