//! Just enough of an API server: objects, versions, managedFields by path, watches.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use innkeeper_core::action::{Action, Done};
use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::names::OBJECT_UID;
use innkeeper_core::object::Object;
use innkeeper_core::resource::{Address, Resource};
use innkeeper_core::store::Event;
use innkeeper_core::watch::{Selection, Watch};
use serde_json::{Map, Value, json};

type Name = (String, Option<String>, String);

/// The API server.
#[derive(Default)]
pub struct Api {
    objects: BTreeMap<Name, Value>,
    version: u64,
    watches: Vec<Watch>,
    /// Kinds that cannot be listed.
    pub unlisted: Vec<&'static str>,
    events: VecDeque<(Watch, Event)>,
}

fn name_of(value: &Value) -> Name {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    (text("/kind").unwrap_or_default(), text("/metadata/namespace"), text("/metadata/name").unwrap_or_default())
}

fn at_name(at: &Address) -> Name {
    (at.resource.kind.kind.clone(), at.namespace.clone(), at.name.clone())
}

fn selected(watch: &Watch, value: &Value) -> bool {
    watch.resource.kind.kind == value["kind"]
        && (watch.selection == Selection::All || value["metadata"]["labels"][OBJECT_UID].is_string())
}

impl Api {
    pub fn get(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Value> {
        self.objects.get(&(kind.to_owned(), namespace.map(str::to_owned), name.to_owned()))
    }

    /// `Kind ns/name` of every object but CRDs, Reconcilers and Inns.
    pub fn children(&self) -> Vec<String> {
        let of = |k: &&Name| !matches!(k.0.as_str(), "CustomResourceDefinition" | "Reconciler" | "Inn");
        self.objects.keys().filter(of).map(|k| format!("{} {}/{}", k.0, k.1.clone().unwrap_or_default(), k.2)).collect()
    }

    /// A person writes an object; the uid stays, the generation grows with the spec.
    pub fn put(&mut self, mut value: Value) -> Arc<Object> {
        let name = name_of(&value);
        let old = self.objects.get(&name).cloned();
        self.version += 1;
        let uid = old.as_ref().map_or_else(|| json!(format!("uid-{}", self.version)), |o| o["metadata"]["uid"].clone());
        let generation = old
            .as_ref()
            .map_or(1, |o| o["metadata"]["generation"].as_i64().unwrap_or(1) + i64::from(o["spec"] != value["spec"]));
        for (field, of) in
            [("uid", uid), ("generation", generation.into()), ("resourceVersion", self.version.to_string().into())]
        {
            value["metadata"][field] = of;
        }
        let (before, after) = (old.map(|o| parse(&o)), parse(&value));
        let finished = value["metadata"]["deletionTimestamp"].is_string()
            && value["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty);
        if finished {
            self.objects.remove(&name);
        } else {
            self.objects.insert(name, value.clone());
        }
        for watch in self.watches.clone() {
            let was = before.as_ref().is_some_and(|b| selected(&watch, &b.value()));
            if selected(&watch, &value) && !finished {
                let seen = Event::Seen(parse_for(&watch, &value));
                self.events.push_back((watch, seen));
            } else if was {
                self.events.push_back((watch, Event::Gone(after.clone())));
            }
        }
        after
    }

    /// A deletion is asked for: at once, or when the finalizers are gone.
    pub fn delete(&mut self, kind: &str, namespace: Option<&str>, name: &str) {
        if let Some(mut value) = self.get(kind, namespace, name).cloned() {
            value["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            self.put(value);
        }
    }

    pub fn watch(&mut self, watch: Watch) {
        if self.unlisted.contains(&watch.resource.kind.kind.as_str()) {
            self.watches.push(watch);
            return;
        }
        self.events.push_back((watch.clone(), Event::Begin));
        for value in self.objects.values().filter(|v| selected(&watch, v)) {
            self.events.push_back((watch.clone(), Event::Seen(parse_for(&watch, value))));
        }
        self.events.push_back((watch.clone(), Event::Listed));
        self.watches.push(watch);
    }

    pub fn unwatch(&mut self, watch: &Watch) {
        self.watches.retain(|w| w != watch);
    }

    /// The process that watched has ended.
    pub fn forget_watches(&mut self) {
        self.watches.clear();
        self.events.clear();
    }

    pub fn next_event(&mut self) -> Option<(Watch, Event)> {
        self.events.pop_front()
    }

    pub fn resolve(&self, kind: &Kind) -> Option<Arc<Resource>> {
        let plural = format!("{}s", kind.kind.to_lowercase());
        (kind.group.is_empty())
            .then(|| Arc::new(Resource { kind: kind.clone(), plural, namespaced: kind.kind != "Node" }))
    }

    /// In whichever version a kind is served.
    pub fn find(&self, kind: &GroupKind) -> Option<Arc<Resource>> {
        self.resolve(&Kind::new(&kind.group, "v1", &kind.kind))
    }

    pub fn act(&mut self, action: &Action) -> Done {
        match action {
            Action::Look(at) => match self.objects.get(&at_name(at)) {
                Some(value) => Done::Object { object: parse(value), created: false },
                None => Done::NotFound("not found".into()),
            },
            Action::Apply { at, manager, manifest, .. } => self.apply(at, manager, manifest),
            Action::Create { at, manifest } => match self.objects.contains_key(&at_name(at)) {
                true => Done::Conflict("already exists".into()),
                false => Done::Object { object: self.put(manifest.clone()), created: true },
            },
            Action::Merge { at, patch, .. } => {
                let Some(mut value) = self.objects.get(&at_name(at)).cloned() else {
                    return Done::NotFound("gone".into());
                };
                let asked = patch.pointer("/metadata/resourceVersion");
                if asked.is_some_and(|v| *v != value["metadata"]["resourceVersion"]) {
                    return Done::Conflict("the object has been modified".into());
                }
                merge(&mut value, patch);
                Done::Object { object: self.put(value), created: false }
            }
            Action::Delete { at, uid } => match self.objects.get(&at_name(at)) {
                None => Done::NotFound("gone".into()),
                Some(value) if value["metadata"]["uid"] != uid.as_str() => Done::Conflict("another uid".into()),
                Some(_) => {
                    self.delete(&at.resource.kind.kind, at.namespace.as_deref(), &at.name);
                    Done::Accepted
                }
            },
            Action::Event { .. } => Done::Accepted,
            Action::Patch { .. } => Done::Invalid("this API server knows no JSON patch".into()),
        }
    }

    fn apply(&mut self, at: &Address, manager: &str, manifest: &Value) -> Done {
        let old = self.objects.get(&at_name(at)).cloned();
        let uid = manifest.pointer("/metadata/uid");
        if uid.is_some_and(|uid| old.as_ref().is_none_or(|o| o["metadata"]["uid"] != *uid)) {
            return Done::Conflict("another uid".into());
        }
        let created = old.is_none();
        let mut value = old.unwrap_or_else(|| json!({"metadata": {}}));
        merge(&mut value, manifest);
        let entry = json!({"manager": manager, "operation": "Apply", "apiVersion": at.resource.kind.api_version(), "fieldsV1": owned(manifest, true)});
        let mut entries = value["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        entries.retain(|e| e["manager"] != manager);
        entries.push(entry);
        value["metadata"]["managedFields"] = entries.into();
        Done::Object { object: self.put(value), created }
    }
}

/// The fields that a manifest states, lists as a whole.
fn owned(manifest: &Value, root: bool) -> Value {
    let Value::Object(map) = manifest else { return json!({}) };
    let stated = map.iter().filter(|(k, _)| !(root && matches!(k.as_str(), "apiVersion" | "kind")));
    let fields = stated.map(|(k, v)| {
        let below = if root && k == "metadata" {
            let mut metadata = v.as_object().cloned().unwrap_or_default();
            ["name", "namespace", "uid"].iter().for_each(|field| drop(metadata.remove(*field)));
            owned(&Value::Object(metadata), false)
        } else {
            owned(v, false)
        };
        (format!("f:{k}"), below)
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else { return into.clone_from(patch) };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in patch {
        match value {
            Value::Null => drop(into.as_object_mut().and_then(|m| m.remove(key))),
            value => merge(&mut into[key], value),
        }
    }
}

fn parse(value: &Value) -> Arc<Object> {
    Arc::new(Object::parse(&value.to_string(), None).expect("an object"))
}

/// An object as a watch of one version shows it.
fn parse_for(watch: &Watch, value: &Value) -> Arc<Object> {
    let mut value = value.clone();
    value["apiVersion"] = watch.resource.kind.api_version().into();
    parse(&value)
}
