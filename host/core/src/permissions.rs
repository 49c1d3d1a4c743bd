//! What a guest may cause: the upper bound that a `Reconciler` states.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::{Manifest, Scope, Wish};
use crate::names::GROUP;

/// In which namespaces a permission holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Reach {
    /// Only the namespace of the object being reconciled.
    #[default]
    Own,
    /// The namespaces listed in `namespaces`.
    Named,
    /// Every namespace but those of Kubernetes itself (kube-*), which must be named.
    All,
    /// Cluster-scoped kinds.
    Cluster,
}

/// Kinds of one group that may be touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// The API group; empty for the core group.
    #[serde(default)]
    pub group: String,
    /// Kinds of that group, such as `Deployment`.
    #[schemars(length(min = 1))]
    pub kinds: Vec<String>,
    /// Where.
    #[serde(default)]
    pub reach: Reach,
    /// With reach `Named`: the namespaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
}

/// The upper bound of what a guest may cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permissions {
    /// Kinds its children may be of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apply: Vec<Permission>,
    /// Kinds on whose objects, not its children, it may set fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contribute: Vec<Permission>,
    /// Kinds that it may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<Permission>,
    /// Kinds whose objects, not its children, it may remove.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delete: Vec<Permission>,
}

/// Groups of which nothing is granted unless a person does.
const NEVER_BY_DEFAULT: [&str; 4] =
    ["rbac.authorization.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", GROUP];

impl Permission {
    /// Whether all of that scope is within reach.
    fn covers(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Own => matches!(self.reach, Reach::Own | Reach::All),
            Scope::All => self.reach == Reach::All,
            Scope::Cluster => self.reach == Reach::Cluster,
            Scope::Named(names) => match self.reach {
                Reach::All => !names.iter().any(|name| is_kubernetes(name) && !self.namespaces.contains(name)),
                Reach::Named => names.iter().all(|name| self.namespaces.contains(name)),
                Reach::Own | Reach::Cluster => false,
            },
        }
    }
}

/// Whether who asked for one scope asked for the other with it.
fn includes(asked: &Scope, scope: &Scope) -> bool {
    match (asked, scope) {
        (Scope::All, Scope::Own) => true,
        // All namespaces are not those of Kubernetes itself.
        (Scope::All, Scope::Named(names)) => !names.iter().any(|name| is_kubernetes(name)),
        (Scope::Named(asked), Scope::Named(names)) => names.iter().all(|name| asked.contains(name)),
        (asked, scope) => asked == scope,
    }
}

/// Where that is, for people.
fn place(scope: &Scope) -> String {
    match scope {
        Scope::Own => "in its own namespace".to_owned(),
        Scope::All => "in every namespace".to_owned(),
        Scope::Cluster => "in the cluster".to_owned(),
        Scope::Named(names) => format!("in {}", names.join(", ")),
    }
}

impl Permissions {
    /// The first permissions of a module from a folder: what its manifest asks for, in the object's own
    /// namespace, less what is never granted by default (RBAC, admission, CRDs, Innkeeper's own kinds).
    pub fn first(manifest: &Manifest) -> Self {
        Self {
            apply: own(&manifest.applies),
            contribute: own(&manifest.contributes),
            read: own(&manifest.reads),
            delete: own(&manifest.deletes),
        }
    }

    /// What a module asks for that is not granted, and that the one before it did not ask for either: `apply Job.batch in
    /// its own namespace`.
    pub fn lacks(&self, new: &Manifest, before: Option<&Manifest>) -> Vec<String> {
        let old = |of: fn(&Manifest) -> &Vec<Wish>| before.map(|manifest| of(manifest).as_slice()).unwrap_or_default();
        let verbs = [
            ("apply", &self.apply, &new.applies, old(|m| &m.applies)),
            ("contribute to", &self.contribute, &new.contributes, old(|m| &m.contributes)),
            ("read", &self.read, &new.reads, old(|m| &m.reads)),
            ("delete", &self.delete, &new.deletes, old(|m| &m.deletes)),
        ];
        let mut lacks = Vec::new();
        for (verb, granted, wishes, old) in verbs {
            for Wish { group, kinds, scope } in wishes {
                let asked_before = |kind: &String| {
                    old.iter()
                        .any(|wish| wish.group == *group && includes(&wish.scope, scope) && wish.kinds.contains(kind))
                };
                let is_granted = |kind: &String| of_kind(granted, group, kind).any(|p| p.covers(scope));
                let missing = kinds.iter().filter(|kind| !asked_before(kind) && !is_granted(kind));
                lacks.extend(missing.map(|kind| format!("{verb} {} {}", full_name(group, kind), place(scope))));
            }
        }
        lacks
    }

    /// Whether a child may be applied: `namespace` is where it would be (none: cluster-scoped), `own` the
    /// namespace of its object. The error says what is missing, for people.
    pub fn may_apply(&self, group: &str, kind: &str, namespace: Option<&str>, own: Option<&str>) -> Result<(), String> {
        allows(&self.apply, "apply", group, kind, namespace, own)
    }

    /// Whether a kind may be read anywhere at all. Words as in [`Permissions::may_apply`].
    pub fn may_read_some(&self, group: &str, kind: &str) -> Result<(), String> {
        match of_kind(&self.read, group, kind).next() {
            Some(_) => Ok(()),
            None => Err(format!("spec.permissions.read of the Reconciler does not list {}", full_name(group, kind))),
        }
    }

