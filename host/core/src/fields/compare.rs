//! Walking a wanted object along a fieldsV1 tree, without a schema.

use serde_json::{Map, Value};

use super::Difference;
use super::element::{Element, below, is_leaf, pair};

/// What the API server never records as owned (apimachinery, `managedfields/internal/stripmeta.go`).
const NOT_TRACKED: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "clusterName",
];

/// One comparison.
pub(super) struct Compare<'a> {
    at: Vec<Step<'a>>,
    lookup: String,
    found: Difference,
    /// How many paths of each kind to name; more are counted.
    limit: usize,
    /// Whether the first difference is enough.
    first_only: bool,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Owned(&'a str),
    Wanted(usize, &'a Value),
}

impl<'a> Compare<'a> {
    pub(super) fn new(limit: usize, first_only: bool) -> Self {
        Self { at: Vec::new(), lookup: String::new(), found: Difference::default(), limit, first_only }
    }

    /// Compares from the root. `others` are trees of other entries: what they hold below a place shows
    /// that a leaf of ours there is no atomic list or map, but one that lost everything.
    pub(super) fn run(mut self, owned: &'a Value, others: &[&'a Value], wanted: &'a Value) -> Difference {
        self.place(Some(owned), others, wanted);
        self.found
    }

    fn place(&mut self, owned: Option<&'a Value>, others: &[&'a Value], wanted: &'a Value) {
        if self.done() {
            return;
        }
        let filled = match wanted {
            Value::Object(map) => !map.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        let leaf = owned.is_some_and(is_leaf);
        if leaf && filled && !others.iter().any(|other| !is_leaf(other)) && !self.at.is_empty() {
            return;
        }
        let owned = owned.filter(|_| !leaf || !filled);
        match wanted {
            Value::Object(map) if filled => self.map(owned, others, map),
            Value::Array(list) if filled => self.list(owned, others, list),
            _ => {
                // A null and the empty form of a keyed list may be owned or not.
                let optional = wanted.is_null() || wanted.is_array();
                if !optional && owned.is_none_or(|owned| !is_leaf(owned)) {
                    self.missing();
                }
                self.extra_below(owned, |_| false);
            }
        }
    }

    fn map(&mut self, owned: Option<&'a Value>, others: &[&'a Value], wanted: &'a Map<String, Value>) {
        for (name, value) in wanted {
            if self.is_tracked(name) {
                let (mine, theirs) = self.field(owned, others, name);
                self.at.push(Step::Field(name));
                self.place(mine, &theirs, value);
                self.at.pop();
            }
        }
        self.extra_below(owned, |element| matches!(element, Element::Field(name) if wanted.contains_key(*name)));
    }

    fn list(&mut self, owned: Option<&'a Value>, others: &[&'a Value], wanted: &'a [Value]) {
        let Some(owned) = owned else { return self.missing() };
        let (raws, elements): (Vec<_>, Vec<_>) = below(owned).map(|(raw, _)| (raw, Element::parse(raw))).unzip();
        let pairs = pair(&elements, wanted);
        for (index, (item, entry)) in wanted.iter().zip(&pairs).enumerate() {
            let Some(raw) = entry.map(|entry| raws[entry]) else {
                self.at.push(Step::Wanted(index, item));
                self.missing();
                self.at.pop();
                continue;
            };
            if item.is_object() {
                let theirs: Vec<_> = others.iter().filter_map(|other| other.get(raw)).collect();
                self.at.push(Step::Owned(raw));
                self.place(owned.get(raw), &theirs, item);
                self.at.pop();
            }
        }
        for (_, raw) in raws.iter().enumerate().filter(|(entry, _)| !pairs.contains(&Some(*entry))) {
            self.at.push(Step::Owned(raw));
            self.extra();
            self.at.pop();
        }
    }

    fn extra_below(&mut self, owned: Option<&'a Value>, expected: impl Fn(&Element<'_>) -> bool) {
        for (raw, _) in owned.into_iter().flat_map(below) {
            let element = Element::parse(raw);
            let tracked = !matches!(element, Element::Field(name) if !self.is_tracked(name));
            if tracked && !expected(&element) {
                self.at.push(Step::Owned(raw));
                self.extra();
                self.at.pop();
            }
        }
    }

    fn field(
        &mut self,
        owned: Option<&'a Value>,
        others: &[&'a Value],
        name: &str,
    ) -> (Option<&'a Value>, Vec<&'a Value>) {
        self.lookup.clear();
        self.lookup.push_str("f:");
        self.lookup.push_str(name);
        let key = self.lookup.as_str();
        (owned.and_then(|owned| owned.get(key)), others.iter().filter_map(|other| other.get(key)).collect())
    }

    fn is_tracked(&self, name: &str) -> bool {
        match self.at.as_slice() {
            [] => !matches!(name, "apiVersion" | "kind" | "status"),
            [Step::Field("metadata") | Step::Owned("f:metadata")] => !NOT_TRACKED.contains(&name),
            _ => true,
        }
    }

    fn done(&self) -> bool {
        self.first_only && !self.found.is_empty()
    }

    fn missing(&mut self) {
        self.found.more += usize::from(self.found.missing.len() == self.limit);
        if self.found.missing.len() < self.limit {
            self.found.missing.push(render(&self.at));
        }
    }

    fn extra(&mut self) {
        self.found.more += usize::from(self.found.extra.len() == self.limit);
        if self.found.extra.len() < self.limit {
            self.found.extra.push(render(&self.at));
        }
    }
}

/// A path for people: `spec.ports[port=80,protocol=TCP].name`, `metadata.finalizers[=example.dev/x]`.
fn render(at: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in at {
        let element = match step {
            Step::Field(name) => Element::Field(name),
            Step::Owned(raw) => Element::parse(raw),
            Step::Wanted(index, item) => match (item.get("name"), item) {
                (Some(name), _) => Element::Key(Map::from_iter([("name".to_owned(), name.clone())])),
                (None, Value::Object(_)) => {
                    path.push_str(&format!("[{index}]"));
                    continue;
                }
                _ => Element::Item((*item).clone()),
            },
        };
        match element {
            Element::Field(name) if path.is_empty() => path.push_str(name),
            Element::Field(name) => path.push_str(&format!(".{name}")),
            Element::Key(key) => {
                let fields: Vec<_> = key.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
                path.push_str(&format!("[{}]", fields.join(",")));
            }
            Element::Item(value) => path.push_str(&format!("[={}]", plain(&value))),
            Element::Member | Element::Other => path.push_str("[?]"),
        }
    }
    path
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
