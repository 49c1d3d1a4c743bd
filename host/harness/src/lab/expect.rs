//! What can be seen of a laboratory by whoever expects something.

use innkeeper_core::kind::GroupKind;
use innkeeper_core::names::OBJECT_UID;
use innkeeper_core::reconciler;
use serde_json::Value;

use super::happened::Happened;
use super::{Broken, Lab};

impl Lab {
    /// The children of an object, as `Kind/name`, sorted.
    pub fn children(&self, of: &str) -> Result<Vec<String>, Broken> {
        let Some(object) = self.object(of)? else { return Ok(Vec::new()) };
        let uid = &object["metadata"]["uid"];
        let children = self.server.all().filter(|child| child["metadata"]["labels"][OBJECT_UID] == *uid);
        let mut children: Vec<String> = children.map(|child| self.called(child)).collect();
        children.sort();
        Ok(children)
    }

    /// Every Event, but those about Reconcilers.
    pub fn events(&self) -> Vec<Value> {
        let mut all = self.server.list(&GroupKind { group: "events.k8s.io".into(), kind: "Event".into() });
        all.retain(|event| event["regarding"]["kind"] != reconciler::KIND);
        all
    }

    /// The host's writes since the last [`Lab::take_happened`], as `apply Deployment/web`, sorted. Those of Events and to
    /// Reconcilers are not among them.
    pub fn writes(&self) -> Vec<String> {
        let mut writes: Vec<String> = self
            .happened
            .iter()
            .filter_map(|one| {
                one.write()?;
                let Happened::Request { verb, key, .. } = one else { return None };
                Some(format!("{verb} {}", self.named(&key.kind.kind, key.namespace.as_deref(), &key.name)))
            })
            .collect();
        writes.sort();
        writes
    }

    /// How often guests were called since the last [`Lab::take_happened`]; for one object, if it is named.
    pub fn calls(&self, of: Option<&str>) -> Result<usize, Broken> {
        let of = of.map(|of| self.at(of)).transpose()?.map(|at| at.key());
        let fits = |one: &&Happened| match one {
            Happened::Call(call) => of.as_ref().is_none_or(|of| call.object == *of),
            _ => false,
        };
        Ok(self.happened.iter().filter(fits).count())
    }

    /// What the API server could not check since this was asked last.
    pub fn take_unchecked(&mut self) -> Vec<String> {
        self.server.take_unchecked()
    }

    /// Fields of a manifest that its kind does not have; the error says why it cannot be read at all.
    pub fn unknown_fields(&self, of: &str, manifest: &Value) -> Result<Vec<String>, Broken> {
        self.server.unknown_fields(&self.at(of)?.resource, manifest).map_err(Broken)
    }

    /// What may have been meant by the first field of a manifest that its kind does not have, for people.
    pub fn hint(&self, manifest: &Value) -> Option<String> {
        let at = self.server.address(manifest, Some(&self.namespace)).ok()?;
        let unknown = self.server.unknown_fields(&at.resource, manifest).ok()?;
        let meant = self.server.meant(&at.resource, unknown.first()?)?;
        Some(format!(" (did you mean {meant}?)"))
    }

    fn called(&self, object: &Value) -> String {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        self.named(
            text("/kind").unwrap_or_default(),
            text("/metadata/namespace"),
            text("/metadata/name").unwrap_or_default(),
        )
    }

    fn named(&self, kind: &str, namespace: Option<&str>, name: &str) -> String {
        match namespace {
            Some(other) if other != self.namespace => format!("{kind}/{other}/{name}"),
            _ => format!("{kind}/{name}"),
        }
    }
}
