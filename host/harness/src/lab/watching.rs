//! The host's watches, as `cluster` keeps them: a list first; resumed where they stood when they broke off; listed anew
//! where the API server has forgotten that place (410).

use std::collections::{BTreeMap, VecDeque};

use innkeeper_core::store::Event;
use innkeeper_core::watch::Watch;

use super::happened::Happened;
use super::{Broken, Lab};
use crate::server::{Server, Told};

/// How often an API server tells watches how far they have come, in milliseconds.
const BOOKMARKS_MS: u64 = 60_000;

/// What becomes of the host's watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Their connections break off: the host hears nothing.
    Break,
    /// They are resumed.
    Resume,
    /// The API server forgets what happened so far. Watches that are not broken off break and are resumed, which needs
    /// new lists.
    Expire,
}

/// Every watch of the host.
#[derive(Debug, Default)]
pub(super) struct Watching {
    /// Each with the resourceVersion up to which it was told; none: it was not listed yet.
    watches: BTreeMap<u64, (Watch, Option<u64>)>,
    /// Lists on their way to the host.
    lists: VecDeque<(u64, Event)>,
    broken: bool,
    bookmarked_ms: u64,
}

impl Watching {
    /// Whoever watched has ended, and somebody else begins.
    pub(super) fn anew(&mut self, server: &mut Server) {
        server.unwatch_all();
        *self = Self { bookmarked_ms: self.bookmarked_ms, ..Self::default() };
    }

    pub(super) fn begin(&mut self, number: u64, watch: Watch, server: &mut Server) {
        self.watches.insert(number, (watch, None));
        if !self.broken {
            self.connect(number, server);
        }
    }

    pub(super) fn end(&mut self, number: u64, server: &mut Server) {
        self.watches.remove(&number);
        self.lists.retain(|(known, _)| *known != number);
        server.unwatch(number);
    }

    /// Watches from where it stood, or lists. Says why it had to list anew.
    fn connect(&mut self, number: u64, server: &mut Server) -> Option<String> {
        let (watch, at) = self.watches.get_mut(&number)?;
        let expired = match at {
            Some(at) => match server.watch(number, watch.clone(), *at) {
                Ok(()) => return None,
                Err(refused) => Some(format!("{watch} has expired ({refused}); it is listed again")),
            },
            None => None,
        };
        let (objects, version) = server.listed(watch);
        let seen = objects.into_iter().map(Event::Seen);
        let list = std::iter::once(Event::Begin).chain(seen).chain([Event::Listed]);
        self.lists.extend(list.map(|event| (number, event)));
        *at = Some(version);
        let _ = server.watch(number, watch.clone(), version);
        expired
    }

    /// What the host hears next.
    pub(super) fn next(&mut self, server: &mut Server) -> Option<(u64, Event)> {
        if let Some(listed) = self.lists.pop_front() {
            return Some(listed);
        }
        loop {
            let (number, told) = server.next_told()?;
            let Some((_, at)) = self.watches.get_mut(&number) else { continue };
            let (version, event) = match told {
                Told::Bookmark(version) => (version, None),
                Told::Seen(object) => (object.meta.resource_version.parse().unwrap_or(0), Some(Event::Seen(object))),
                Told::Gone(object) => (object.meta.resource_version.parse().unwrap_or(0), Some(Event::Gone(object))),
            };
            *at = (*at).max(Some(version));
            if let Some(event) = event {
                return Some((number, event));
            }
        }
    }

    /// Bookmarks come from time to time.
    pub(super) fn pass(&mut self, now_ms: u64, server: &mut Server) {
        if now_ms.saturating_sub(self.bookmarked_ms) >= BOOKMARKS_MS {
            self.bookmarked_ms = now_ms;
            server.bookmark();
        }
    }
}

impl Lab {
    /// Something becomes of the host's watches.
    pub fn watches(&mut self, link: Link) -> Result<(), Broken> {
        let what = match link {
            Link::Break => "the host's watches break off",
            Link::Resume => "the host's watches are resumed",
            Link::Expire => "the API server forgets what happened so far",
        };
        self.happened.push(Happened::Deed(what.to_owned()));
        let was_broken = self.watching.broken;
        if link != Link::Resume {
            self.watching.broken = true;
            self.watching.lists.clear();
            self.server.unwatch_all();
        }
        if link == Link::Expire {
            self.server.forget();
        }
        if link == Link::Resume || (link == Link::Expire && !was_broken) {
            self.resume();
        }
        self.pass(super::deeds::DEED_MS)
    }

    fn resume(&mut self) {
        if !std::mem::take(&mut self.watching.broken) {
            return;
        }
        let numbers: Vec<u64> = self.watching.watches.keys().copied().collect();
        for number in numbers {
            if let Some(expired) = self.watching.connect(number, &mut self.server) {
                self.happened.push(Happened::Watch(expired));
            }
        }
    }
}
