//! Just enough of an API server: objects, versions, managedFields by path, watches.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use innkeeper_core::action::{Action, Done};
use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::names::OBJECT_UID;
use innkeeper_core::object::Object;
use innkeeper_core::resource::{Address, Resource};
use innkeeper_core::store::Event;
use innkeeper_core::watch::{Form, Selection, Watch};
use serde_json::{Map, Value, json};

type Name = (String, Option<String>, String);

/// How an action is answered that the API server refuses.
type Refuses = Box<dyn Fn(&Action) -> Option<Done>>;

/// The API server.
#[derive(Default)]
pub struct Api {
    objects: BTreeMap<Name, Value>,
    version: u64,
    watches: Vec<(u64, Watch)>,
    events: VecDeque<(u64, Event)>,
    /// In which version a kind is served is not told until [`House::release`].
    pub holds_finds: bool,
    /// Kinds that cannot be listed.
    pub unlisted: Vec<&'static str>,
    /// Which actions do nothing, and how they are answered.
    pub refuses: Option<Refuses>,
    /// A watch that is accepted and tells nothing.
    pub silent: Option<Watch>,
    /// The watch whose events stay on their way.
    held_back: Option<Watch>,
    /// A field (`/status/field`) that no schema has: a patch of it is dropped.
    pub prunes: Option<String>,
}

fn name_of(value: &Value) -> Name {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    (text("/kind").unwrap_or_default(), text("/metadata/namespace"), text("/metadata/name").unwrap_or_default())
}

fn at_name(at: &Address) -> Name {
    (at.resource.kind.kind.to_string(), at.namespace.clone(), at.name.clone())
}

fn selected(watch: &Watch, value: &Value) -> bool {
    watch.resource.kind.kind.as_str() == value["kind"]
        && (watch.selection == Selection::All || value["metadata"]["labels"][OBJECT_UID].is_string())
}

