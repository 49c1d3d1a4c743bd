//! The names that Innkeeper leaves on objects, and how they are made.

use crate::kind::{GroupKind, Key};
use crate::object::digest;

/// Label on a child: the uid of its object.
pub const OBJECT_UID: &str = "innkeeper.dev/object-uid";
/// Annotation on a child: `Kind.group/namespace/name` of its object.
pub const OBJECT: &str = "innkeeper.dev/object";
/// Annotation on a child: its wave.
pub const WAVE: &str = "innkeeper.dev/wave";
/// Annotation on a child: the digest of what was asked, without this annotation.
pub const APPLIED: &str = "innkeeper.dev/applied";
/// Finalizer on an object whose children Kubernetes' garbage collection cannot be trusted with.
pub const CHILDREN_FINALIZER: &str = "innkeeper.dev/children";
/// Finalizer on an object whose guest has work to do when it goes.
pub const GUEST_FINALIZER: &str = "innkeeper.dev/guest";
/// Annotation on an object that is left alone: nothing is called, applied or deleted for it. Any value but
/// `false` does.
pub const PAUSED: &str = "innkeeper.dev/paused";
/// Annotation on an object that is looked at whenever its value changes, even if nothing else has.
pub const RECONCILE_NOW: &str = "innkeeper.dev/reconcile-now";
/// Finalizer on a Reconciler that must not be gone before the host has withdrawn what it left on objects.
pub const RECONCILER_FINALIZER: &str = "innkeeper.dev/reconciler";
/// Annotation on an object, set to `true` by a person: it goes without its guest's finalizing.
pub const SKIP_FINALIZE: &str = "innkeeper.dev/skip-finalize";
/// Annotation on an object that goes while its children stay (`kubectl delete --cascade=orphan`).
pub const ORPHANED: &str = "innkeeper.dev/orphaned";
/// Annotation on a Reconciler: the digest of the module that a person lets take over.
pub const APPROVED: &str = "innkeeper.dev/approved";
/// On a Reconciler: the digest of the module that is to take over at once, whatever steps there are.
pub const PROMOTED: &str = "innkeeper.dev/promoted";
/// Label and annotation on a ConfigMap that holds a chunk of a module: the module's digest, cut as a label and whole as
/// an annotation.
pub const MODULE: &str = "innkeeper.dev/module";
/// The prefix of everything that is Innkeeper's own on other people's objects.
pub const PREFIX: &str = "innkeeper.dev/";
/// The group of Innkeeper's own kinds.
pub const GROUP: &str = "innkeeper.dev";
/// The field manager of the host's own bookkeeping (status, finalizers, Reconcilers).
pub const HOST_MANAGER: &str = "innkeeper";

/// The field manager that keeps the values of fields which a child handed over.
pub const RELEASED_MANAGER: &str = "innkeeper.released";

/// The field manager of the children of a kind. It follows the kind served, so that a renamed, re-made
/// or moved Reconciler finds its children.
///
/// At most 128 bytes, as the API server demands of a field manager; a longer one ends in a digest.
pub fn field_manager(served: &GroupKind) -> String {
    bounded(format!("innkeeper.{served}"))
}

/// The field manager of what an object contributes to others.
pub fn contributor(uid: &str) -> String {
    format!("innkeeper.{uid}")
}

/// The uid of the object whose manager of contributions that is, if it is one: the managers of kinds have a dot
/// after their prefix as well.
pub fn contributor_of(manager: &str) -> Option<&str> {
    manager.strip_prefix("innkeeper.").filter(|rest| *manager != *RELEASED_MANAGER && !rest.contains('.'))
}

/// The annotation on what an object contributes to: the digest of what was asked.
pub fn contributed(uid: &str) -> String {
    format!("{uid}.{GROUP}/contributed")
}

/// The field manager of the labels and annotations that a guest sets on the object itself.
pub fn own_manager(served: &GroupKind) -> String {
    bounded(format!("innkeeper.{served}-own"))
}

fn bounded(full: String) -> String {
    if full.len() <= 128 {
        return full;
    }
    let end = (0..=115).rev().find(|i| full.is_char_boundary(*i)).unwrap_or(0);
    format!("{}-{}", &full[..end], &digest(full.as_bytes())[7..19])
}

/// Whether a label or annotation is Innkeeper's own to set.
pub fn is_reserved(key: &str) -> bool {
    let prefix = key.split_once('/').map_or("", |(prefix, _)| prefix);
    prefix == GROUP || prefix.strip_suffix(GROUP).is_some_and(|sub| sub.ends_with('.'))
}

/// What the annotation [`OBJECT`] says of an object.
pub fn object_annotation(object: &Key) -> String {
    format!("{}/{}/{}", object.kind.group_kind(), object.namespace.as_deref().unwrap_or(""), object.name)
}

/// Reads the annotation [`OBJECT`]: kind with group, namespace, name.
pub fn parse_object_annotation(text: &str) -> Option<(GroupKind, Option<String>, String)> {
    let mut parts = text.splitn(3, '/');
    let (kind, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
    let namespace = (!namespace.is_empty()).then(|| namespace.to_owned());
    Some((GroupKind { group: group.into(), kind: kind.into() }, namespace, name.into()))
}

/// Whether a text is a DNS label (RFC 1123): at most 63 of a-z, 0-9 and `-`, not at the ends.
pub fn is_dns_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= 63 && is_dns_part(text)
}

/// Whether a text is a DNS subdomain (RFC 1123): labels joined by dots, at most 253 characters.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|part| !part.is_empty() && is_dns_part(part))
}

fn is_dns_part(text: &str) -> bool {
    let alnum = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().all(|b| alnum(b) || b == b'-')
        && text.bytes().next().is_some_and(alnum)
        && text.bytes().last().is_some_and(alnum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    #[test]
    fn the_annotation_of_an_object_reads_back() {
        let key = Key::new(Kind::new("tm.example.com", "v1", "Site"), Some("shop".into()), "moon.one".into());
        let (kind, namespace, name) = parse_object_annotation(&object_annotation(&key)).expect("it reads back");
        assert_eq!((kind, namespace.as_deref(), name.as_str()), (key.kind.group_kind(), Some("shop"), "moon.one"));
    }

    #[test]
    fn a_field_manager_is_never_longer_than_the_api_server_takes() {
        let long = GroupKind { group: "g".repeat(200).into(), kind: "Kind".into() };
        assert!(field_manager(&long).len() <= 128 && own_manager(&long).len() <= 128);
        assert_ne!(field_manager(&long), own_manager(&long));
    }

    #[test]
    fn keys_of_our_domain_and_below_it_are_reserved() {
        assert!(is_reserved("innkeeper.dev/wave") && is_reserved("uid.innkeeper.dev/contributed"));
        assert!(!is_reserved("notinnkeeper.dev/a") && !is_reserved("innkeeper.dev") && !is_reserved("a.dev/b"));
    }

    #[test]
    fn names_with_slashes_dots_at_the_end_or_capitals_are_no_dns_names() {
        for bad in ["", "../x", "a/b", "Web", "-a", "a-", "a..b", "a."] {
            assert!(!is_dns_subdomain(bad), "{bad}");
        }
        assert!(is_dns_subdomain("a.b-c.1") && is_dns_label("a-1"));
    }
}
