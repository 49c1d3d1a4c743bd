//! What a look at the cluster showed.

use std::marker::PhantomData;
use std::ops::Deref;

use kube::core::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bindings::types::Key;
use crate::failure::ReadError;
use crate::kind::{Object, kind_of};

/// A part of an object of kind `K`: its address, and what was looked at (`*seen` or its fields).
#[derive(Clone, Debug)]
pub struct Seen<K, T> {
    name: String,
    namespace: Option<String>,
    uid: String,
    generation: Option<i64>,
    part: T,
    kind: PhantomData<K>,
}

impl<K, T> Seen<K, T> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its namespace; none if it is cluster-scoped.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Its metadata.generation, where its status was looked at. A status whose observedGeneration is
    /// lower speaks of an earlier spec.
    pub fn generation(&self) -> Option<i64> {
        self.generation
    }
}

impl<K, T> Deref for Seen<K, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.part
    }
}

/// Something that stands for one very object: an object, or a part of it that was looked at.
pub trait Addressed {
    /// Where it is.
    fn key(&self) -> Key;
    /// Its uid; empty if it is not known.
    fn uid(&self) -> &str;
}

impl<K: Object> Addressed for K {
    fn key(&self) -> Key {
        let meta = self.meta();
        Key { kind: kind_of::<K>(), namespace: meta.namespace.clone(), name: meta.name.clone().unwrap_or_default() }
    }

    fn uid(&self) -> &str {
        self.meta().uid.as_deref().unwrap_or_default()
    }
}

impl<K: Object, T> Addressed for Seen<K, T> {
    fn key(&self) -> Key {
        Key { kind: kind_of::<K>(), namespace: self.namespace.clone(), name: self.name.clone() }
    }

    fn uid(&self) -> &str {
        &self.uid
    }
}

/// What every view shows of an object, and the two fields that some add.
#[derive(Deserialize)]
struct Shown<T> {
    metadata: Head,
    #[serde(default = "Option::default")]
    status: Option<T>,
    digest: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    name: String,
    namespace: Option<String>,
    #[serde(default)]
    uid: String,
    generation: Option<i64>,
}

#[derive(Deserialize)]
struct WithMeta {
    metadata: ObjectMeta,
}

impl Head {
    fn seen<K, T>(self, part: T) -> Seen<K, T> {
        let Self { name, namespace, uid, generation } = self;
        Seen { name, namespace, uid, generation, part, kind: PhantomData }
    }
}

/// The text as a whole object. In the view `spec` its status is missing.
pub(crate) fn whole<K: Object>(text: &str) -> Result<K, ReadError> {
    parsed::<K, K>(text)
}

pub(crate) fn names<K: Object>(text: &str) -> Result<Seen<K, ()>, ReadError> {
    Ok(parsed::<K, Shown<()>>(text)?.metadata.seen(()))
}

pub(crate) fn metadata<K: Object>(text: &str) -> Result<Seen<K, ObjectMeta>, ReadError> {
    let shown = parsed::<K, WithMeta>(text)?.metadata;
    let head = Head {
        name: shown.name.clone().unwrap_or_default(),
        namespace: shown.namespace.clone(),
        uid: shown.uid.clone().unwrap_or_default(),
        generation: shown.generation,
    };
    Ok(head.seen(shown))
}

pub(crate) fn status<K: Object, S: DeserializeOwned + Default>(text: &str) -> Result<Seen<K, S>, ReadError> {
    let shown = parsed::<K, Shown<S>>(text)?;
    Ok(shown.metadata.seen(shown.status.unwrap_or_default()))
}

pub(crate) fn digest<K: Object>(text: &str) -> Result<Seen<K, String>, ReadError> {
    let shown = parsed::<K, Shown<()>>(text)?;
    Ok(shown.metadata.seen(shown.digest.unwrap_or_default()))
}

fn parsed<K: Object, T: DeserializeOwned>(text: &str) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| {
        let named = serde_json::from_str::<Shown<serde::de::IgnoredAny>>(text);
        let name = named.map(|shown| shown.metadata.name).unwrap_or_default();
        ReadError::Unreadable(format!("{} {name:?} is not what its type says: {error}", K::kind(&())))
    })
}
