//! One object that should exist.

use serde_json::Value;

use crate::bindings::reconcile_types::{Adopt, Child as Wanted, Policy};
use crate::kind::Object;
use crate::{exclusive, json, path};

/// One object that should exist; what [`Outcome::child`] returns, to say more of it.
///
/// Some lists and maps are the guest's alone unless [`Child::shared`] says otherwise: entries there that
/// somebody else added are removed. Their entries are keyed by what a person is likely to edit, a port
/// number say: the edited one would otherwise stay beside the wanted one and make every later apply
/// invalid.
///
/// | kind | exclusive |
/// |---|---|
/// | Service | `spec.ports` |
/// | ConfigMap | `data`, `binaryData` |
/// | Deployment, StatefulSet, DaemonSet, ReplicaSet, Job | `ports` of every container and init container |
/// | CronJob | the same, in its Job's template |
///
/// [`Outcome::child`]: crate::Outcome::child
pub struct Child {
    manifest: Value,
    wanted: Wanted,
}

impl Child {
    pub(crate) fn of<K: Object>(object: &K) -> Result<Self, String> {
        let mut manifest = json::value(object).map_err(|e| format!("a {} is no JSON: {e}", K::kind(&())))?;
        json::entry(&mut manifest, "apiVersion").clone_from(&K::api_version(&()).into_owned().into());
        json::entry(&mut manifest, "kind").clone_from(&K::kind(&()).into_owned().into());
        Ok(Self::of_json(manifest))
    }

    pub(crate) fn of_json(mut manifest: Value) -> Self {
        json::manifest(&mut manifest);
        let api_version = manifest["apiVersion"].as_str().unwrap_or_default();
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let usual = exclusive::usual(group, manifest["kind"].as_str().unwrap_or_default());
        let wanted = Wanted {
            manifest: String::new(),
            wave: 0,
            policy: Policy::Apply,
            exclusive: usual.iter().map(ToString::to_string).collect(),
            release: Vec::new(),
            adopt: Adopt::Never,
        };
        Self { manifest, wanted }
    }

    /// It is applied when every child of a lower wave is ready. 0 unless said.
    pub fn wave(&mut self, wave: i32) -> &mut Self {
        self.wanted.wave = wave;
        self
    }

    /// How it is kept. [`Policy::Apply`] unless said.
    pub fn policy(&mut self, policy: Policy) -> &mut Self {
        self.wanted.policy = policy;
        self
    }

    /// Whether somebody else's object of that name may become it. [`Adopt::Never`] unless said.
    pub fn adopt(&mut self, adopt: Adopt) -> &mut Self {
        self.wanted.adopt = adopt;
        self
    }

    /// A list or map that is the guest's alone, such as `spec.template.spec.containers`.
    pub fn exclusive(&mut self, path: &str) -> &mut Self {
        self.wanted.exclusive.retain(|known| !path::covers(path, known));
        self.wanted.exclusive.push(path.to_owned());
        self
    }

    /// A list or map to which others may add: it and what is below it is not exclusive after all.
    pub fn shared(&mut self, path: &str) -> &mut Self {
        self.wanted.exclusive.retain(|known| !path::covers(path, known));
        self
    }

    /// A field to hand over: once the child stops naming it, its live value stays.
    pub fn release(&mut self, path: &str) -> &mut Self {
        self.wanted.release.push(path.to_owned());
        self
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn manifest(&self) -> &Value {
        &self.manifest
    }

    pub(crate) fn wanted(mut self) -> Result<Wanted, String> {
        if self.wanted.policy == Policy::Keep {
            // Nothing is applied, so nothing need be said of it: there may be a thousand.
            self.wanted.exclusive.clear();
            self.wanted.release.clear();
        }
        for path in self.wanted.exclusive.iter().chain(&self.wanted.release) {
            path::parse(path)?;
        }
        Ok(Wanted { manifest: self.manifest.to_string(), ..self.wanted })
    }
}
