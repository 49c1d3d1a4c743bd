//! What a module says of itself, and whether that can be.

use innkeeper_core::contract::{Limits, Manifest, Scope, Wish};
use innkeeper_core::kind::Kind;
use innkeeper_core::names::{is_dns_label, is_dns_subdomain};
use serde_json::Value;

use crate::bindings::ReconcilerPre;
use crate::convert;
use crate::engine::Engine;
use crate::error::LoadError;
use crate::size;
use crate::state::State;

/// Bounds of `describe`. A CustomResourceDefinition may be large.
const LIMITS: Limits = Limits { time_ms: 1000, memory: 64 << 20, outcome: 4 << 20, reads: 0, children: 0 };

/// Bytes of a module's version: it stands in statuses, in every trace and in the log.
const VERSION: usize = 128;
/// Kinds that all wishes may name together: they become the permissions of a Reconciler.
const KINDS: usize = 500;

/// Asks a guest what it is.
pub(crate) fn describe(engine: &Engine, guest: &ReconcilerPre<State>) -> Result<Manifest, LoadError> {
    let ran = engine.run(Ok(guest.clone()), State::describing(LIMITS), |guest, store| guest.call_describe(store));
    let manifest = match (ran.result, ran.state.called) {
        // Words before a trap are not what is wrong with it.
        (Err(_), Some(name)) if name != "log.write" => return Err(LoadError::DescribeCalled { name }),
        (Err(failure), _) => return Err(LoadError::Describe(failure)),
        (Ok(_), Some(name)) => return Err(LoadError::DescribeCalled { name }),
        (Ok(manifest), None) => convert::manifest(manifest),
    };
    let bytes = size::manifest(&manifest);
    if bytes > LIMITS.outcome {
        let why = format!("all its text has {bytes} bytes, and may have {}", LIMITS.outcome);
        return Err(LoadError::Manifest(why));
    }
    check(&manifest).map_err(LoadError::Manifest)?;
    Ok(manifest)
}

fn check(manifest: &Manifest) -> Result<(), String> {
    let Manifest { name, serves, crd, .. } = manifest;
    if !is_dns_label(name) {
        return Err(format!("the name {name:?} is no DNS label (at most 63 of a-z, 0-9 and `-`, not at the ends)"));
    }
    let Kind { group, version, kind } = serves;
    if !is_kind(kind) {
        return Err(format!("it serves the kind {kind:?}, which is no name of a kind (letters and digits)"));
    }
    if !group.is_empty() && !is_dns_subdomain(group) {
        return Err(format!("it serves {kind} of the group {group:?}, which is no DNS subdomain"));
    }
    if !is_dns_label(version) {
        return Err(format!("it serves {kind} in the version {version:?}; a version is like v1 or v1alpha1"));
    }
    if manifest.version.len() > VERSION || manifest.version.chars().any(char::is_control) {
        return Err(format!("its version must be at most {VERSION} bytes, without line breaks and the like"));
    }
    let Manifest { applies, contributes, reads, deletes, .. } = manifest;
    let kinds: usize = [applies, contributes, reads, deletes].into_iter().flatten().map(|wish| wish.kinds.len()).sum();
    if kinds > KINDS {
        return Err(format!("its wishes name {kinds} kinds, and may name {KINDS}"));
    }
    for (what, wishes) in [("applies", applies), ("contributes", contributes), ("reads", reads), ("deletes", deletes)] {
        for wish in wishes {
            check_wish(wish).map_err(|why| format!("a wish of `{what}`: {why}"))?;
        }
    }
    crd.as_deref().map_or(Ok(()), |crd| check_crd(crd, serves).map_err(|why| format!("its crd {why}")))
}

fn check_wish(wish: &Wish) -> Result<(), String> {
    let Wish { group, kinds, scope } = wish;
    if !group.is_empty() && !is_dns_subdomain(group) {
        return Err(format!("the group {group:?} is no DNS subdomain"));
    }
    if kinds.is_empty() {
        return Err(format!("it names no kinds of the group {group:?}"));
    }
    if let Some(kind) = kinds.iter().find(|kind| !is_kind(kind)) {
        return Err(format!("{kind:?} is no name of a kind (letters and digits)"));
    }
    match scope {
        Scope::Named(names) if names.is_empty() => Err("its scope names no namespace".into()),
        Scope::Named(names) => match names.iter().find(|name| !is_dns_label(name)) {
            Some(name) => Err(format!("{name:?} is no name of a namespace")),
            None => Ok(()),
        },
        Scope::Own | Scope::All | Scope::Cluster => Ok(()),
    }
}