    /// Whether objects may be read in one namespace (none: cluster-scoped). Words as in
    /// [`Permissions::may_apply`].
    pub fn may_read(&self, group: &str, kind: &str, namespace: Option<&str>, own: Option<&str>) -> Result<(), String> {
        allows(&self.read, "read", group, kind, namespace, own)
    }

    /// Whether objects may be read in every namespace but those of Kubernetes itself, and in which of those.
    pub fn may_read_everywhere(&self, group: &str, kind: &str) -> Result<Vec<String>, String> {
        if !of_kind(&self.read, group, kind).any(|p| p.reach == Reach::All) {
            let name = full_name(group, kind);
            let missing = "spec.permissions.read of the Reconciler does not reach every namespace";
            return Err(format!("{missing}: {name}, which needs reach All"));
        }
        let named = of_kind(&self.read, group, kind).filter(|p| matches!(p.reach, Reach::All | Reach::Named));
        let mut named: Vec<String> =
            named.flat_map(|p| &p.namespaces).filter(|ns| is_kubernetes(ns)).cloned().collect();
        named.sort();
        named.dedup();
        Ok(named)
    }

    /// Whether fields may be set on an object that is not a child. Words as in [`Permissions::may_apply`].
    pub fn may_contribute(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
        own: Option<&str>,
    ) -> Result<(), String> {
        allows(&self.contribute, "contribute", group, kind, namespace, own)
    }

    /// Whether an object that is not a child may be removed. Words as in [`Permissions::may_apply`].
    pub fn may_delete(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
        own: Option<&str>,
    ) -> Result<(), String> {
        allows(&self.delete, "delete", group, kind, namespace, own)
    }
}

fn of_kind<'a>(list: &'a [Permission], group: &'a str, kind: &'a str) -> impl Iterator<Item = &'a Permission> {
    list.iter().filter(move |p| p.group == group && p.kinds.iter().any(|k| k == kind))
}

fn full_name(group: &str, kind: &str) -> String {
    if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") }
}

fn allows(
    list: &[Permission],
    verb: &str,
    group: &str,
    kind: &str,
    namespace: Option<&str>,
    own: Option<&str>,
) -> Result<(), String> {
    let of_kind: Vec<&Permission> = of_kind(list, group, kind).collect();
    if of_kind.iter().any(|p| p.reaches(namespace, own)) {
        return Ok(());
    }
    let name = full_name(group, kind);
    let place = match namespace {
        None => "cluster-scoped".to_owned(),
        Some(ns) if Some(ns) == own => "in its own namespace".to_owned(),
        Some(ns) => format!("in namespace {ns}"),
    };
    let missing = if of_kind.is_empty() { "does not list that kind" } else { "does not reach there" };
    Err(format!("spec.permissions.{verb} of the Reconciler {missing}: {name}, {place}"))
}

impl Permission {
    fn reaches(&self, namespace: Option<&str>, own: Option<&str>) -> bool {
        let named = |ns: &str| self.namespaces.iter().any(|n| n == ns);
        match (self.reach, namespace) {
            (Reach::Cluster, None) => true,
            (Reach::Own, Some(ns)) => Some(ns) == own && (!is_kubernetes(ns) || named(ns)),
            (Reach::Named, Some(ns)) => named(ns),
            (Reach::All, Some(ns)) => !is_kubernetes(ns) || named(ns),
            _ => false,
        }
    }
}

/// Whether a namespace is one of Kubernetes itself.
pub(crate) fn is_kubernetes(namespace: &str) -> bool {
    namespace.starts_with("kube-")
}

fn own(wishes: &[Wish]) -> Vec<Permission> {
    wishes
        .iter()
        .filter(|wish| wish.scope != Scope::Cluster && !NEVER_BY_DEFAULT.contains(&wish.group.as_str()))
        .map(|wish| Permission { group: wish.group.clone(), kinds: wish.kinds.clone(), ..Permission::default() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(reach: Reach, namespaces: &[&str]) -> Permissions {
        let namespaces = namespaces.iter().map(|n| (*n).to_owned()).collect();
        let apply = vec![Permission { group: "apps".into(), kinds: vec!["Deployment".into()], reach, namespaces }];
        Permissions { apply, ..Permissions::default() }
    }

    #[test]
    fn own_reaches_only_the_namespace_of_the_object() {
        let own = one(Reach::Own, &[]);
        assert!(own.may_apply("apps", "Deployment", Some("a"), Some("a")).is_ok());
        assert!(own.may_apply("apps", "Deployment", Some("b"), Some("a")).is_err());
        assert!(own.may_apply("apps", "Deployment", None, Some("a")).is_err());
        let missing = own.may_apply("", "Secret", Some("a"), Some("a"));
        assert!(missing.is_err_and(|e| e.contains("does not list that kind: Secret")));
    }

    #[test]
    fn the_namespaces_of_kubernetes_must_be_named() {
        assert!(one(Reach::All, &[]).may_apply("apps", "Deployment", Some("kube-system"), Some("a")).is_err());
        assert!(
            one(Reach::Own, &[]).may_apply("apps", "Deployment", Some("kube-system"), Some("kube-system")).is_err()
        );
        assert!(
            one(Reach::Named, &["kube-system"]).may_apply("apps", "Deployment", Some("kube-system"), Some("a")).is_ok()
        );
    }
}
