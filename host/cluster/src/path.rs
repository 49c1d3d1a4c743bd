//! Where things are: the paths of the API.

use innkeeper_core::kind::Kind;
use innkeeper_core::resource::{Address, Resource};

/// The root of a group and version: the core group is served apart from all others.
pub(crate) fn version(kind: &Kind) -> String {
    if kind.group.is_empty() {
        format!("/api/{}", encoded(&kind.version))
    } else {
        format!("/apis/{}/{}", encoded(&kind.group), encoded(&kind.version))
    }
}

/// The root of a group. The core group has none.
pub(crate) fn group(group: &str) -> String {
    format!("/apis/{}", encoded(group))
}

/// The collection of a kind in one namespace, or of a cluster-scoped kind.
pub(crate) fn collection(resource: &Resource, namespace: Option<&str>) -> String {
    let root = version(&resource.kind);
    let plural = encoded(&resource.plural);
    match namespace.filter(|_| resource.namespaced) {
        Some(namespace) => format!("{root}/namespaces/{}/{plural}", encoded(namespace)),
        None => format!("{root}/{plural}"),
    }
}

/// One object.
pub(crate) fn object(at: &Address) -> String {
    format!("{}/{}", collection(&at.resource, at.namespace.as_deref()), encoded(&at.name))
}

/// A path with its query.
pub(crate) fn with(path: &str, query: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = query.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// A segment or a value as RFC 3986 wants it: everything but the unreserved characters is encoded.
/// RBAC names hold colons; a guest may say anything.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(group: &str, plural: &str, namespace: Option<&str>, name: &str) -> String {
        let kind = Kind::new(group, "v1", "Thing");
        let resource = Resource { kind, plural: plural.into(), namespaced: namespace.is_some() };
        object(&Address { resource: resource.into(), namespace: namespace.map(str::to_owned), name: name.into() })
    }

    #[test]
    fn the_core_group_and_cluster_scoped_kinds_have_paths_of_their_own() {
        assert_eq!(at("", "services", Some("shop"), "web"), "/api/v1/namespaces/shop/services/web");
        assert_eq!(at("apps", "deployments", Some("a"), "b"), "/apis/apps/v1/namespaces/a/deployments/b");
        assert_eq!(at("", "nodes", None, "n.1"), "/api/v1/nodes/n.1");
    }

    #[test]
    fn what_would_mean_something_in_a_path_is_encoded() {
        assert_eq!(at("", "nodes", None, "a/b?c=d#e%"), "/api/v1/nodes/a%2Fb%3Fc%3Dd%23e%25");
        assert_eq!(with("/x", &[("a", "b&c"), ("d", "e f")]), "/x?a=b%26c&d=e%20f");
        assert_eq!(version(&Kind::new("../..", "v1", "X")), "/apis/..%2F../v1");
    }
}
