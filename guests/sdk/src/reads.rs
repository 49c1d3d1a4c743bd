//! Looking at the cluster: a question is built, and ends with how much is looked at.

use std::borrow::Cow;
use std::marker::PhantomData;

use kube::core::ObjectMeta;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bindings::cluster::{Area, Found, Listing, Query};
use crate::bindings::types::{Key, Kind, View};
use crate::failure::ReadError;
use crate::kind::{Object, kind_of};
use crate::seen::{self, Seen};
use crate::world::World;

/// One object by name; from [`Context::get`](crate::Context::get). Ends with a view.
pub struct Get<'a, K> {
    world: &'a dyn World,
    key: Key,
    kind: PhantomData<K>,
}

/// Several objects; from [`Context::list`](crate::Context::list). Sorted by namespace, then name. Ends
/// with a view.
pub struct List<'a, K> {
    world: &'a dyn World,
    query: Query,
    problem: Option<String>,
    kind: PhantomData<K>,
}

/// The object's children of one kind; from [`Context::children`](crate::Context::children). Sorted by
/// namespace, then name; also those that are being deleted. Ends with a view.
pub struct Children<'a, K> {
    world: &'a dyn World,
    kind: PhantomData<K>,
}

/// The six views. Only what is looked at is an input: a change elsewhere leads to no new call.
macro_rules! views {
    ($container:ident, $each:ident) => {
        /// Name, namespace and uid: whether it is there.
        pub fn names(self) -> Result<$container<Seen<K, ()>>, ReadError> {
            $each(self.look(View::Names)?, seen::names)
        }

        /// The metadata: labels, annotations, owners, times.
        pub fn metadata(self) -> Result<$container<Seen<K, ObjectMeta>>, ReadError> {
            $each(self.look(View::Metadata)?, seen::metadata)
        }

        /// Everything that is neither metadata nor status; of metadata only name, namespace and uid.
        pub fn spec(self) -> Result<$container<K>, ReadError> {
            $each(self.look(View::Spec)?, seen::whole)
        }

        /// The status, and the generation. A status that is not there yet is the default one.
        pub fn status<S: DeserializeOwned + Default>(self) -> Result<$container<Seen<K, S>>, ReadError> {
            $each(self.look(View::Status)?, seen::status)
        }

        /// The whole object, but for resourceVersion and managedFields.
        pub fn full(self) -> Result<$container<K>, ReadError> {
            $each(self.look(View::Full)?, seen::whole)
        }

        /// `sha256:…` over everything but metadata and status: whether it changed.
        pub fn digest(self) -> Result<$container<Seen<K, String>>, ReadError> {
            $each(self.look(View::Digest)?, seen::digest)
        }
    };
}

impl<'a, K: Object> Get<'a, K> {
    pub(crate) fn new(world: &'a dyn World, name: &str) -> Self {
        let key = Key { kind: kind_of::<K>(), namespace: None, name: name.to_owned() };
        Self { world, key, kind: PhantomData }
    }

    /// In this namespace, not in that of the object being reconciled.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        self.key.namespace = Some(namespace.to_owned());
        self
    }

    fn look(&self, view: View) -> Result<Option<String>, ReadError> {
        match self.world.get(&self.key, view) {
            Found::Value(text) => Ok(Some(text)),
            Found::None => Ok(None),
            Found::Denied(why) => Err(ReadError::Denied(why)),
        }
    }

    views!(Option, each_option);
}

impl<'a, K: Object> List<'a, K> {
    pub(crate) fn new(world: &'a dyn World) -> Self {
        let area = if K::NAMESPACED { Area::OwnNamespace } else { Area::All };
        let query = Query { kind: kind_of::<K>(), area, labels: String::new(), fields: Vec::new(), view: View::Names };
        Self { world, query, problem: None, kind: PhantomData }
    }

