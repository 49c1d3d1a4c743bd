//! Reads as inputs: what calls looked at is noted, what they lack is watched, and what changes wakes whom it
//! concerns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;

use super::{Engine, Output};
use crate::cause::{self, Cause};
use crate::kind::{Key, Kind};
use crate::picture::{Picture, Sight};
use crate::print::Print;
use crate::query::Query;
use crate::queue::Urgency;
use crate::store::Change;
use crate::watch::{Form, Selection, Watch};
use crate::world::{self, Read};

impl Engine {
    /// What can be seen now.
    pub(super) fn picture(&self) -> Picture {
        let (catalog, shelves) = (self.catalog.clone(), self.stores.shelves());
        let mut picture = Picture { catalog, shelves, unseen: BTreeMap::new() };
        for (kind, form) in self.readers.kinds() {
            if let Some(why) = self.lasting_trouble(kind, form) {
                picture.unseen.insert(kind.clone(), why);
            }
        }
        picture
    }

    /// Why a kind that is read cannot be seen and will not be soon.
    fn lasting_trouble(&self, kind: &Kind, form: Option<Form>) -> Option<String> {
        let trouble = match (self.catalog.resource(kind), form) {
            (Some(resource), Some(form)) => {
                self.troubles.of_watch(&Watch { resource, selection: Selection::All, form })
            }
            (Some(_), None) => None,
            (None, _) => self.troubles.of_kind(&kind.group_kind()).filter(|_| self.catalog.is_unknown(kind)),
        };
        trouble.filter(|trouble| trouble.lasts(self.now.mono_ms)).map(|trouble| trouble.why().to_owned())
    }

    /// The watches that reads need.
    pub(super) fn read_needs(&self) -> Vec<Watch> {
        let needs = self.readers.kinds().filter_map(|(kind, form)| {
            Some(Watch { resource: self.catalog.resource(kind)?, selection: Selection::All, form: form? })
        });
        needs.collect()
    }

    /// The kinds that are read, or were lacked, and cannot be looked at yet: a call would only lack them again.
    pub(super) fn unready_kinds(&self) -> BTreeSet<Kind> {
        let is_unready = |kind: &Kind, form: Option<Form>| {
            let seen = match self.catalog.resource(kind) {
                Some(resource) => form.is_none_or(|form| {
                    self.stores.filled(&Watch { resource, selection: Selection::All, form }).is_some()
                }),
                None => !self.catalog.is_unknown(kind),
            };
            !seen && self.lasting_trouble(kind, form).is_none()
        };
        self.readers.kinds().filter(|(kind, form)| is_unready(kind, *form)).map(|(kind, _)| kind.clone()).collect()
    }

    /// Notes what a call looked at. `seen` is the picture that it was given: what changed since counts.
    pub(super) fn note_reads(
        &mut self,
        object: &Key,
        reads: &[Read],
        lacks: Option<(Kind, Option<Form>)>,
        seen: &Picture,
    ) {
        let mut looked: HashMap<Arc<Query>, Print> = HashMap::default();
        for read in reads {
            if let Read::Looked { query, answer } = read {
                looked.entry(query.clone()).or_insert(*answer);
            }
        }
        let stale: BTreeSet<Key> = looked
            .iter()
            .filter(|(query, answer)| self.answers_otherwise(query, **answer, Some(seen)))
            .map(|(query, _)| query.key())
            .collect();
        self.readers.note(object, looked, lacks);
        self.demand_reads();
        for key in stale {
            self.mark_stale(object, Urgency::Fresh, Cause::Read { key, what: cause::What::Changed, by: None });
        }
    }

    /// Forgets what an object read that is gone.
    pub(super) fn forget_reads_of(&mut self, object: &Key) {
        self.readers.forget_one(object);
        self.demand_reads();
    }

