//! One kind: how much its names are looked for, and its watch of names while there is one.

use std::collections::HashSet;

use super::names::Names;
use crate::kind::Key;
use crate::resource::Address;
use crate::store::Name;
use crate::watch::Watch;

/// So many looks for room among the names of one kind are made before its names are watched.
const LOOKS: usize = 16;
/// A kind with more objects than this is not watched for its names: looks are cheaper.
const MOST_LISTED: usize = 5_000;
/// Names are forgotten when there are more than this.
pub(super) const MOST_HELD: usize = 50_000;
/// Names are watched until for so long none was found free, in milliseconds.
pub(super) const USE_MS: u64 = 30_000;
/// A watch that has not shown our own creation after so long is not believed, in milliseconds.
const LAG_MS: u64 = 2_000;

/// What is known of one kind's names.
#[derive(Debug, Default)]
pub(super) struct Stub {
    /// Looks for room that did not find the name taken, since the last pause.
    pub(super) looks: usize,
    /// When it was of use last, or the last of these looks was.
    pub(super) last_ms: u64,
    /// Not to be watched before.
    pub(super) not_before_ms: u64,
    pub(super) watched: Option<Watched>,
}

/// A watch of names.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) number: u64,
    pub(super) watch: Watch,
    pub(super) names: Names,
    pub(super) began_ms: u64,
    /// Whether a name was found free by it.
    pub(super) used: bool,
    /// Names that we wrote to since it began.
    pub(super) written: HashSet<Name>,
    /// The oldest of our creations that it has not shown, and when that was answered.
    pub(super) unseen: Option<(u64, u64)>,
    /// Looks that wait for the first list.
    pub(super) waiting: Vec<(u64, Key, Address)>,
}

/// What is known of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Nothing has it.
    Free,
    /// It must be looked at.
    Unknown,
    /// It will be known in a moment.
    Soon,
}

impl Stub {
    /// What is known of a name; `works` says whether nothing is wrong with the watch.
    pub(super) fn room(&mut self, name: &Name, now_ms: u64, works: bool) -> Room {
        let Some(watched) = &mut self.watched else { return Room::Unknown };
        if !works {
            return Room::Unknown;
        }
        if !watched.names.are_filled() {
            return Room::Soon;
        }
        let lags = watched.unseen.is_some_and(|(_, since)| now_ms > since + LAG_MS);
        if lags || !watched.names.are_current() || watched.names.has(name) || watched.written.contains(name) {
            return Room::Unknown;
        }
        (watched.used, self.last_ms) = (true, now_ms);
        Room::Free
    }

    /// One more look for room: whether its names are worth watching from now on.
    pub(super) fn gets_busy(&mut self, now_ms: u64) -> bool {
        if self.watched.is_some() {
            return false;
        }
        if now_ms > self.last_ms + USE_MS {
            self.looks = 0;
        }
        (self.looks, self.last_ms) = (self.looks + 1, now_ms);
        self.looks > LOOKS && now_ms >= self.not_before_ms
    }

    /// Whether its watch should end: it is too large, or so is what we wrote to meanwhile (names that come and go are
    /// not in it any more), or nobody has needed it for a while.
    pub(super) fn is_over(&self, now_ms: u64) -> bool {
        self.watched.as_ref().is_some_and(|watched| {
            let (most, written) = match watched.names.are_filled() {
                true => (MOST_HELD, watched.written.len()),
                false => (MOST_LISTED, 0),
            };
            watched.names.len().max(written) > most || now_ms > self.last_ms.max(watched.began_ms) + USE_MS
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;
    use crate::kind::Kind;
    use crate::resource::Resource;
    use crate::store::Event;

    /// A watch of names that has been listed, and nothing is there.
    fn filled() -> Stub {
        let kind = Kind::new("", "v1", "ConfigMap");
        let resource = Arc::new(Resource { kind, plural: "configmaps".into(), namespaced: true });
        let mut names = Names::default();
        names.take(&Event::Begin);
        names.take(&Event::Listed);
        let watched = Watched {
            number: 1,
            watch: Watch::metadata(resource),
            names,
            began_ms: 0,
            used: true,
            written: HashSet::new(),
            unseen: None,
            waiting: Vec::new(),
        };
        Stub { watched: Some(watched), ..Stub::default() }
    }

    #[test]
    fn a_watch_under_which_names_come_and_go_for_ever_ends_before_it_remembers_too_many() {
        let mut stub = filled();
        let mut write = |n: usize| {
            let written = stub.watched.as_mut().map(|w| w.written.insert((None, format!("job-{n}"))));
            (written, stub.is_over(0)).1
        };
        assert!((0..MOST_HELD).all(|n| !write(n)));
        assert!(write(MOST_HELD));
    }
}
