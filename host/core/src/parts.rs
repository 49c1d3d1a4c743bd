//! Fingerprints of the parts of an object: worked out once for each version of it, and only if asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::conditions;
use crate::contract::View;
use crate::json;
use crate::kstatus;
use crate::names::GROUP;
use crate::object::{ManagedFields, Metadata, Object};
use crate::print::Print;

/// What is shown of an object, view by view.
#[derive(Debug)]
struct Parts {
    /// All metadata but generation and what no view shows.
    metadata: Print,
    /// Its name and what is neither metadata nor status.
    spec: Print,
    /// Its name, generation and status.
    status: Print,
    full: Print,
    /// All but the conditions that the host sets.
    shown: Print,
}

/// How far an object is by kstatus.
#[derive(Debug)]
struct Readiness {
    state: kstatus::State,
    /// What keeps it from being ready, in words that last.
    words: Box<str>,
    print: Print,
}

/// What is known of one version of an object, once it was asked for. It follows from it, so it is no difference
/// between two objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cached {
    parts: OnceLock<Arc<Parts>>,
    /// Apart: of most children nothing else is asked.
    readiness: OnceLock<Arc<Readiness>>,
    marks: OnceLock<Print>,
}

impl PartialEq for Cached {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cached {}

const VERSION: &str = r#""resourceVersion":""#;

/// The fields of one level, as they are written. The API server writes the same in the same way.
pub(crate) type Fields<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

pub(crate) fn fields(text: &str) -> Fields<'_> {
    serde_json::from_str(text).unwrap_or_default()
}

fn print<'a>(fields: impl Iterator<Item = (&'a Cow<'a, str>, &'a &'a RawValue)>) -> Print {
    Print::of(fields.flat_map(|(name, value)| [name.as_bytes(), value.get().as_bytes()]))
}

fn tree(text: Option<&&RawValue>) -> Value {
    text.and_then(|text| serde_json::from_str(text.get()).ok()).unwrap_or_default()
}

/// How far an object is: kstatus looks at nothing but these.
fn readiness(object: &Object) -> Readiness {
    let (meta, all) = (&object.meta, fields(&object.text));
    let generation = Some(meta.generation).filter(|generation| *generation != 0);
    let whole = json!({
        "apiVersion": object.key.kind.api_version(),
        "kind": object.key.kind.kind,
        "metadata": {"generation": generation, "deletionTimestamp": meta.deletion_timestamp},
        "spec": tree(all.get("spec")),
        "status": tree(all.get("status")),
    });
    let readiness = kstatus::status(&whole);
    let (state, words) = (readiness.state, Box::from(readiness.lasting()));
    let print = Print::of([format!("{state:?}").as_bytes(), str::as_bytes(&words)]);
    Readiness { state, words, print }
}

fn parts(object: &Object) -> Parts {
    let all = fields(&object.text);
    let metadata = all.get("metadata").map(|metadata| fields(metadata.get())).unwrap_or_default();
    let hidden = ["resourceVersion", "managedFields", "generation"];
    let metadata = print(metadata.iter().filter(|(name, _)| !hidden.contains(&&***name)));
    let spec = print(all.iter().filter(|(name, _)| !matches!(&***name, "metadata" | "status")));
    let whole_status = all.get("status").map(|status| Print::of([status.get().as_bytes()])).unwrap_or_default();
    let status = all.get("status").map(|status| fields(status.get())).unwrap_or_default();
    let guests = |conditions: &&RawValue| {
        let Value::Array(mut list) = tree(Some(conditions)) else { return Print::of([conditions.get().as_bytes()]) };
        conditions::keep_the_guests(&mut list);
        Print::of([json::text(&list).as_bytes()])
    };
    let others = print(status.iter().filter(|(name, _)| *name != "conditions"));
    let own_status = match status.is_empty() {
        true => whole_status,
        false => Print::of_all([others, status.get("conditions").map(guests).unwrap_or_default()]),
    };
    let (name, generation) = (object.name_print(), Print::of([object.meta.generation.to_le_bytes().as_slice()]));
    Parts {
        metadata,
        spec: Print::of_all([name, spec]),
        status: Print::of_all([name, generation, whole_status]),
        full: Print::of_all([metadata, generation, spec, whole_status]),
        shown: Print::of_all([metadata, generation, spec, own_status]),
    }
}

/// Labels and annotations in our name, each with its value: marks of ours, and a person's words to us.
fn our_words(meta: &Metadata) -> impl Iterator<Item = &[u8]> {
    let ours = meta.labels.iter().chain(meta.annotations.iter()).filter(|(key, _)| key.starts_with(GROUP));
    ours.flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()])
}

/// Whether nothing but the resourceVersion tells two texts apart.
fn differs_in_version_alone(one: &Object, other: &Object) -> bool {
    let parted = |object: &'_ Object, at: usize| -> Option<(usize, usize)> {
        let from = at + VERSION.len();
        let rest = object.text.get(from..)?.strip_prefix(object.meta.resource_version.as_str())?;
        rest.starts_with('"').then_some((from, object.text.len() - rest.len()))
    };
    let Some(at) = one.text.find(VERSION) else { return false };
    let (Some((head, tail)), Some((_, others))) = (parted(one, at), parted(other, at)) else { return false };
    one.text.as_bytes()[..head] == other.text.as_bytes()[..head]
        && one.text.as_bytes()[tail..] == other.text.as_bytes()[others..]
}

impl Object {
    fn parts(&self) -> &Parts {
        self.cached.parts.get_or_init(|| Arc::new(parts(self)))
    }