/// When everything is created, and when it is written afterwards.
pub const CREATED: &str = "2026-01-01T00:00:00Z";
pub const LATER: &str = "2026-01-01T00:00:01Z";

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
        if value["metadata"]["creationTimestamp"].is_null() {
            value["metadata"]["creationTimestamp"] = CREATED.into();
        }
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
        for (number, watch) in self.watches.clone() {
            let was = before.as_ref().is_some_and(|b| selected(&watch, &b.value()));
            if selected(&watch, &value) && !finished {
                self.events.push_back((number, Event::Seen(parse_for(&watch, &value))));
            } else if was {
                self.events.push_back((number, Event::Gone(after.clone())));
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

    /// Whether this is watched.
    pub fn watches(&self, watch: &Watch) -> bool {
        self.watches.iter().any(|(_, watched)| watched == watch)
    }

    /// What that watch tells stays on its way until [`Api::let_go`].
    pub fn hold_back(&mut self, watch: &Watch) {
        self.held_back = Some(watch.clone());
    }

    pub fn let_go(&mut self) {
        self.held_back = None;
    }

    pub fn watch(&mut self, number: u64, watch: Watch) {
        if self.silent.as_ref() == Some(&watch) {
            self.watches.push((number, watch));
            return;
        }
        if self.unlisted.contains(&watch.resource.kind.kind.as_str()) {
            self.watches.push((number, watch));
            return;
        }
        self.events.push_back((number, Event::Begin));
        for value in self.objects.values().filter(|v| selected(&watch, v)) {
            self.events.push_back((number, Event::Seen(parse_for(&watch, value))));
        }
        self.events.push_back((number, Event::Listed));
        self.watches.push((number, watch));
    }

    /// No new events come; those that were told stay on their way.
    pub fn unwatch(&mut self, number: u64) {
        self.watches.retain(|(n, _)| *n != number);
    }

    /// The watches of a kind tell this.
    pub fn tell(&mut self, kind: &str, event: &Event) {
        let of_kind = self.watches.iter().filter(|(_, watch)| watch.resource.kind.kind == kind);
        self.events.extend(of_kind.map(|(number, _)| (*number, event.clone())));
    }

    /// Every connection broke: what was on its way is lost, and all is listed anew.
    pub fn reconnect(&mut self) {
        self.events.clear();
        for (number, watch) in std::mem::take(&mut self.watches) {
            self.watch(number, watch);
        }
    }

    /// The process that watched has ended.
    pub fn forget_watches(&mut self) {
        self.watches.clear();
        self.events.clear();
    }

    /// The watches of a kind.
    pub fn watches_of(&self, kind: &str) -> Vec<String> {
        let of_kind = self.watches.iter().filter(|(_, watch)| watch.resource.kind.kind == kind);
        of_kind.map(|(_, watch)| watch.to_string()).collect()
    }

    pub fn next_event(&mut self) -> Option<(u64, Event)> {
        let held = self.watches.iter().find(|(_, watch)| self.held_back.as_ref() == Some(watch)).map(|(n, _)| *n);
        let next = self.events.iter().position(|(number, _)| Some(*number) != held)?;
        self.events.remove(next)
    }

    pub fn resolve(&self, kind: &Kind) -> Option<Arc<Resource>> {
        let plural = format!("{}s", kind.kind.to_lowercase());
        (kind.group.is_empty() && ["v1", "v2"].contains(&&*kind.version))
            .then(|| Arc::new(Resource { kind: kind.clone(), plural, namespaced: kind.kind != "Node" }))
    }

    /// Actions of this name (`verb Kind ns/name`) do nothing and are answered like this.
    pub fn refuse(&mut self, name: &str, answer: Done) {
        let name = name.to_owned();
        self.refuses = Some(Box::new(move |action| {
            (format!("{} {}", action.verb(), action.key()) == name).then(|| answer.clone())
        }));
    }

    /// In whichever version a kind is served.
    pub fn find(&self, kind: &GroupKind) -> Option<Arc<Resource>> {
        self.resolve(&Kind::new(&kind.group, "v1", &kind.kind))
    }

    pub fn act(&mut self, action: &Action) -> Done {
        if let Some(answer) = self.refuses.as_ref().and_then(|refuses| refuses(action)) {
            return answer;
        }
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
                let before = value.clone();
                merge(&mut value, patch);
                if let Some((above, field)) = self.prunes.as_deref().and_then(|p| p.rsplit_once('/')) {
                    value.pointer_mut(above).and_then(Value::as_object_mut).and_then(|m| m.remove(field));
                }
                if value == before {
                    return Done::Object { object: parse(&value), created: false };
                }
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
            Action::Event { .. } | Action::Rehearse(_) => Done::Accepted,
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
        let time = if created { CREATED } else { LATER };
        let mut value = old.unwrap_or_else(|| json!({"metadata": {}}));
        merge(&mut value, manifest);
        let entry_now = json!({"manager": manager, "time": time, "operation": "Apply", "apiVersion": at.resource.kind.api_version(), "fieldsV1": owned(manifest, true)});
        let mut entries = value["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        let (earlier, others): (Vec<_>, Vec<_>) = entries.drain(..).partition(|e| e["manager"] == manager);
        for entry in &earlier {
            let held: Vec<&Value> = others.iter().chain([&entry_now]).map(|e| &e["fieldsV1"]).collect();
            drop_fields(&mut value, &entry["fieldsV1"], &held);
        }
        entries = others;
        // Who applies nothing is no manager.
        if entry_now["fieldsV1"].as_object().is_some_and(|fields| fields.values().any(|below| *below != json!({}))) {
            entries.push(entry_now);
        }
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

/// Removes the fields that one manager owned and nobody holds any more.
fn drop_fields(value: &mut Value, owned: &Value, held: &[&Value]) {
    let Some(fields) = owned.as_object() else { return };
    for (name, below) in fields {
        let held: Vec<&Value> = held.iter().filter_map(|h| h.get(name)).collect();
        let Some(field) = name.strip_prefix("f:").filter(|f| value.get(f).is_some()) else { continue };
        if held.is_empty() {
            value.as_object_mut().map(|map| map.remove(field));
        } else {
            drop_fields(&mut value[field], below, &held);
        }
    }
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
    if watch.form == Form::Metadata {
        value
            .as_object_mut()
            .expect("an object")
            .retain(|k, _| matches!(k.as_str(), "apiVersion" | "kind" | "metadata"));
    }
    parse(&value)
}