fn is_kind(kind: &str) -> bool {
    kind.len() <= 63
        && kind.starts_with(|c: char| c.is_ascii_alphabetic())
        && kind.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether a CustomResourceDefinition is of the kind that is served. Its schema is the API server's affair.
fn check_crd(text: &str, serves: &Kind) -> Result<(), String> {
    let crd: Value = serde_json::from_str(text).map_err(|e| format!("is not JSON: {e}"))?;
    let at = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if at("/kind") != "CustomResourceDefinition" || at("/apiVersion") != "apiextensions.k8s.io/v1" {
        return Err("is not a CustomResourceDefinition of apiextensions.k8s.io/v1".into());
    }
    let (group, kind, plural) = (at("/spec/group"), at("/spec/names/kind"), at("/spec/names/plural"));
    if (group, kind) != (&serves.group, &serves.kind) {
        return Err(format!("is of {kind} in {group:?}, but it serves {} in {:?}", serves.kind, serves.group));
    }
    if at("/metadata/name") != format!("{plural}.{group}") {
        return Err(format!("has the name {:?}, it should be {plural}.{group}", at("/metadata/name")));
    }
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let served = |v: &&Value| v.get("served").and_then(Value::as_bool) == Some(true);
    let names: Vec<_> = versions.iter().filter(served).filter_map(|v| v.get("name")?.as_str()).collect();
    if names.contains(&serves.version.as_str()) {
        return Ok(());
    }
    Err(format!("has no served version {}, only [{}]", serves.version, names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let crd = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
            "metadata":{"name":"webs.example.com"},
            "spec":{"group":"example.com","names":{"kind":"Web","plural":"webs"},
                    "versions":[{"name":"v1","served":true},{"name":"v0","served":false}]}}"#;
        Manifest {
            name: "web".into(),
            version: "1.0.0".into(),
            serves: Kind::new("example.com", "v1", "Web"),
            crd: Some(crd.into()),
            applies: vec![Wish { group: "apps".into(), kinds: vec!["Deployment".into()], scope: Scope::Own }],
            contributes: Vec::new(),
            reads: Vec::new(),
            deletes: Vec::new(),
            finalizes: false,
            ordered_deletion: false,
        }
    }

    fn why(lie: impl FnOnce(&mut Manifest)) -> String {
        let mut manifest = manifest();
        lie(&mut manifest);
        check(&manifest).expect_err("a lie")
    }

    #[test]
    fn an_honest_manifest_is_taken() {
        assert_eq!(check(&manifest()), Ok(()));
    }

    #[test]
    fn a_manifest_that_lies_is_refused_and_the_lie_is_named() {
        assert!(why(|m| m.name = "My Guest".into()).contains("\"My Guest\" is no DNS label"));
        assert!(why(|m| m.serves.kind = "".into()).contains("the kind \"\""));
        assert!(why(|m| m.serves.version = "V 1".into()).contains("\"V 1\""));
        assert!(why(|m| m.version = "1".repeat(129)).contains("its version must be at most 128 bytes"));
        assert!(why(|m| m.version = "1\n2".into()).contains("without line breaks"));
        let many = vec!["Deployment".to_owned(); 501];
        assert!(why(|m| m.applies[0].kinds = many).contains("its wishes name 501 kinds, and may name 500"));
        assert!(why(|m| m.serves.group = "-".into()).contains("no DNS subdomain"));
        assert!(why(|m| m.applies[0].kinds.clear()).contains("`applies`: it names no kinds"));
        assert!(why(|m| m.applies[0].scope = Scope::Named(vec![])).contains("no namespace"));
        assert!(why(|m| m.crd = Some("a: yaml".into())).contains("is not JSON"));
        assert!(why(|m| m.crd = Some("{}".into())).contains("is not a CustomResourceDefinition"));
        assert!(why(|m| m.serves.kind = "Shop".into()).contains("is of Web"));
        assert!(why(|m| m.serves.version = "v0".into()).contains("no served version v0, only [v1]"));
    }
}
