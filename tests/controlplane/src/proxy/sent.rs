//! What a client sent, as far as a path tells.

use std::fmt;

/// A request that arrived at the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The HTTP method: GET, POST, PUT, PATCH, DELETE.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark; empty when there is none.
    pub query: String,
}

impl Sent {
    /// Whether it asks for a change.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE")
    }

    /// Whether it only asks what a write would do.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.query.split('&').any(|part| part.starts_with("dryRun="))
    }

    /// Whether it changes what a cluster holds for its users: a write, but no dry run, no question
    /// that is put as a POST (access and token reviews), no lease and no Event. This is what is
    /// counted unless a test says otherwise.
    #[must_use]
    pub fn changes_the_cluster(&self) -> bool {
        let group = self.group();
        self.is_write()
            && !self.is_dry_run()
            && !matches!(group, "authorization.k8s.io" | "authentication.k8s.io" | "coordination.k8s.io")
            && self.resource() != Some("events")
    }

    /// The API group, empty for the core group and for what is no resource.
    #[must_use]
    pub fn group(&self) -> &str {
        self.path.strip_prefix("/apis/").and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }

    /// The plural of the resource: `deployments`.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.below_version().first().copied()
    }

    /// The object's name; none of a create or a list.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.below_version().get(1).copied()
    }

    /// `status`, `scale`, …
    #[must_use]
    pub fn subresource(&self) -> Option<&str> {
        self.below_version().get(2).copied()
    }

    /// `[resource, name, subresource]`, as far as they are there.
    fn below_version(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = self.path.split('/').filter(|part| !part.is_empty()).collect();
        let prefix = match parts.first() {
            Some(&"api") => 2,  // api/v1
            Some(&"apis") => 3, // apis/group/version
            _ => return Vec::new(),
        };
        parts.drain(..prefix.min(parts.len()));
        // namespaces/NAME/RESOURCE, but not namespaces/NAME and its own subresources.
        if parts.first() == Some(&"namespaces") && parts.len() > 2 && !matches!(parts[2], "status" | "finalize") {
            parts.drain(..2);
        }
        parts
    }
}

/// `PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=x`
impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if self.query.is_empty() { Ok(()) } else { write!(f, "?{}", self.query) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(method: &str, path: &str, query: &str) -> Sent {
        Sent { method: method.into(), path: path.into(), query: query.into() }
    }

    #[test]
    fn a_path_tells_group_resource_name_and_subresource() {
        let patch = sent("PATCH", "/apis/apps/v1/namespaces/default/deployments/web/status", "");
        assert_eq!(patch.group(), "apps");
        assert_eq!(
            (patch.resource(), patch.name(), patch.subresource()),
            (Some("deployments"), Some("web"), Some("status"))
        );
        let namespace = sent("PUT", "/api/v1/namespaces/default/finalize", "");
        assert_eq!((namespace.resource(), namespace.name()), (Some("namespaces"), Some("default")));
        let create = sent("POST", "/api/v1/namespaces/default/pods", "");
        assert_eq!((create.group(), create.resource(), create.name()), ("", Some("pods"), None));
        assert_eq!(sent("GET", "/readyz", "").resource(), None);
    }

    #[test]
    fn only_what_changes_the_cluster_counts() {
        let apply = "/apis/apps/v1/namespaces/default/deployments/web";
        assert!(sent("PATCH", apply, "fieldManager=innkeeper").changes_the_cluster());
        assert!(!sent("PATCH", apply, "fieldManager=innkeeper&dryRun=All").changes_the_cluster());
        assert!(!sent("GET", apply, "").changes_the_cluster());
        for path in [
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            "/apis/coordination.k8s.io/v1/namespaces/default/leases/innkeeper",
            "/apis/events.k8s.io/v1/namespaces/default/events",
            "/api/v1/namespaces/default/events",
        ] {
            assert!(!sent("POST", path, "").changes_the_cluster(), "{path}");
        }
    }
}
