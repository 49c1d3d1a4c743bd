//! Many requests, narrowed down by what a test asks.

use std::fmt;
use std::ops::Deref;

use super::request::Request;

/// Requests in the order in which they ended. Each method narrows them down; as a slice they can be
/// counted, indexed and iterated; printed, they are one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests(Vec<Request>);

impl Requests {
    pub(crate) fn new(requests: Vec<Request>) -> Self {
        Self(requests)
    }

    /// Those that satisfy a condition of the test's own.
    #[must_use]
    pub fn only(mut self, keep: impl FnMut(&Request) -> bool) -> Self {
        self.0.retain(keep);
        self
    }

    /// Those of one user.
    #[must_use]
    pub fn by(self, user: &str) -> Self {
        self.only(|request| request.user == user)
    }

    /// Those of one resource, by its plural: `deployments`. Subresources included.
    #[must_use]
    pub fn of(self, resource: &str) -> Self {
        self.only(|request| request.resource == resource)
    }

    /// Those in one namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: &str) -> Self {
        self.only(|request| request.namespace.as_deref() == Some(namespace))
    }

    /// Create, update, patch, delete, deletecollection; dry runs too.
    #[must_use]
    pub fn writes(self) -> Self {
        self.only(Request::is_write)
    }

    /// Get and list.
    #[must_use]
    pub fn reads(self) -> Self {
        self.only(Request::is_read)
    }

    /// Watches, each once.
    #[must_use]
    pub fn watches(self) -> Self {
        self.only(|request| request.verb == "watch")
    }

    /// All but leases, which leader election and Nodes renew by the clock.
    #[must_use]
    pub fn without_leases(self) -> Self {
        self.only(|request| request.group != "coordination.k8s.io")
    }

    /// All but Events, of both API groups.
    #[must_use]
    pub fn without_events(self) -> Self {
        self.only(|request| request.resource != "events")
    }

    /// All but dry runs.
    #[must_use]
    pub fn without_dry_runs(self) -> Self {
        self.only(|request| !request.is_dry_run())
    }
}

impl Deref for Requests {
    type Target = [Request];

    fn deref(&self) -> &[Request] {
        &self.0
    }
}

impl IntoIterator for Requests {
    type Item = Request;
    type IntoIter = std::vec::IntoIter<Request>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Requests {
    type Item = &'a Request;
    type IntoIter = std::slice::Iter<'a, Request>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|request| writeln!(f, "{request}"))
    }
}
