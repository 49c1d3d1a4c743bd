//! Fingerprints of the parts of an object: worked out once for each version of it, and only if asked for.

use std::sync::OnceLock;

use serde_json::Value;

use crate::conditions;
use crate::contract::View;
use crate::json;
use crate::kstatus;
use crate::names::GROUP;
use crate::object::Object;
use crate::print::Print;

/// What the views of an object are made of.
#[derive(Clone, Debug)]
struct Parts {
    /// All metadata but generation and what no view shows.
    metadata: Print,
    /// What is neither metadata nor status.
    spec: Print,
    status: Print,
    /// The status without the conditions that the host sets.
    own_status: Print,
    /// How far it is by kstatus, and what keeps it from being ready, in words that last.
    readiness: (kstatus::State, Box<str>),
}

/// The parts of one version of an object, once they were asked for. They follow from it, so they are no
/// difference between two objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cached(OnceLock<Box<Parts>>, OnceLock<Print>);

impl PartialEq for Cached {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cached {}

fn print(value: Option<&Value>) -> Print {
    match value {
        Some(value) => Print::of([json::text(value).as_bytes()]),
        None => Print::default(),
    }
}

fn parts(object: &Object) -> Parts {
    let whole = object.value();
    let readiness = kstatus::status(&whole);
    let readiness = (readiness.state, readiness.lasting().into());
    let Value::Object(mut all) = whole else { unreachable!("an object was parsed from it") };
    let mut metadata = all.remove("metadata");
    if let Some(map) = metadata.as_mut().and_then(Value::as_object_mut) {
        ["resourceVersion", "managedFields", "generation"].iter().for_each(|field| drop(map.remove(*field)));
    }
    let mut status = all.remove("status");
    let (metadata, spec, whole_status) =
        (print(metadata.as_ref()), print(Some(&Value::Object(all))), print(status.as_ref()));
    let list = status.as_mut().and_then(|s| s.get_mut("conditions")).and_then(Value::as_array_mut);
    if let Some(list) = list {
        list.retain(|c| !c["type"].as_str().is_some_and(conditions::is_the_hosts));
    }
    Parts { metadata, spec, status: whole_status, own_status: print(status.as_ref()), readiness }
}

impl Object {
    fn parts(&self) -> &Parts {
        self.cached.0.get_or_init(|| Box::new(parts(self)))
    }

    /// The fingerprint of what a view shows.
    pub fn print(&self, view: View) -> Print {
        let Parts { metadata, spec, status, .. } = match view {
            View::Names => return self.name_print(),
            _ => self.parts(),
        };
        let generation = || Print::of([self.meta.generation.to_le_bytes().as_slice()]);
        match view {
            View::Names => self.name_print(),
            View::Metadata => *metadata,
            View::Spec | View::Digest => Print::of_all([self.name_print(), *spec]),
            View::Status => Print::of_all([self.name_print(), generation(), *status]),
            View::Full => Print::of_all([*metadata, generation(), *spec, *status]),
        }
    }

    /// The fingerprint of what a guest is shown of its object: all but the conditions that the host sets.
    pub fn shown_print(&self) -> Print {
        let Parts { metadata, spec, own_status, .. } = self.parts();
        Print::of_all([*metadata, Print::of([self.meta.generation.to_le_bytes().as_slice()]), *spec, *own_status])
    }

    /// The fingerprint of how far it is, by kstatus, as a verdict tells it.
    pub fn readiness_print(&self) -> Print {
        let (state, words) = self.readiness();
        Print::of([format!("{state:?}").as_bytes(), words.as_bytes()])
    }

    /// How far it is, by kstatus, and what keeps it from being ready, in words that stay until that changes.
    pub fn readiness(&self) -> (kstatus::State, &str) {
        let (state, words) = &self.parts().readiness;
        (*state, words)
    }

    /// The fingerprint of what decides whether a child is as it should be: our marks on it, its owners, and
    /// who owns which fields (a hand that sets a field leaves its name there). Its status says nothing of that.
    pub fn marks_print(&self) -> Print {
        *self.cached.1.get_or_init(|| {
            let meta = &self.meta;
            let ours = |(key, _): &(&String, &String)| key.starts_with(GROUP);
            let mut text = format!("{:?}{:?}{:?}", self.key, meta.uid, meta.deletion_timestamp);
            for (key, value) in meta.labels.iter().chain(&meta.annotations).filter(ours) {
                text.push_str(&format!("{key:?}={value:?},"));
            }
            for owner in &meta.owner_references {
                text.push_str(&format!("{owner:?}"));
            }
            for entry in meta.managed_fields.iter().filter(|entry| entry.subresource != "status") {
                let fields = entry.fields_v1.text();
                let (manager, operation, version) = (&entry.manager, &entry.operation, &entry.api_version);
                text.push_str(&format!("{manager:?}{operation:?}{version:?}{fields}"));
            }
            Print::of([text.as_bytes()])
        })
    }

    fn name_print(&self) -> Print {
        let key = &self.key;
        let namespace = key.namespace.as_deref().unwrap_or_default();
        let parts = [&key.kind.group, &key.kind.version, &key.kind.kind, namespace, &key.name, &self.meta.uid];
        Print::of(parts.map(str::as_bytes))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VIEWS: [View; 6] = [View::Names, View::Metadata, View::Spec, View::Status, View::Full, View::Digest];

    /// A fingerprint differs exactly where the view does.
    #[test]
    fn a_print_tells_of_what_its_view_shows_and_of_nothing_else() {
        let object = |change: (&str, Value)| {
            let mut whole = json!({"apiVersion": "example.com/v1", "kind": "Site", "metadata": {"name": "x", "uid": "u",
                "resourceVersion": "1", "generation": 1, "labels": {"a": "b"}}, "spec": {"x": 1},
                "status": {"conditions": [{"type": "Ready", "status": "False"}]}});
            if let Some(place) = whole.pointer_mut(change.0) {
                *place = change.1;
            }
            Object::parse(&whole.to_string(), None).expect("a Site")
        };
        let before = object(("/none", json!(null)));
        for change in [
            ("/metadata/uid", json!("v")),
            ("/metadata/resourceVersion", json!("2")),
            ("/metadata/generation", json!(2)),
            ("/metadata/labels/a", json!("c")),
            ("/spec/x", json!(2)),
            ("/status/conditions/0/status", json!("True")),
        ] {
            let after = object(change.clone());
            for view in VIEWS {
                let differs = before.view_value(view) != after.view_value(view);
                assert_eq!(before.print(view) != after.print(view), differs, "{change:?} in {view:?}");
            }
        }
        let ready = object(("/status/conditions/0/status", json!("True")));
        assert_eq!(before.shown_print(), ready.shown_print(), "the condition Ready is the host's");
        assert_ne!(before.readiness_print(), ready.readiness_print());
    }
}
