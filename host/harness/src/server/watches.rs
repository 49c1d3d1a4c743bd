//! Watches, as the API server serves them: from a resourceVersion on, every change in the order in which it happened,
//! bookmarks, and 410 where that version is forgotten.

use std::sync::Arc;

use innkeeper_core::names::OBJECT_UID;
use innkeeper_core::object::Object;
use innkeeper_core::watch::{Form, Selection, Watch};
use serde_json::Value;

use super::{Refused, Server};

/// How many changes are remembered for those who resume.
const REMEMBERED: usize = 10_000;

/// What a watch tells.
#[derive(Clone, Debug)]
pub enum Told {
    /// An object is there, or changed, or is among those that are watched now.
    Seen(Arc<Object>),
    /// An object is gone, or is not among those that are watched any more; as it was last.
    Gone(Arc<Object>),
    /// Everything up to this resourceVersion was told.
    Bookmark(u64),
}

/// A write: its resourceVersion, the object before and after.
#[derive(Debug)]
pub(super) struct Change {
    version: u64,
    before: Option<Value>,
    after: Option<Value>,
}

impl Server {
    /// The objects that a watch would begin with, and the resourceVersion of the list.
    pub fn listed(&self, watch: &Watch) -> (Vec<Arc<Object>>, u64) {
        let found = self.objects.values().filter(|object| selected(watch, object));
        (found.map(|object| shown(watch, object)).collect(), self.version)
    }

    /// Begins a watch under a number: what came after that resourceVersion is told, then every change.
    pub fn watch(&mut self, number: u64, watch: Watch, from: u64) -> Result<(), Refused> {
        if from < self.forgotten {
            return Err(Refused::new(410, format!("too old resource version: {from} ({})", self.forgotten)));
        }
        let missed = self.history.iter().filter(|change| change.version > from);
        let missed: Vec<Told> = missed.filter_map(|change| change.as_told(&watch)).collect();
        self.told.extend(missed.into_iter().map(|told| (number, told)));
        self.watches.push((number, watch));
        Ok(())
    }

    /// Ends a watch; what was not taken yet is lost.
    pub fn unwatch(&mut self, number: u64) {
        self.watches.retain(|(known, _)| *known != number);
        self.told.retain(|(known, _)| *known != number);
    }

    /// Every watch ends, as when connections break off.
    pub fn unwatch_all(&mut self) {
        self.watches.clear();
        self.told.clear();
    }

    /// What the watches tell next.
    pub fn next_told(&mut self) -> Option<(u64, Told)> {
        self.told.pop_front()
    }

    /// Every watch is told how far it has come, as the real server does about once a minute.
    pub fn bookmark(&mut self) {
        self.told.extend(self.watches.iter().map(|(number, _)| (*number, Told::Bookmark(self.version))));
    }

    /// What changed so far is forgotten: who resumes from here or before must list anew. (etcd is compacted, and
    /// somebody has written something since.)
    pub fn forget(&mut self) {
        self.version += 1;
        self.forgotten = self.version;
        self.history.clear();
    }

    /// An object was written, or (`after` none) removed.
    pub(super) fn tell(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let change = Change { version: self.version, before: before.cloned(), after: after.cloned() };
        for (number, watch) in &self.watches {
            self.told.extend(change.as_told(watch).map(|told| (*number, told)));
        }
        self.history.push_back(change);
        if self.history.len() > REMEMBERED
            && let Some(change) = self.history.pop_front()
        {
            self.forgotten = change.version;
        }
    }
}

impl Change {
    /// What a watch tells of it.
    fn as_told(&self, watch: &Watch) -> Option<Told> {
        let was = self.before.as_ref().filter(|before| selected(watch, before));
        match (was, self.after.as_ref().filter(|after| selected(watch, after))) {
            (_, Some(after)) => Some(Told::Seen(shown(watch, after))),
            // As it was last; with the version of its going, where it still is there.
            (Some(before), None) => Some(Told::Gone(shown(watch, self.after.as_ref().unwrap_or(before)))),
            (None, None) => None,
        }
    }
}
fn selected(watch: &Watch, object: &Value) -> bool {
    let kind = &watch.resource.kind;
    let group =
        object["apiVersion"].as_str().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
    object["kind"] == kind.kind.as_str()
        && group == kind.group
        && (watch.selection == Selection::All || object["metadata"]["labels"][OBJECT_UID].is_string())
}

/// An object as a watch of one version shows it.
fn shown(watch: &Watch, object: &Value) -> Arc<Object> {
    let mut object = object.clone();
    object["apiVersion"] = watch.resource.kind.api_version().into();
    if let (Form::Metadata, Some(map)) = (watch.form, object.as_object_mut()) {
        map.retain(|name, _| matches!(name.as_str(), "apiVersion" | "kind" | "metadata"));
    }
    parsed(&object)
}

/// An object of this server as core has it.
pub(crate) fn parsed(object: &Value) -> Arc<Object> {
    let key = || {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let kind = innkeeper_core::kind::Kind::from_api_version(
            text("/apiVersion").unwrap_or_default(),
            text("/kind").unwrap_or_default(),
        );
        let namespace = text("/metadata/namespace").map(str::to_owned);
        innkeeper_core::kind::Key::new(kind, namespace, text("/metadata/name").unwrap_or_default().to_owned())
    };
    Arc::new(Object::parse(&object.to_string(), None).unwrap_or_else(|_| Object::named(key())))
}
