//! One request as the API server saw it.

use std::fmt;

use jiff::Timestamp;

/// A request that the API server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// get, list, watch, create, update, patch, delete, deletecollection; the method in lower case
    /// for what is no resource.
    pub verb: String,
    /// The API group, empty for the core group.
    pub group: String,
    /// The version within the group: `v1`.
    pub version: String,
    /// The resource in the plural: `deployments`. Empty for paths like `/readyz`.
    pub resource: String,
    /// `status`, `scale`, …
    pub subresource: Option<String>,
    /// The namespace, of namespaced resources.
    pub namespace: Option<String>,
    /// The object's name. Of a create, the name that the object got.
    pub name: Option<String>,
    /// Who asked: the name of [`crate::User`], or `system:serviceaccount:…`.
    pub user: String,
    /// The HTTP status of the answer.
    pub code: u16,
    /// What the client calls itself.
    pub user_agent: String,
    /// Path and query as sent.
    pub uri: String,
    /// When the API server got it, by its clock.
    pub received: Timestamp,
    /// When its answer was complete; of a watch, when it began.
    pub answered: Timestamp,
}

impl Request {
    /// Whether it asks for a change: create, update, patch, delete or deletecollection.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self.verb.as_str(), "create" | "update" | "patch" | "delete" | "deletecollection")
    }

    /// Whether it reads once: get or list.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self.verb.as_str(), "get" | "list")
    }

    /// Whether it only asks what a write would do.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.uri.split_once('?').is_some_and(|(_, query)| query.split('&').any(|part| part.starts_with("dryRun=")))
    }
}

/// One line: `patch apps/v1 deployments/status default/web by alice: 200`.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.resource.is_empty() {
            return write!(f, "{} {} by {}: {}", self.verb, self.uri, self.user, self.code);
        }
        write!(f, "{} ", self.verb)?;
        if !self.group.is_empty() {
            write!(f, "{}/", self.group)?;
        }
        write!(f, "{} {}", self.version, self.resource)?;
        if let Some(subresource) = &self.subresource {
            write!(f, "/{subresource}")?;
        }
        match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => write!(f, " {namespace}/{name}")?,
            (Some(namespace), None) => write!(f, " in {namespace}")?,
            (None, Some(name)) => write!(f, " {name}")?,
            (None, None) => {}
        }
        if self.is_dry_run() {
            write!(f, " (dry run)")?;
        }
        write!(f, " by {}: {}", self.user, self.code)
    }
}