    /// Forgets what objects read that are no longer kept.
    pub(super) fn forget_reads(&mut self, which: impl Fn(&Key) -> bool) {
        self.readers.forget(which);
        self.demand_reads();
    }

    /// Whether a query would be answered otherwise now. Where nothing of the kind changed since `seen`, it is
    /// not asked again.
    fn answers_otherwise(&self, query: &Query, answer: Print, seen: Option<&Picture>) -> bool {
        let now = self.catalog.resource(&query.kind).and_then(|r| self.stores.shelf(&r));
        let then = seen.map(|seen| seen.sight(&query.kind));
        match (now, then) {
            (Some((_, shelf)), Some(Sight::Shown(_, _, old))) if old.is_same(shelf) => false,
            (Some((form, shelf)), _) if form >= query.form() => world::answered(query, shelf) != answer,
            (None, _) => answer != world::NOT_SERVED,
            _ => true,
        }
    }

    /// Whether what an object read would be answered as before. Asked only where something concerned it.
    pub(super) fn reads_are_unchanged(&mut self, object: &Key) -> bool {
        let Some(record) = self.readers.of(object) else { return true };
        if record.lacks.is_some() || !record.stale {
            return record.lacks.is_none();
        }
        let looked = record.looked.clone();
        let same = !looked.iter().any(|(query, answer)| self.answers_otherwise(query, *answer, None));
        if let Some(record) = self.readers.of(object) {
            record.stale = !same;
        }
        same
    }

    /// A change wakes those whose answers it alters. `first`: it is part of a first list.
    pub(super) fn wake_readers(&mut self, kind: &Kind, change: &Change, urgency: Urgency, first: bool) {
        let Some(object) = change.after.as_ref().or(change.before.as_ref()) else { return };
        for reader in self.readers.concerned(kind, change) {
            let cause = if first { Cause::Kind(kind.group_kind()) } else { Cause::read(&object.key, change) };
            self.mark_stale(&reader, urgency, cause);
        }
    }

    /// A kind came or went: that is a change for everybody who reads it.
    fn wake_all_readers(&mut self, kind: &Kind) {
        for reader in self.readers.all_of(kind) {
            self.mark_stale(&reader, Urgency::Fresh, Cause::Kind(kind.group_kind()));
        }
    }

    fn mark_stale(&mut self, reader: &Key, urgency: Urgency, cause: Cause) {
        if let Some(record) = self.readers.of(reader) {
            record.stale = true;
        }
        self.queue.wake(reader, urgency, cause);
    }

    /// Watches what reads need, where that is another thing than before.
    pub(super) fn demand_reads(&mut self) {
        if self.readers.take_needs_changed() {
            self.ask_about_reads();
            self.demand_watches();
        }
    }

    /// Asks where kinds are served that are read and that nobody has heard of yet.
    pub(super) fn ask_about_reads(&mut self) {
        let unknown = self.readers.kinds().map(|(kind, _)| kind).filter(|kind| self.catalog.is_unknown(kind));
        for kind in unknown.cloned().collect::<Vec<_>>() {
            if !self.resolving.contains_key(&kind) {
                self.resolving.entry(kind.clone()).or_default();
                self.out.push(Output::Resolve(kind));
            }
        }
    }

    /// Keeps the indexes that queries go by. A kind that came or went since the last time is a change for
    /// everybody who reads it.
    pub(super) fn look_at_read_kinds(&mut self) {
        let kinds: Vec<Kind> = self.readers.kinds().map(|(kind, _)| kind.clone()).collect();
        self.read_kinds.retain(|kind, _| kinds.contains(kind));
        for kind in kinds {
            let resource = self.catalog.resource(&kind);
            if let Some(resource) = &resource {
                self.stores.index(resource, &self.readers.lookups(&kind));
            }
            let before = self.read_kinds.insert(kind.clone(), resource.clone());
            if before.is_some_and(|before| before != resource) {
                self.wake_all_readers(&kind);
            }
        }
    }
}
