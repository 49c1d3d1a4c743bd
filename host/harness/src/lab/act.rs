//! The requests of the host, answered by the simulated API server.

use innkeeper_core::action::{Action, Done};
use innkeeper_core::contract::{Event, EventType};
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::names::HOST_MANAGER;
use innkeeper_core::object::{Object, digest};
use innkeeper_core::resource::Address;
use serde_json::{Value, json};

use super::Lab;
use super::happened::{Came, Happened};
use crate::server::{How, Propagation, Refused, parsed};

impl Lab {
    /// Carries out one action, as `cluster` does with one request.
    pub(super) fn act(&mut self, action: &Action) -> Done {
        let version = self.server.version();
        let done = self.done(action);
        let changed = self.server.version() != version;
        let came = match &done {
            Done::Object { created: true, .. } => Came::Created,
            Done::Object { .. } | Done::Accepted if changed => Came::Changed,
            Done::Object { .. } | Done::Accepted => Came::Unchanged,
            Done::Invalid(refusal) => Came::Refused(refusal.message.clone()),
            Done::NotFound(_) => Came::Absent,
            Done::Conflict(why) | Done::Forbidden(why) | Done::Unknown(why) | Done::Throttled { message: why, .. } => {
                Came::Refused(why.clone())
            }
        };
        let said = if let Action::Event { event, .. } = action {
            format!("{}: {}", event.reason, event.message)
        } else {
            String::new()
        };
        self.happened.push(Happened::Request { verb: action.verb(), key: action.key(), came, said });
        done
    }

    fn done(&mut self, action: &Action) -> Done {
        let object = |result: Result<(Value, bool), Refused>| match result {
            Ok((object, created)) => Done::Object { object: parsed(&object), created },
            Err(refused) => refused.done(),
        };
        match action {
            Action::Look(at) => match self.server.get(at) {
                Some(found) => Done::Object { object: parsed(&found), created: false },
                None => Refused::not_found(&at.resource.plural, &at.name).done(),
            },
            Action::Apply { at, manager, manifest, force } => {
                object(self.server.apply(at, manifest, *force, &How::by(manager)))
            }
            Action::Patch { at, manager, operations } => {
                let patched = self.server.patch(at, operations, &How::by(manager).lenient());
                object(patched.map(|object| (object, false)))
            }
            Action::Merge { at, status, patch } => {
                let how = How { status: *status, ..How::by(HOST_MANAGER).lenient() };
                object(self.server.merge(at, patch, &how).map(|object| (object, false)))
            }
            Action::Create { at, manifest } => {
                object(self.server.create(at, manifest, &How::by(HOST_MANAGER)).map(|object| (object, true)))
            }
            Action::Delete { at, uid } => match self.server.delete(at, Some(uid), Propagation::Background) {
                Ok(()) => Done::Accepted,
                Err(refused) => refused.done(),
            },
            Action::Rehearse(action) => match self.rehearsed(action) {
                Ok(()) => Done::Accepted,
                Err(refused) => refused.done(),
            },
            Action::Event { about, event, times, related } => self.told(about, event, *times, related.as_deref()),
        }
    }

    fn rehearsed(&mut self, action: &Action) -> Result<(), Refused> {
        match action {
            Action::Apply { at, manager, manifest, force } => {
                let how = How { dry_run: true, ..How::by(manager) };
                self.server.apply(at, manifest, *force, &how).map(drop)
            }
            Action::Create { at, manifest } => {
                let how = How { dry_run: true, ..How::by(HOST_MANAGER) };
                self.server.create(at, manifest, &how).map(drop)
            }
            other => Err(Refused::new(400, format!("{} cannot be rehearsed", other.verb()))),
        }
    }

    /// An Event: a new object, or one that was said before and is counted.
    fn told(&mut self, about: &Object, event: &Event, times: u64, related: Option<&Key>) -> Done {
        let Some(resource) = self.server.resolve(&Kind::new("events.k8s.io", "v1", "Event")) else {
            return Done::NotFound("there are no Events".to_owned());
        };
        let kind = match event.kind {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        };
        let said = digest(
            format!("{}\n{kind}\n{}\n{}\n{}", about.meta.uid, event.reason, event.action, event.message).as_bytes(),
        );
        let namespace = about.key.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let name = format!("{}.{}", about.key.name, &said[7..23]);
        let at = Address { resource, namespace: Some(namespace.clone()), name };
        let now = self.server.now().replace('Z', ".000000Z");
        if let Some(known) = self.server.get(&at) {
            let count = known.pointer("/series/count").and_then(Value::as_u64).unwrap_or(1) + times;
            let patch = json!({"series": {"count": count, "lastObservedTime": now}});
            return self
                .server
                .merge(&at, &patch, &How::by(HOST_MANAGER).lenient())
                .map_or_else(Refused::done, |_| Done::Accepted);
        }
        let named = |key: &Key| {
            let mut named = json!({"apiVersion": key.kind.api_version(), "kind": key.kind.kind, "name": key.name});
            if let Some(namespace) = &key.namespace {
                named["namespace"] = namespace.as_str().into();
            }
            named
        };
        let mut regarding = named(&about.key);
        regarding["uid"] = about.meta.uid.as_str().into();
        let mut manifest = json!({
            "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": at.name, "namespace": namespace},
            "eventTime": now, "type": kind, "reason": event.reason, "action": event.action, "note": event.message,
            "regarding": regarding, "reportingController": "innkeeper.dev/host", "reportingInstance": "laboratory",
        });
        if let Some(related) = related {
            manifest["related"] = named(related);
        }
        self.server.create(&at, &manifest, &How::by(HOST_MANAGER)).map_or_else(Refused::done, |_| Done::Accepted)
    }
}
