//! `metadata.managedFields`: who owns which fields, and how that changes with a write.

use serde_json::{Value, json};

use super::super::schema::Place;
use super::{Changes, Set, changes, merged, pruned, stated};

/// Who writes.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) manager: String,
    /// `status` where the write goes to that subresource, else empty.
    pub(crate) subresource: &'static str,
    pub(crate) api_version: String,
    /// RFC 3339.
    pub(crate) now: String,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    manager: String,
    operation: String,
    subresource: String,
    api_version: String,
    time: String,
    set: Set,
}

/// The entries of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Managers(Vec<Entry>);

/// Fields that another manager holds: who, in which version, which paths.
pub(crate) type Conflict = (String, String, Vec<String>);

impl Managers {
    pub(crate) fn of(object: &Value) -> Self {
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
        let read = |entry: &Value| Entry {
            manager: text(entry, "manager"),
            operation: text(entry, "operation"),
            subresource: text(entry, "subresource"),
            api_version: text(entry, "apiVersion"),
            time: text(entry, "time"),
            set: Set::read(&entry["fieldsV1"]),
        };
        Self(entries.into_iter().flatten().map(read).collect())
    }

    pub(crate) fn write(&self) -> Value {
        let entry = |e: &Entry| {
            let mut entry = json!({
                "manager": e.manager, "operation": e.operation, "apiVersion": e.api_version, "time": e.time,
                "fieldsType": "FieldsV1", "fieldsV1": e.set.write(),
            });
            if !e.subresource.is_empty() {
                entry["subresource"] = e.subresource.as_str().into();
            }
            entry
        };
        self.0.iter().map(entry).collect()
    }

    /// Somebody wrote the object otherwise than by an apply: what it changed is its own from now on.
    pub(crate) fn updated(&mut self, who: &Who, before: Option<&Value>, after: &Value, place: &Place<'_>) {
        let Changes { set, removed } = changes(before, Some(after), place);
        let (mut set, mut removed) = (set, removed);
        [&mut set, &mut removed].into_iter().for_each(tracked);
        set.member = false;
        self.lose(&set, &removed, None);
        if !set.is_empty() {
            let entry = self.entry(who, "Update");
            entry.set.join(&set);
            entry.time.clone_from(&who.now);
        }
        self.tidy();
    }

    /// An apply: the object as it becomes, or who holds what it would change.
    pub(crate) fn applied(
        &mut self,
        who: &Who,
        live: Option<&Value>,
        manifest: &Value,
        place: &Place<'_>,
        force: bool,
    ) -> Result<Value, Vec<Conflict>> {
        let mut set = stated(manifest, place);
        tracked(&mut set);
        set.member = false;
        let empty = json!({});
        let mut after = merged(live.unwrap_or(&empty), manifest, place);
        let last = std::mem::replace(&mut self.entry(who, "Apply").set, set.clone());
        let mut held = Set::default();
        self.0.iter().for_each(|entry| held.join(&entry.set));
        pruned(&mut after, &last.without(&set), &held, place);
        let Changes { set: mut changed, mut removed } = changes(live, Some(&after), place);
        [&mut changed, &mut removed].into_iter().for_each(tracked);
        changed.member = false;
        let conflicts: Vec<Conflict> = self
            .others(who)
            .filter_map(|entry| {
                let both = entry.set.both(&changed);
                (!both.is_empty()).then(|| (entry.manager.clone(), entry.api_version.clone(), both.paths()))
            })
            .collect();
        if !conflicts.is_empty() && !force {
            return Err(conflicts);
        }
        self.lose(&changed, &removed, Some(who));
        let entry = self.entry(who, "Apply");
        entry.time.clone_from(&who.now);
        entry.set = set;
        self.tidy();
        Ok(after)
    }

    /// Whether the same owns the same, whenever it was written.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let like = |a: &Entry, b: &Entry| {
            Entry { time: String::new(), ..a.clone() } == Entry { time: String::new(), ..b.clone() }
        };
        self.0.len() == other.0.len() && self.0.iter().all(|a| other.0.iter().any(|b| like(a, b)))
    }

    fn others<'a>(&'a self, who: &'a Who) -> impl Iterator<Item = &'a Entry> {
        self.0.iter().filter(move |entry| !is(entry, who, "Apply"))
    }

    /// Everybody but who applied loses what was set or removed.
    fn lose(&mut self, set: &Set, removed: &Set, applied: Option<&Who>) {
        for entry in &mut self.0 {
            if !applied.is_some_and(|who| is(entry, who, "Apply")) {
                entry.set = entry.set.without(set).without(removed);
            }
        }
    }

    fn entry(&mut self, who: &Who, operation: &str) -> &mut Entry {
        let n = self.0.iter().position(|entry| is(entry, who, operation)).unwrap_or_else(|| {
            self.0.push(Entry {
                manager: who.manager.clone(),
                operation: operation.to_owned(),
                subresource: who.subresource.to_owned(),
                api_version: who.api_version.clone(),
                time: who.now.clone(),
                set: Set::default(),
            });
            self.0.len() - 1
        });
        let entry = &mut self.0[n];
        entry.api_version.clone_from(&who.api_version);
        entry
    }

    fn tidy(&mut self) {
        self.0.retain(|entry| !entry.set.is_empty());
    }
}

fn is(entry: &Entry, who: &Who, operation: &str) -> bool {
    entry.manager == who.manager && entry.operation == operation && entry.subresource == who.subresource
}

/// What the server sets itself is nobody's.
fn tracked(set: &mut Set) {
    for field in ["apiVersion", "kind"] {
        set.take(field);
    }
    let Some(metadata) = set.field_mut("metadata") else { return };
    metadata.member = false;
    for field in [
        "name",
        "namespace",
        "creationTimestamp",
        "uid",
        "generation",
        "managedFields",
        "resourceVersion",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generateName",
        "selfLink",
    ] {
        metadata.take(field);
    }
    if metadata.is_empty() {
        set.take("metadata");
    }
}
