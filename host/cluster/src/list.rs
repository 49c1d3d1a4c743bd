//! All objects of a kind, once.

use http::StatusCode;
use innkeeper_core::kind::GroupKind;
use innkeeper_core::object::Object;
use innkeeper_core::resource::Resource;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cluster::Cluster;
use crate::path;

/// Objects of one page of a list. CRDs are large.
const PAGE: &str = "100";

#[derive(Deserialize)]
struct List<T> {
    #[serde(default)]
    metadata: ListMeta,
    items: Vec<T>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListMeta {
    #[serde(rename = "continue")]
    next: String,
}

impl Cluster {
    /// All objects of a kind, in the version that the API server prefers. The error is for people.
    pub async fn objects(&self, kind: &GroupKind) -> Result<Vec<Object>, String> {
        let failed = |why: String| format!("{kind} cannot be listed: {why}");
        let resource = self.find(kind).await.map_err(failed)?.ok_or_else(|| format!("{kind} is not served"))?;
        let all: Vec<Box<RawValue>> = self.all(&resource).await.map_err(failed)?.unwrap_or_default();
        let parsed = all.iter().map(|text| Object::parse(text.get(), Some(&resource.kind)));
        parsed.collect::<Result<_, _>>().map_err(|error| failed(error.to_string()))
    }

    /// All objects of a kind, page by page; none if the kind is not served. The error is for people.
    pub(crate) async fn all<T: for<'de> Deserialize<'de>>(
        &self,
        resource: &Resource,
    ) -> Result<Option<Vec<T>>, String> {
        let mut items = Vec::new();
        let is_served = self.each(resource, |item| items.push(item)).await?;
        Ok(is_served.then_some(items))
    }

    /// Shows all objects of a kind, page by page. Says whether the kind is served. The error is for people.
    pub(crate) async fn each<T: for<'de> Deserialize<'de>>(
        &self,
        resource: &Resource,
        mut show: impl FnMut(T),
    ) -> Result<bool, String> {
        let mut next = String::new();
        loop {
            let path = path::with(&path::collection(resource, None), &[("limit", PAGE), ("continue", &next)]);
            let answer = self.get(&path).await?;
            if answer.status == StatusCode::NOT_FOUND {
                return Ok(false);
            }
            if !answer.status.is_success() {
                return Err(answer.message());
            }
            let list: List<T> = serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?;
            list.items.into_iter().for_each(&mut show);
            if list.metadata.next.is_empty() {
                return Ok(true);
            }
            next = list.metadata.next;
        }
    }
}
