//! Where the API server serves a kind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, WeakShared};
use http::StatusCode;
use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::resource::Resource;
use serde::Deserialize;

use crate::answer::Answer;
use crate::cluster::Cluster;
use crate::path;

/// What the API server tells of a group and version (meta/v1 APIResourceList).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resources {
    resources: Vec<Served>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Served {
    name: String,
    kind: String,
    namespaced: bool,
    verbs: Vec<String>,
}

/// What the API server tells of a group (meta/v1 APIGroup).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Group {
    versions: Vec<Version>,
    preferred_version: Version,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version {
    version: String,
}

/// Questions whose answer is on its way, by path: who asks the same meanwhile gets the same answer.
pub(crate) type Asking = Mutex<HashMap<String, WeakShared<BoxFuture<'static, Told>>>>;

type Told = Result<Arc<Answer>, String>;

impl Cluster {
    /// One GET of a path, or the answer to one that is on its way.
    async fn told(&self, path: String) -> Told {
        let answer = {
            let mut asking = self.asking().lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(answer) = asking.get(&path).and_then(WeakShared::upgrade) {
                answer
            } else {
                let (cluster, asked) = (self.clone(), path.clone());
                let answer = async move { cluster.get(&asked).await.map(Arc::new) }.boxed().shared();
                asking.retain(|_, other| other.upgrade().is_some());
                asking.extend(answer.downgrade().map(|answer| (path, answer)));
                answer
            }
        };
        answer.await
    }

    /// In which version a kind is served, the preferred one if it is; none if in no version.
    pub async fn find(&self, kind: &GroupKind) -> Result<Option<Arc<Resource>>, String> {
        for version in self.versions(&kind.group).await? {
            let resource = self.resolve(&Kind::new(&kind.group, &version, &kind.kind)).await?;
            if resource.is_some() {
                return Ok(resource);
            }
        }
        Ok(None)
    }

    /// The versions of a group, the preferred one first. The core group has one.
    async fn versions(&self, group: &str) -> Result<Vec<String>, String> {
        if group.is_empty() {
            return Ok(vec!["v1".to_owned()]);
        }
        let answer = self.told(path::group(group)).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let failed = |why: String| format!("the API server does not say which versions {group} has: {why}");
        if !answer.status.is_success() {
            return Err(failed(answer.message()));
        }
        let told: Group = serde_json::from_slice(&answer.body).map_err(|e| failed(e.to_string()))?;
        let preferred = told.preferred_version.version;
        let others = told.versions.into_iter().map(|v| v.version).filter(|version| *version != preferred);
        Ok(std::iter::once(preferred.clone()).chain(others).filter(|version| !version.is_empty()).collect())
    }

    /// Where a kind is served; none if it is not. One request at most, and no memory: the answer may change with
    /// every CRD.
    pub async fn resolve(&self, kind: &Kind) -> Result<Option<Arc<Resource>>, String> {
        if kind.version.is_empty() {
            return Ok(None);
        }
        let answer = self.told(path::version(kind)).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let failed = |why: String| format!("the API server does not say what {} serves: {why}", kind.api_version());
        if !answer.status.is_success() {
            return Err(failed(answer.message()));
        }
        let all: Resources = serde_json::from_slice(&answer.body).map_err(|e| failed(e.to_string()))?;
        Ok(found(all, kind).map(Arc::new))
    }
}

/// Subresources (`deployments/scale`) have kinds too, and are no place for objects. What cannot be listed and
/// watched (reviews, some aggregated APIs) is no place for children: the host would never see them.
fn found(all: Resources, kind: &Kind) -> Option<Resource> {
    let can = |resource: &Served, verb: &str| resource.verbs.iter().any(|v| v == verb);
    let place = |r: &Served| r.kind == kind.kind && !r.name.contains('/') && can(r, "list") && can(r, "watch");
    let served = all.resources.into_iter().find(place)?;
    Some(Resource { kind: kind.clone(), plural: served.name, namespaced: served.namespaced })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_only_a_subresource_has_or_that_cannot_be_watched_is_not_served() {
        let text = r#"{"kind":"APIResourceList","resources":[
            {"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["get","list","watch"]},
            {"name":"reviews","kind":"Review","namespaced":true,"verbs":["create"]},
            {"name":"deployments/scale","kind":"Scale","namespaced":true,"group":"autoscaling","version":"v1"}]}"#;
        let all = || serde_json::from_str::<Resources>(text).expect("an APIResourceList");
        let found = |kind| found(all(), &Kind::new("apps", "v1", kind));
        assert_eq!(found("Deployment").map(|r| (r.plural, r.namespaced)), Some(("deployments".into(), true)));
        assert_eq!(found("Scale"), None);
        assert_eq!(found("Review"), None);
        assert_eq!(found("StatefulSet"), None);
    }
}