    /// In this namespace, not in that of the object being reconciled.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        self.query.area = Area::Namespace(namespace.to_owned());
        self
    }

    /// In every namespace.
    #[must_use]
    pub fn everywhere(mut self) -> Self {
        self.query.area = Area::All;
        self
    }

    /// With labels like these, in kubectl's notation: `app=web,tier in (a,b),!legacy`. Each call adds.
    #[must_use]
    pub fn labels(mut self, selector: &str) -> Self {
        let labels = &mut self.query.labels;
        if !labels.is_empty() && !selector.is_empty() {
            labels.push(',');
        }
        labels.push_str(selector);
        self
    }

    /// With this label.
    #[must_use]
    pub fn label(self, key: &str, value: &str) -> Self {
        self.labels(&format!("{key}={value}"))
    }

    /// With exactly this value in this field, such as `spec.site`. The host keeps an index for it.
    #[must_use]
    pub fn field(mut self, path: &str, value: impl Serialize) -> Self {
        match serde_json::to_string(&value) {
            Ok(value) => self.query.fields.push((path.to_owned(), value)),
            Err(error) => self.problem = Some(format!("the value for {path} is no JSON: {error}")),
        }
        self
    }

    fn look(mut self, view: View) -> Result<Vec<String>, ReadError> {
        if let Some(problem) = self.problem {
            return Err(ReadError::Unreadable(problem));
        }
        self.query.view = view;
        match self.world.list(&self.query) {
            Listing::Items(items) => Ok(items),
            Listing::Denied(why) => Err(ReadError::Denied(why)),
        }
    }

    views!(Vec, each_vec);
}

impl<'a, K: Object> Children<'a, K> {
    pub(crate) fn new(world: &'a dyn World) -> Self {
        Self { world, kind: PhantomData }
    }

    fn look(&self, view: View) -> Result<Vec<String>, ReadError> {
        let mut children = self.world.children(view);
        let wanted = kind_of::<K>();
        children.retain(|text| Head::of(text).is_some_and(|head| head.is(&wanted)));
        Ok(children)
    }

    views!(Vec, each_vec);
}

/// What kind of object a text is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    api_version: Cow<'a, str>,
    kind: Cow<'a, str>,
}

impl<'a> Head<'a> {
    fn of(text: &'a str) -> Option<Self> {
        Self::first(text).or_else(|| serde_json::from_str(text).ok())
    }

    /// From the beginning of the text, where the host writes it: the rest need not be read for it.
    fn first(text: &'a str) -> Option<Self> {
        let (api_version, rest) = text.strip_prefix(r#"{"apiVersion":""#)?.split_once('"')?;
        let (kind, _) = rest.strip_prefix(r#","kind":""#)?.split_once('"')?;
        let is_plain = !api_version.contains('\\') && !kind.contains('\\');
        is_plain.then(|| Self { api_version: api_version.into(), kind: kind.into() })
    }

    /// Of that group and kind; the version may be another one.
    fn is(&self, kind: &Kind) -> bool {
        let group = self.api_version.split_once('/').map_or("", |(group, _)| group);
        self.kind == kind.kind && group == kind.group
    }
}

fn each_option<T>(text: Option<String>, parse: fn(&str) -> Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    text.as_deref().map(parse).transpose()
}

fn each_vec<T>(texts: Vec<String>, parse: fn(&str) -> Result<T, ReadError>) -> Result<Vec<T>, ReadError> {
    texts.iter().map(|text| parse(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_text_is_read_wherever_it_stands() {
        let job = Kind { group: "batch".to_owned(), version: "v1".to_owned(), kind: "Job".to_owned() };
        let is_job = |text: &str| Head::of(text).is_some_and(|head| head.is(&job));
        assert!(Head::first(r#"{"apiVersion":"batch/v1","kind":"Job","metadata":{}}"#).is_some());
        for text in [
            r#"{"apiVersion":"batch/v1","kind":"Job","metadata":{}}"#,
            r#"{"apiVersion":"batch/v2","kind":"Job"}"#,
            r#"{ "apiVersion": "batch/v1", "kind": "Job" }"#,
            r#"{"kind":"Job","data":{},"apiVersion":"batch/v1"}"#,
            r#"{"apiVersion":"batch\/v1","kind":"J\u006fb"}"#,
        ] {
            assert!(is_job(text), "{text}");
        }
        for text in
            [r#"{"apiVersion":"apps/v1","kind":"Job"}"#, r#"{"apiVersion":"batch/v1","kind":"CronJob"}"#, "{}", ""]
        {
            assert!(!is_job(text), "{text}");
        }
    }
}
