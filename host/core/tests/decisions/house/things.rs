//! What a house is made of: the kind `Inn`, its module and its guest.

use innkeeper_core::contract::{Adopt, Child, Failure, Manifest, Outcome, Policy, Request, Scope, Wish};
use innkeeper_core::kind::Kind;
use serde_json::{Value, json};

use super::Api;

/// The guest's kind: `Inn.example.com`, namespaced.
pub fn manifest(finalizes: bool) -> Manifest {
    let wish = |group: &str, kind: &str, scope| Wish { group: group.into(), kinds: vec![kind.into()], scope };
    Manifest {
        name: "inn".into(),
        version: "1.0.0".into(),
        serves: Kind::new("example.com", "v1", "Inn"),
        crd: None,
        applies: vec![wish("", "ConfigMap", Scope::Own), wish("", "Secret", Scope::Own)],
        contributes: vec![],
        reads: vec![],
        deletes: vec![],
        finalizes,
        ordered_deletion: false,
    }
}

/// A ConfigMap as a child.
pub fn config_map(name: &str, data: &str) -> Child {
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"x": data}});
    Child {
        manifest: manifest.to_string(),
        wave: 0,
        policy: Policy::Apply,
        exclusive: vec![],
        release: vec![],
        adopt: Adopt::Never,
    }
}

/// An outcome with these children.
pub fn wants(children: Vec<Child>) -> Result<Outcome, Failure> {
    Ok(Outcome { children, ..Outcome::default() })
}

/// A guest that wants one ConfigMap per name in `spec.rooms`.
pub fn rooms(request: &Request) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    let names = object["spec"]["rooms"].as_array().cloned().unwrap_or_default();
    wants(names.iter().map(|name| config_map(name.as_str().unwrap(), "1")).collect())
}

/// The same for children that go in the order of their waves.
pub fn ordered(finalizes: bool) -> Manifest {
    Manifest { ordered_deletion: true, ..manifest(finalizes) }
}

/// The Reconciler of `Inn` that says this.
pub fn reconciler(spec: Value) -> Value {
    json!({"apiVersion": "innkeeper.dev/v1alpha1", "kind": "Reconciler", "metadata": {"name": "inn"}, "spec": spec})
}

/// An API server that serves `Inn`.
pub fn served() -> Api {
    let mut api = Api::default();
    api.put(crd());
    api
}

/// The CRD of `Tower`, like that of `Inn`.
pub fn towers() -> Value {
    let mut towers = crd();
    towers["metadata"]["name"] = json!("towers.example.com");
    towers["spec"]["names"] = json!({"plural": "towers", "kind": "Tower"});
    towers
}

/// The CRD of `Inn`.
pub fn crd() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "inns.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "inns", "kind": "Inn"},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    })
}

/// An `Inn` in namespace `a`.
pub fn inn(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Inn", "metadata": {"name": name, "namespace": "a"}, "spec": spec})
}
