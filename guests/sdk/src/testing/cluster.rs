//! The cluster that a test lays out.

use std::cell::RefCell;

use serde_json::Value;

use super::{selector, view};
use crate::bindings::cluster::{Area, Found, Listing, Query};
use crate::bindings::log::Level;
use crate::bindings::types::{Key, Kind, View};
use crate::path::{Step, parse};
use crate::world::World;

/// Objects, children, and a time.
pub(super) struct Cluster {
    namespace: Option<String>,
    objects: Vec<(Value, bool)>,
    pub(super) denied: Vec<Kind>,
    pub(super) now: i64,
    pub(super) log: RefCell<Vec<String>>,
}

impl Cluster {
    pub(super) fn new(namespace: Option<String>) -> Self {
        Self { namespace, objects: Vec::new(), denied: Vec::new(), now: 0, log: RefCell::default() }
    }

    pub(super) fn add(&mut self, object: Value, child: bool) {
        self.objects.push((object, child));
        self.objects.sort_by_cached_key(|(object, _)| {
            let api_version = text(&object["apiVersion"]);
            let group = api_version.split_once('/').map_or(String::new(), |(group, _)| group.to_owned());
            (group, text(&object["kind"]), namespace(object), text(&object["metadata"]["name"]))
        });
    }

    fn of_kind<'a>(&'a self, kind: &'a Kind) -> impl Iterator<Item = &'a Value> {
        let api_version = match kind.group.as_str() {
            "" => kind.version.clone(),
            group => format!("{group}/{}", kind.version),
        };
        let wanted = move |o: &&Value| o["kind"] == kind.kind.as_str() && o["apiVersion"] == api_version.as_str();
        self.objects.iter().map(|(object, _)| object).filter(wanted)
    }

    fn denies(&self, kind: &Kind) -> Option<String> {
        self.denied.contains(kind).then(|| format!("the Reconciler does not permit reading {}", kind.kind))
    }
}

impl World for RefCell<Cluster> {
    fn get(&self, key: &Key, view: View) -> Found {
        let cluster = self.borrow();
        if let Some(why) = cluster.denies(&key.kind) {
            return Found::Denied(why);
        }
        // A test's objects may leave the namespace out: then they are in the object's own.
        let own = cluster.namespace.as_deref();
        let there = key.namespace.as_deref().or(own);
        let mut all = cluster.of_kind(&key.kind);
        let found = all.find(|o| o["metadata"]["name"] == key.name.as_str() && in_namespace(o, there, own));
        found.map_or(Found::None, |object| Found::Value(view::of(object, view)))
    }

    fn list(&self, query: &Query) -> Listing {
        let cluster = self.borrow();
        if let Some(why) = cluster.denies(&query.kind) {
            return Listing::Denied(why);
        }
        let own = cluster.namespace.as_deref();
        let there = |object: &&Value| match &query.area {
            Area::OwnNamespace => own.is_some() && in_namespace(object, own, own),
            Area::Namespace(name) => in_namespace(object, Some(name), own),
            Area::All => true,
        };
        let labelled = |object: &&Value| selector::matches(&query.labels, &object["metadata"]["labels"]);
        let valued = |object: &&Value| query.fields.iter().all(|(path, value)| holds(object, path, value));
        let found = cluster.of_kind(&query.kind).filter(there).filter(labelled).filter(valued);
        Listing::Items(found.map(|object| view::of(object, query.view)).collect())
    }

    fn children(&self, view: View) -> Vec<String> {
        let cluster = self.borrow();
        cluster.objects.iter().filter(|(_, child)| *child).map(|(object, _)| view::of(object, view)).collect()
    }

    fn reached(&self, at: i64) -> bool {
        self.borrow().now >= at
    }

    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        self.borrow().log.borrow_mut().push(format!("{level}: {message}"));
    }
}

fn namespace(object: &Value) -> String {
    text(&object["metadata"]["namespace"])
}

fn in_namespace(object: &Value, wanted: Option<&str>, own: Option<&str>) -> bool {
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => wanted == Some(namespace),
        None => wanted == own,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether a field holds exactly this value.
fn holds(object: &Value, path: &str, value: &str) -> bool {
    let wanted: Value = serde_json::from_str(value).expect("the value of a field is JSON");
    let steps = parse(path).unwrap_or_else(|problem| unreachable!("{problem}"));
    let found = steps.iter().try_fold(object, |place, step| match step {
        Step::Field(name) => place.get(name),
        Step::Where { field, value } => place.as_array()?.iter().find(|entry| entry[field] == value.as_str()),
        Step::All => None,
    });
    found == Some(&wanted)
}
