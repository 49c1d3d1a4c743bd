//! Stand-ins for the controllers that make workloads ready. They write the status that the real ones would, at once;
//! they make no ReplicaSets and no Pods.

mod status;

use std::collections::BTreeMap;
use std::fmt;

use innkeeper_core::kind::GroupKind;
use innkeeper_core::resource::Address;
use serde_json::Value;

use crate::server::Server;

/// What becomes of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is ready, or done.
    Ready,
    /// It is not ready yet.
    Waits,
    /// It fails.
    Fails {
        /// Why, in CamelCase.
        reason: String,
        /// Why, for people.
        message: String,
    },
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("becomes ready"),
            Self::Waits => f.write_str("waits"),
            Self::Fails { reason, message } => write!(f, "fails: {reason} {message}"),
        }
    }
}

/// The kinds that have a stand-in.
const KINDS: &[(&str, &str)] = &[
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("batch", "Job"),
    ("", "Pod"),
    ("", "PersistentVolumeClaim"),
];

/// All of them.
#[derive(Debug)]
pub(crate) struct Workloads {
    /// What nothing was said of becomes ready by itself.
    pub(crate) automatic: bool,
    said: BTreeMap<(String, Option<String>, String), Fate>,
}

impl Default for Workloads {
    fn default() -> Self {
        Self { automatic: true, said: BTreeMap::new() }
    }
}

impl Workloads {
    /// From now on this becomes of it.
    pub(crate) fn set(&mut self, at: &Address, fate: Fate) -> Result<(), String> {
        let kind = &at.resource.kind;
        if !KINDS.iter().any(|(group, name)| kind.group == *group && kind.kind == *name) {
            let all: Vec<&str> = KINDS.iter().map(|(_, kind)| *kind).collect();
            return Err(format!(
                "nothing stands in for the controller of {}: only for those of {}. Patch its status instead",
                kind.kind,
                all.join(", ")
            ));
        }
        self.said.insert((kind.kind.to_string(), at.namespace.clone(), at.name.clone()), fate);
        Ok(())
    }

    /// Each does what it would. Says whether anything was written.
    pub(crate) fn turn(&mut self, server: &mut Server) -> bool {
        let mut wrote = false;
        for (group, kind) in KINDS {
            for object in server.list(&GroupKind { group: (*group).into(), kind: (*kind).into() }) {
                let text = |field: &str| object["metadata"][field].as_str().map(str::to_owned);
                let name = ((*kind).to_owned(), text("namespace"), text("name").unwrap_or_default());
                let otherwise = if self.automatic { Fate::Ready } else { Fate::Waits };
                let fate = self.said.get(&name).unwrap_or(&otherwise);
                if object["metadata"]["deletionTimestamp"].is_string() {
                    continue;
                }
                let old = object.get("status").cloned().unwrap_or(Value::Null);
                let new = status::of(kind, &object, fate, &server.now());
                if old != new
                    && let Ok(at) = server.address(&object, None)
                {
                    wrote |= server.set_status(&at, new);
                }
            }
        }
        wrote
    }
}
