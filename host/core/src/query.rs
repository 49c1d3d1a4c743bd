//! What a guest looks at: one object by name, or those of a kind that match; and whether an object does.

use std::fmt;

use serde_json::Value;

use crate::contract::View;
use crate::kind::{Key, Kind};
use crate::object::Object;
use crate::paths::{self, Path, Segment};
use crate::permissions::is_kubernetes;
use crate::selector::Selector;
use crate::watch::Form;

/// In which namespaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    /// In this one; none: among cluster-scoped objects.
    In(Option<String>),
    /// In all but those of Kubernetes itself (kube-*), of which only these.
    Everywhere(Vec<String>),
}

impl Area {
    /// Whether a namespace belongs to it.
    pub fn holds(&self, namespace: Option<&str>) -> bool {
        match (self, namespace) {
            (Self::In(one), there) => one.as_deref() == there,
            (Self::Everywhere(also), Some(ns)) => !is_kubernetes(ns) || also.iter().any(|n| n == ns),
            (Self::Everywhere(_), None) => true,
        }
    }

    /// The one namespace that it is.
    pub fn namespace(&self) -> Option<Option<&str>> {
        match self {
            Self::In(one) => Some(one.as_deref()),
            Self::Everywhere(_) => None,
        }
    }
}

/// One look at the cluster, with everything in it resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// Of which kind.
    pub kind: Kind,
    /// In which namespaces.
    pub area: Area,
    /// What is looked for there.
    pub what: What,
    /// How much of it.
    pub view: View,
}

impl fmt::Display for Query {
    /// Such as `get v1 ConfigMap shop/web`, or `list v1 Pod in shop with app=web and a spec.nodeName`. What a field
    /// must hold is left out: it may be copied from an object.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if matches!(self.what, What::Named(_)) { "get" } else { "list" };
        write!(f, "{verb} {} ", self.kind)?;
        match (&self.what, &self.area) {
            (What::Named(name), Area::In(Some(namespace))) => write!(f, "{namespace}/{name}"),
            (What::Named(name), _) => f.write_str(name),
            (What::All(labels, fields), area) => {
                match area {
                    Area::In(Some(namespace)) => write!(f, "in {namespace}")?,
                    Area::In(None) | Area::Everywhere(_) => f.write_str("everywhere")?,
                }
                let labels = Some(labels.to_string()).filter(|labels| !labels.is_empty());
                let fields = fields.iter().map(|field| format!("a {}", field.path));
                let with: Vec<String> = labels.into_iter().chain(fields).collect();
                if with.is_empty() { Ok(()) } else { write!(f, " with {}", with.join(" and ")) }
            }
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The object of that name.
    Named(String),
    /// Every object with such labels and fields.
    All(Selector, Vec<Field>),
}

/// A field that must hold a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Where.
    pub path: Path,
    /// Which, as JSON text in serde_json's own writing.
    pub value: String,
}

/// Something that objects can be found by without looking at each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lookup {
    /// By the value of this label.
    Label(String),
    /// By the value of this field.
    Field(Path),
}

impl Field {
    /// A field as a guest states it. The error is for people.
    pub fn parse(path: &str, value: &str) -> Result<Self, String> {
        let parsed = Path::parse(path).map_err(|e| e.to_string())?;
        if parsed.segments().contains(&Segment::All) {
            return Err(format!("the path `{path}` means several places: a field to look by has no [*]"));
        }
        let value: Value = serde_json::from_str(value).map_err(|e| format!("the value `{value}` is no JSON: {e}"))?;
        Ok(Self { path: parsed, value: value.to_string() })
    }
}

impl Lookup {
    /// What an object is found under.
    pub fn values(&self, object: &Object, tree: &mut Option<Value>) -> Vec<String> {
        match self {
            Self::Label(key) => object.meta.labels.get(key).into_iter().map(str::to_owned).collect(),
            Self::Field(path) => {
                let tree = tree.get_or_insert_with(|| searched(object));
                paths::select(path, tree).into_iter().map(Value::to_string).collect()
            }
        }
    }
}

#[cfg(test)]
thread_local! {
    /// How often an object was parsed to be searched.
    pub(crate) static SEARCHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// An object as fields are looked for in it: as every view, it holds no resourceVersion.
fn searched(object: &Object) -> Value {
    #[cfg(test)]
    SEARCHED.set(SEARCHED.get() + 1);
    let mut tree = object.value();
    if let Some(metadata) = tree.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
    }
    tree
}

impl Query {
    /// What is looked at, for people: a list has the name `*`.
    pub fn key(&self) -> Key {
        let name = match &self.what {
            What::Named(name) => name.clone(),
            What::All(..) => "*".to_owned(),
        };
        Key::new(self.kind.clone(), self.area.namespace().flatten().map(str::to_owned), name)
    }

    /// Whether an object belongs to the answer.
    pub fn matches(&self, object: &Object) -> bool {
        self.matches_parsed(object, &mut None)
    }

    /// The same for several queries about one object: its tree is made when it is first needed.
    pub fn matches_parsed(&self, object: &Object, tree: &mut Option<Value>) -> bool {
        let is_it = match &self.what {
            What::Named(name) => *name == object.key.name,
            What::All(selector, _) => selector.matches(&object.meta.labels),
        };
        is_it && self.area.holds(object.key.namespace.as_deref()) && self.fields_match(object, tree)
    }

    fn fields_match(&self, object: &Object, tree: &mut Option<Value>) -> bool {
        let What::All(_, fields) = &self.what else { return true };
        if fields.is_empty() {
            return true;
        }
        let tree = tree.get_or_insert_with(|| searched(object));
        let holds = |field: &Field| paths::select(&field.path, tree).iter().any(|v| v.to_string() == field.value);
        fields.iter().all(holds)
    }

    /// What the objects of the answer can be found by.
    pub fn anchor(&self) -> Option<(Lookup, String)> {
        let What::All(selector, fields) = &self.what else { return None };
        match fields.first() {
            Some(field) => Some((Lookup::Field(field.path.clone()), field.value.clone())),
            None => selector.equality().map(|(key, value)| (Lookup::Label(key.to_owned()), value.to_owned())),
        }
    }

    /// How much of the kind's objects must be watched to answer it.
    pub fn form(&self) -> Form {
        let by_fields = matches!(&self.what, What::All(_, fields) if !fields.is_empty());
        match self.view {
            View::Names | View::Metadata if !by_fields => Form::Metadata,
            _ => Form::Whole,
        }
    }
}
