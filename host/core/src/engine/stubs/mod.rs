//! Names that are known to be free without a look: where many names of one kind are claimed, the names of the
//! whole kind are watched for a while, instead of looking at each.
//!
//! Guarantees: a name is called free only by a watch that works, has been listed, shows what we created there
//! ourselves within moments, and shows nothing of that name. A name that we wrote to since the watch began, or
//! whose claim was then in flight, is always looked at live: the children of a kind share one field manager, so
//! the API server would let a second object take what the first has just created.
//!
//! Caveat: a watch lags, as an answer on its way does. What a stranger creates in that moment is met by the claim
//! (200 or 409 where 201 was expected) and withdrawn from, as after a look.

mod names;
mod stub;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::{Engine, Output, Owner};
use crate::action::{Action, Done};
use crate::kind::{GroupKind, Key};
use crate::object::Object;
use crate::resource::{Address, Resource};
use crate::store::{Event, number};
use crate::watch::Watch;
use names::Names;
use stub::{MOST_HELD, Room, Stub, USE_MS, Watched};

/// How long a look waits for the first list, in milliseconds.
const PATIENCE_MS: u64 = 5_000;
/// A kind whose names were of no use is not watched again for so long, in milliseconds.
const AGAIN_MS: u64 = 600_000;

/// The names of kinds, where they are watched.
#[derive(Debug, Default)]
pub(super) struct Stubs {
    of: BTreeMap<GroupKind, Stub>,
}

impl Stubs {
    /// A request is sent.
    pub(super) fn asked(&mut self, action: &Action) {
        if let Action::Apply { at, .. } = action {
            self.wrote(&at.resource.kind.group_kind(), at.namespace.clone(), at.name.clone());
        }
    }

    /// We write to that name, or may have done so.
    fn wrote(&mut self, kind: &GroupKind, namespace: Option<String>, name: String) {
        if let Some(watched) = self.of.get_mut(kind).and_then(|stub| stub.watched.as_mut()) {
            watched.written.insert((namespace, name));
        }
    }

    /// We created that object.
    fn created(&mut self, object: &Object, now_ms: u64) {
        let kind = object.key.kind.group_kind();
        let Some(watched) = self.of.get_mut(&kind).and_then(|stub| stub.watched.as_mut()) else { return };
        let version = number(&object.meta.resource_version);
        if !watched.names.have_seen(version) {
            watched.unseen.get_or_insert((version, now_ms));
        }
    }

    /// A name was found taken.
    fn taken(&mut self, kind: &GroupKind) {
        self.of.entry(kind.clone()).and_modify(|stub| stub.looks = stub.looks.saturating_sub(1));
    }

    /// When time alone makes a difference.
    pub(super) fn next_wake(&self) -> Option<u64> {
        let due = |stub: &Stub| {
            let watched = stub.watched.as_ref()?;
            let ends = stub.last_ms.max(watched.began_ms) + USE_MS + 1;
            let patience = (!watched.waiting.is_empty()).then_some(watched.began_ms + PATIENCE_MS + 1);
            Some(patience.map_or(ends, |patience| ends.min(patience)))
        };
        self.of.values().filter_map(due).min()
    }
}

impl Engine {
    /// A step looks whether a name is free. The answer comes from the watch of names, or a look is sent, or it
    /// waits a moment for the first list. Gives the action's id.
    pub(super) fn look_for_room(&mut self, object: &Key, id: u32, at: Address) -> u64 {
        self.next_id += 1;
        let action = self.next_id;
        self.actions.insert(action, Owner::Step(object.clone(), id));
        self.watch_names(&at.resource);
        self.find_room(action, object.clone(), at);
        action
    }

    fn find_room(&mut self, action: u64, object: Key, at: Address) {
        let stub = self.stubs.of.entry(at.resource.kind.group_kind()).or_default();
        let works = stub.watched.as_ref().is_some_and(|w| self.troubles.of_watch(&w.watch).is_none());
        let name = (at.namespace.clone(), at.name.clone());
        match (stub.room(&name, self.now.mono_ms, works), &mut stub.watched) {
            (Room::Free, _) => self.known.push((action, Done::NotFound("nothing has that name".into()))),
            (Room::Soon, Some(watched)) => watched.waiting.push((action, object, at)),
            _ => self.out.push(Output::Act { id: action, object, action: Action::Look(at) }),
        }
    }

    /// Begins to watch the names of a kind, if many are looked for. A kind of which every object is watched
    /// already has no second watch.
    fn watch_names(&mut self, resource: &Arc<Resource>) {
        let now_ms = self.now.mono_ms;
        let stub = self.stubs.of.entry(resource.kind.group_kind()).or_default();
        let watch = Watch::metadata(resource.clone());
        if !stub.gets_busy(now_ms) || self.stores.get(&watch).is_some() {
            return;
        }
        self.next_id += 1;
        self.out.push(Output::Watch(self.next_id, watch.clone()));
        stub.watched = Some(Watched {
            number: self.next_id,
            watch,
            names: Names::default(),
            began_ms: now_ms,
            used: false,
            written: HashSet::new(),
            unseen: None,
            waiting: Vec::new(),
        });
    }

    /// An action was answered, which may have held a name.
    pub(super) fn names_answered(&mut self, action: u64, done: &Done) {
        if let Some((kind, namespace, name)) = self.claims.name_of(action).cloned() {
            if matches!(done, Done::Object { created: false, .. }) {
                self.stubs.taken(&kind);
            }
            self.stubs.wrote(&kind, namespace, name);
        }
        if let Done::Object { object, created: true } = done {
            self.stubs.created(object, self.now.mono_ms);
        }
    }

    /// A watch of names tells something. Says whether it is one.
    pub(super) fn names_told(&mut self, number: u64, event: &Event) -> bool {
        let mut all = self.stubs.of.values_mut().filter_map(|stub| stub.watched.as_mut());
        let Some(watched) = all.find(|watched| watched.number == number) else { return false };
        watched.names.take(event);
        if watched.unseen.is_some_and(|(version, _)| watched.names.have_seen(version)) {
            watched.unseen = None;
        }
        true
    }

    /// Ends watches of names that are over, and lets go on what has waited for a list, or for too long.
    pub(super) fn tend_names(&mut self) {
        let now_ms = self.now.mono_ms;
        let mut over = Vec::new();
        for stub in self.stubs.of.values_mut() {
            let ended = if stub.is_over(now_ms) { stub.watched.take() } else { None };
            if let Some(watched) = ended {
                self.out.push(Output::Unwatch(watched.number));
                let useful = watched.used && watched.names.len() <= MOST_HELD;
                stub.looks = 0;
                stub.not_before_ms = if useful { 0 } else { now_ms + AGAIN_MS };
                over.extend(watched.waiting);
            } else if let Some(watched) = &mut stub.watched {
                let works = self.troubles.of_watch(&watched.watch).is_none();
                if watched.names.are_filled() || !works || now_ms > watched.began_ms + PATIENCE_MS {
                    over.append(&mut watched.waiting);
                }
            }
        }
        // Those that waited for too long ask for themselves.
        for (action, object, at) in over {
            let stub = self.stubs.of.get(&at.resource.kind.group_kind());
            let filled = stub.and_then(|s| s.watched.as_ref()).is_some_and(|w| w.names.are_filled());
            match filled {
                true => self.find_room(action, object, at),
                false => self.out.push(Output::Act { id: action, object, action: Action::Look(at) }),
            }
        }
    }
}
