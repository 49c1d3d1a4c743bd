//! An object as kube's watcher passes it on: its JSON text, and the little of it that the watcher needs.

use std::borrow::Cow;

use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::resource::Resource;
use kube::api::ObjectMeta;
use kube::core::DynamicResourceScope;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// JSON text with its resourceVersion.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) text: Box<RawValue>,
    meta: ObjectMeta,
}

#[derive(Deserialize)]
struct Outer {
    metadata: Option<Inner>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inner {
    name: Option<String>,
    namespace: Option<String>,
    resource_version: Option<String>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let outer: Outer = serde_json::from_str(text.get()).map_err(de::Error::custom)?;
        let meta = outer.metadata.map(|m| ObjectMeta {
            name: m.name,
            namespace: m.namespace,
            resource_version: m.resource_version,
            ..ObjectMeta::default()
        });
        Ok(Self { text, meta: meta.unwrap_or_default() })
    }
}

impl kube::Resource for Raw {
    type DynamicType = Resource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &Resource) -> Cow<'_, str> {
        resource.kind.kind.as_str().into()
    }

    fn group(resource: &Resource) -> Cow<'_, str> {
        resource.kind.group.as_str().into()
    }

    fn version(resource: &Resource) -> Cow<'_, str> {
        resource.kind.version.as_str().into()
    }

    fn plural(resource: &Resource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

impl Raw {
    /// Its address.
    pub(crate) fn key(&self, kind: &Kind) -> Key {
        let name = self.meta.name.clone().unwrap_or_default();
        Key::new(kind.clone(), self.meta.namespace.clone(), name)
    }

    /// Its name with its namespace, for people.
    pub(crate) fn name(&self) -> String {
        let name = self.meta.name.as_deref().unwrap_or("without a name");
        self.meta.namespace.as_ref().map_or_else(|| name.to_owned(), |ns| format!("{ns}/{name}"))
    }
}
