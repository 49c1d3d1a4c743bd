//! Watches: a list first, then every change, in the order in which it happened.

use std::sync::Arc;

use innkeeper_core::names::OBJECT_UID;
use innkeeper_core::object::Object;
use innkeeper_core::store::Event;
use innkeeper_core::watch::{Form, Selection, Watch};
use serde_json::Value;

use super::Server;

impl Server {
    /// Begins a watch.
    pub fn watch(&mut self, number: u64, watch: Watch) {
        self.events.push_back((number, Event::Begin));
        let seen: Vec<Event> =
            self.objects.values().filter(|o| selected(&watch, o)).map(|o| Event::Seen(shown(&watch, o))).collect();
        self.events.extend(seen.into_iter().map(|event| (number, event)));
        self.events.push_back((number, Event::Listed));
        self.watches.push((number, watch));
    }

    /// Ends a watch.
    pub fn unwatch(&mut self, number: u64) {
        self.watches.retain(|(known, _)| *known != number);
    }

    /// Whoever watched has ended.
    pub fn forget_watches(&mut self) {
        self.watches.clear();
        self.events.clear();
    }

    /// What the watches tell next.
    pub fn next_event(&mut self) -> Option<(u64, Event)> {
        self.events.pop_front()
    }

    /// An object was written, or (`after` none) removed.
    pub(super) fn tell(&mut self, before: Option<&Value>, after: Option<&Value>) {
        for (number, watch) in &self.watches {
            let was = before.filter(|before| selected(watch, before));
            let event = match (was, after.filter(|after| selected(watch, after))) {
                (_, Some(after)) => Event::Seen(shown(watch, after)),
                // As it was last; with the version of its going, where it still is there.
                (Some(before), None) => Event::Gone(shown(watch, after.unwrap_or(before))),
                (None, None) => continue,
            };
            self.events.push_back((*number, event));
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
