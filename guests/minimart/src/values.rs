//! The chart's values: its defaults, with what the object says laid over them.

use std::collections::BTreeMap;

use innkeeper_sdk::{Failure, names, values};
use serde::Deserialize;
use serde_json::Value;

use crate::APP;
use crate::types::{Host, MinimartSpec};

/// The chart's `values.yaml`, as JSON.
const DEFAULTS: &str = include_str!("values.json");

/// All values of a shop.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    pub(crate) replica_count: i32,
    pub(crate) image: Image,
    pub(crate) image_pull_secrets: Value,
    name_override: String,
    fullname_override: String,
    pub(crate) service_account: ServiceAccount,
    pub(crate) pod_annotations: BTreeMap<String, String>,
    pub(crate) pod_security_context: Value,
    pub(crate) security_context: Value,
    pub(crate) resources: Value,
    pub(crate) service: Service,
    pub(crate) ingress: Ingress,
    pub(crate) autoscaling: Autoscaling,
    pub(crate) node_selector: Value,
    pub(crate) tolerations: Value,
    pub(crate) affinity: Value,
    pub(crate) apps: Apps,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Image {
    repository: String,
    pub(crate) pull_policy: String,
    tag: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ServiceAccount {
    pub(crate) create: bool,
    pub(crate) annotations: Value,
    name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Service {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) port: i32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Ingress {
    pub(crate) enabled: bool,
    pub(crate) annotations: Value,
    pub(crate) hosts: Vec<Host>,
    pub(crate) tls: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Autoscaling {
    pub(crate) enabled: bool,
    pub(crate) min_replicas: i32,
    pub(crate) max_replicas: i32,
    #[serde(rename = "targetCPUUtilizationPercentage")]
    pub(crate) target_cpu: i32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Apps {
    pub(crate) httpport: i32,
    pub(crate) rest: Rest,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Rest {
    pub(crate) stat: String,
    pub(crate) bev: String,
}

impl Values {
    pub(crate) fn of(spec: &MinimartSpec) -> Result<Self, Failure> {
        let defaults: Value = serde_json::from_str(DEFAULTS)?;
        values::over(&defaults, spec)
    }

    /// The name of the children of the shop of that name.
    pub(crate) fn fullname(&self, name: &str) -> String {
        let chart = if self.name_override.is_empty() { APP } else { &self.name_override };
        let whole = match self.fullname_override.as_str() {
            "" if name.contains(chart) => name.to_owned(),
            "" => format!("{name}-{chart}"),
            given => given.to_owned(),
        };
        let cut = &whole[..whole.floor_char_boundary(names::LONGEST)];
        cut.trim_end_matches('-').to_owned()
    }

    /// The name of the ServiceAccount of the Pods.
    pub(crate) fn service_account<'a>(&'a self, fullname: &'a str) -> &'a str {
        match (self.service_account.name.as_str(), self.service_account.create) {
            ("", true) => fullname,
            ("", false) => "default",
            (given, _) => given,
        }
    }

    /// The whole image.
    pub(crate) fn image(&self) -> String {
        format!("{}:{}", self.image.repository, self.image.tag)
    }
}
