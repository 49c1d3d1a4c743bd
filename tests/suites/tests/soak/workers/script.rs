//! A script: what its WorkerDeployment says, and the releases that there are of it.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{ID, meta, of_account, one_of};

/// One version of a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) url: String,
    pub(crate) secret: Option<&'static str>,
    date: &'static str,
}

/// A script: its releases, the active one first, then those before it.
#[derive(Debug)]
pub(crate) struct Script {
    releases: Vec<Version>,
    pub(crate) limit: usize,
}

impl Version {
    /// Few are possible, so that an earlier one comes again.
    pub(crate) fn any(random: &mut Rng) -> Self {
        Self {
            url: format!("http://store.example/{}.js?a='b'&c=$(d)", random.u8(0..3)),
            secret: one_of(random, &[None, Some("variables")]),
            date: one_of(random, &["2026-01-01", "2026-02-01"]),
        }
    }

    fn template(&self, script: &str) -> Value {
        let mut template = json!({"scriptName": script, "compatibilityDate": self.date, "scriptUrls": [self.url]});
        if let Some(secret) = self.secret {
            template["secretRef"] = json!(secret);
        }
        template
    }
}

impl Script {
    pub(crate) fn new(version: Version) -> Self {
        Self { releases: vec![version], limit: 2 }
    }

    pub(crate) fn active(&self) -> &Version {
        &self.releases[0]
    }

    pub(crate) fn release(&mut self, version: Version) {
        self.releases.retain(|before| *before != version);
        self.releases.insert(0, version);
        self.limit(self.limit);
    }

    /// The active one is there whatever the limit says.
    pub(crate) fn limit(&mut self, limit: usize) {
        self.limit = limit;
        self.releases.truncate(limit.max(1));
    }

    pub(crate) fn object(&self, name: &str) -> Value {
        json!({
            "apiVersion": "api.worker-deployment/v1alpha1",
            "kind": "WorkerDeployment",
            "metadata": {"name": name, "labels": {"accounts": ID}},
            "spec": {"template": self.active().template(name), "releaseHistoryLimit": self.limit},
        })
    }

    /// The same with what is shown.
    pub(crate) fn object_as_it_becomes(&self, name: &str) -> Value {
        let mut object = self.object(name);
        object["status"] = json!({"releases": self.releases.len(), "activeRelease": format!("{name}-…")});
        object
    }

    pub(crate) fn children(&self, name: &str) -> Vec<Value> {
        let release = |version: &Version| {
            let mut spec = version.template(name);
            spec["secretRef"] = json!(version.secret);
            json!({"apiVersion": "api.worker-release/v1alpha1", "kind": "WorkerRelease",
                "metadata": of_account(meta(&format!("{name}-…"), "worker-deployment", name)), "spec": spec})
        };
        self.releases.iter().map(release).collect()
    }
}