    /// Takes over what is known of the version before, where only the resourceVersion tells them apart: nothing of
    /// what is fingerprinted here has changed then.
    pub(crate) fn inherit(&self, before: &Self) {
        let (known, own) = (&before.cached, &self.cached);
        let (parts, readiness, marks) = (known.parts.get(), known.readiness.get(), known.marks.get());
        if parts.is_none() && readiness.is_none() && marks.is_none() {
            return;
        }
        if !differs_in_version_alone(self, before) {
            return;
        }
        if let Some(parts) = parts {
            let _ = own.parts.set(parts.clone());
        }
        if let Some(readiness) = readiness {
            let _ = own.readiness.set(readiness.clone());
        }
        if let Some(marks) = marks.filter(|_| self.meta.managed_fields == before.meta.managed_fields) {
            let _ = own.marks.set(*marks);
        }
    }

    /// The fingerprint of what a view shows.
    pub fn print(&self, view: View) -> Print {
        match view {
            View::Names => self.name_print(),
            View::Metadata => self.parts().metadata,
            View::Spec | View::Digest => self.parts().spec,
            View::Status => self.parts().status,
            View::Full => self.parts().full,
        }
    }

    /// The fingerprint of what a guest is shown of its object: all but the conditions that the host sets.
    pub fn shown_print(&self) -> Print {
        self.parts().shown
    }

    /// The fingerprint of how far it is, by kstatus, as a verdict tells it.
    pub fn readiness_print(&self) -> Print {
        self.known_readiness().print
    }

    /// The fingerprint of what the host looks at in an object that it keeps, beside what its guest says of it: the
    /// marks that speak to the host, what keeps it from going, and its status.
    pub(crate) fn kept_print(&self) -> Print {
        let (meta, end) = (&self.meta, b"\0".as_slice());
        let deleted = meta.deletion_timestamp.as_ref().map_or(end, |at| at.as_bytes());
        let finalizers = meta.finalizers.iter().map(|name| name.as_bytes());
        Print::of(
            [self.parts().status.bytes(), deleted].into_iter().chain(our_words(meta)).chain([end]).chain(finalizers),
        )
    }

    /// How far it is, by kstatus, and what keeps it from being ready, in words that stay until that changes.
    pub fn readiness(&self) -> (kstatus::State, &str) {
        let Readiness { state, words, .. } = self.known_readiness();
        (*state, words)
    }

    fn known_readiness(&self) -> &Readiness {
        self.cached.readiness.get_or_init(|| Arc::new(readiness(self)))
    }

    /// The fingerprint of what decides whether a child is as it should be: our marks on it, its owners, and
    /// who owns which fields (a hand that sets a field leaves its name there). Its status says nothing of that.
    pub fn marks_print(&self) -> Print {
        *self.cached.marks.get_or_init(|| {
            let (meta, end) = (&self.meta, b"\0".as_slice());
            let deleted = meta.deletion_timestamp.as_ref().map_or(end, |at| at.as_bytes());
            let owners = meta.owner_references.iter().flat_map(|owner| {
                let controls = if owner.controller == Some(true) { b"1".as_slice() } else { end };
                [
                    owner.api_version.as_bytes(),
                    owner.kind.as_bytes(),
                    owner.name.as_bytes(),
                    owner.uid.as_bytes(),
                    controls,
                ]
            });
            let entries = meta.managed_fields.iter().filter(|entry| entry.subresource != "status");
            let entries = entries.flat_map(|entry| {
                let ManagedFields { manager, operation, api_version, fields_v1, .. } = entry;
                let [fields, owner] = fields_v1.words();
                [manager.as_bytes(), operation.as_bytes(), api_version.as_bytes(), fields, owner]
            });
            let all = our_words(meta).chain([end]).chain(owners).chain([end]).chain(entries);
            let name = self.name_print();
            Print::of([name.bytes(), deleted].into_iter().chain(all))
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
    use super::*;

    const VIEWS: [View; 6] = [View::Names, View::Metadata, View::Spec, View::Status, View::Full, View::Digest];

    #[test]
    fn what_is_known_of_a_version_is_taken_over_only_where_nothing_else_has_changed() {
        let object = |version: &str, replicas: &str| {
            let metadata =
                format!(r#"{{"name":"x","uid":"u","resourceVersion":"{version}","labels":{{"{GROUP}/a":"b"}}}}"#);
            let text =
                format!(r#"{{"apiVersion":"v1","kind":"Site","metadata":{metadata},"spec":{{"x":{replicas}}}}}"#);
            Object::parse(&text, None).expect("a Site")
        };
        let before = object("1", "1");
        let (print, _, _) = (before.print(View::Spec), before.marks_print(), before.readiness());
        for (version, replicas, same) in [("2", "1", true), ("2", "2", false), ("12", "1", true)] {
            let after = object(version, replicas);
            after.inherit(&before);
            assert_eq!(after.cached.parts.get().is_some(), same, "{version}, {replicas}");
            assert_eq!(after.cached.readiness.get().is_some(), same);
            assert_eq!(after.cached.marks.get().is_some(), same);
            assert_eq!(after.print(View::Spec) == print, same);
        }
    }

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

    #[test]
    fn what_a_controller_has_not_observed_yet_is_in_progress() {
        let state = |generation: u64| {
            let whole = json!({"apiVersion": "example.com/v1", "kind": "Tower", "metadata": {"name": "t", "generation": generation},
                "status": {"observedGeneration": 1}});
            Object::parse(&whole.to_string(), None).expect("an object").readiness().0
        };
        assert_eq!((state(1), state(2)), (kstatus::State::Current, kstatus::State::InProgress));
    }
}
