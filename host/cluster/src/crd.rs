//! The CustomResourceDefinition of `Reconciler`, generated from the core's types.

use innkeeper_core::names::{APPLIED, GROUP};
use innkeeper_core::object::digest;
use innkeeper_core::reconciler::{KIND, PLURAL, Spec, Status, VERSION};
use kube::core::schema::{OptionalEnum, StructuralSchemaRewriter};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

const HEADER: &str = "\
# The kind Reconciler. Generated from host/core/src/reconciler.rs by `make manifests`; edit it there.
";

/// The name of the CustomResourceDefinition.
pub(crate) fn name() -> String {
    format!("{PLURAL}.{GROUP}")
}

/// The CustomResourceDefinition of `Reconciler`.
///
/// Its annotation [`APPLIED`] holds the digest of the rest, so that a host knows without a write that
/// the cluster has it, whoever put it there.
pub fn reconciler_crd() -> Value {
    marked(definition())
}

/// A definition with the digest of the rest in its annotation [`APPLIED`].
pub(crate) fn marked(mut crd: Value) -> Value {
    let digest = digest(crd.to_string().as_bytes());
    crd["metadata"]["annotations"][APPLIED] = json!(digest);
    crd
}

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name()},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": KIND,
                "listKind": format!("{KIND}List"),
                "plural": PLURAL,
                "singular": KIND.to_lowercase(),
                "shortNames": ["rec"],
                "categories": ["innkeeper"],
            },
            "scope": "Cluster",
            "versions": [{
                "name": VERSION,
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": columns(),
                "schema": {"openAPIV3Schema": schema()},
            }],
        },
    })
}

/// The same as YAML, as `crds/reconcilers.innkeeper.dev.yaml` holds it.
pub fn reconciler_crd_yaml() -> String {
    let yaml = serde_yaml_ng::to_string(&reconciler_crd()).expect("a tree of JSON is always YAML");
    format!("{HEADER}{yaml}")
}

/// What `kubectl get reconcilers` shows; the last ones only with `-o wide`.
fn columns() -> Value {
    let column = |name: &str, kind: &str, path: &str, priority: u8| json!({"name": name, "type": kind, "jsonPath": path, "priority": priority});
    json!([
        column("Kind", "string", ".status.for.kind", 0),
        column("Digest", "string", ".status.shortDigest", 0),
        column("Ready", "string", r#".status.conditions[?(@.type=="Ready")].status"#, 0),
        column("Reason", "string", r#".status.conditions[?(@.type=="Ready")].reason"#, 0),
        column("Objects", "integer", ".status.objects.total", 0),
        column("Ready Objects", "integer", ".status.objects.ready", 0),
        column("Failing", "integer", ".status.objects.failing", 0),
        column("Age", "date", ".metadata.creationTimestamp", 0),
        column("Version", "string", ".status.version", 1),
        column("Whole Digest", "string", ".status.digest", 1),
    ])
}

fn schema() -> Value {
    let mut spec = of::<Spec>();
    let status = of::<Status>();
    one_source(&mut spec);
    json!({
        "type": "object",
        "description": "Binds a kind to the module that decides for it, and says within which bounds.",
        "required": ["spec"],
        "properties": {"spec": spec, "status": status},
    })
}

/// A URL of the host's own machine.
const LOOPBACK: &str = r"^https?://(localhost|127[.][0-9]+[.][0-9]+[.][0-9]+|\[::1\])(:[0-9]+)?([/?].*)?$";

/// Exactly one source of the module is named. Follows the fields of the type, so that a new one cannot
/// be forgotten here.
fn one_source(spec: &mut Value) {
    let Some(module) = spec.pointer_mut("/properties/module") else { return };
    let fields = module["properties"].as_object().into_iter().flat_map(Map::keys);
    let sources: Vec<String> = fields.filter(|field| *field != "digest").cloned().collect();
    let set: Vec<String> = sources.iter().map(|s| format!("has(self.{s})")).collect();
    module["x-kubernetes-validations"] = json!([
        {
            "rule": format!("[{}].filter(x, x).size() == 1", set.join(", ")),
            "message": format!("exactly one source of the module must be named: {}", sources.join(", ")),
        },
        {
            "rule": "!has(self.pushed) || has(self.digest)",
            "message": "a pushed module is named by its digest",
        },
        {
            "rule": format!("!has(self.url) || has(self.digest) || self.url.matches(r'{LOOPBACK}')"),
            "message": "a module from another machine is named by its digest",
        },
    ]);
}

/// A structural schema (Kubernetes documentation, "Specifying a structural schema") of one type.
fn of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::openapi3()
        .with(|s| {
            s.inline_subschemas = true;
            s.meta_schema = None;
        })
        .with_transform(StructuralSchemaRewriter)
        .with_transform(OptionalEnum)
        .into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    schema
}

/// What the API server would warn of or misread.
fn tidy(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    map.remove("title");
    map.remove("nullable");
    // OpenAPI knows no unsigned formats; the minimum says the same.
    if map.get("format").and_then(Value::as_str).is_some_and(|f| f.starts_with("uint")) {
        map.remove("format");
    }
    if map.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true)) {
        map.remove("additionalProperties");
    }
    if let Some(Value::Array(kinds)) = map.get("type").cloned() {
        let stated = kinds.into_iter().find(|k| k != "null");
        map.extend(stated.map(|kind| ("type".to_owned(), kind)));
    }
    core_group(map);
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(tidy);
    }
    for inner in ["items", "additionalProperties"] {
        map.get_mut(inner).into_iter().for_each(tidy);
    }
}

/// An API group that is left out is the core group.
fn core_group(map: &mut Map<String, Value>) {
    let Some(group) = map.get_mut("properties").and_then(|p| p.get_mut("group")) else { return };
    group["default"] = "".into();
    let emptied = match map.get_mut("required") {
        Some(Value::Array(required)) => {
            required.retain(|field| field != "group");
            required.is_empty()
        }
        _ => false,
    };
    if emptied {
        map.remove("required");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Value {
        reconciler_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].clone()
    }

    #[test]
    fn every_source_of_a_module_is_in_the_rule_that_wants_exactly_one() {
        let module = &spec()["properties"]["module"];
        let rule = module["x-kubernetes-validations"][0]["rule"].as_str().expect("a rule").to_owned();
        for source in module["properties"].as_object().expect("sources").keys().filter(|field| *field != "digest") {
            assert!(rule.contains(&format!("has(self.{source})")), "{rule}");
        }
    }

    #[test]
    fn a_group_that_is_left_out_is_the_core_group() {
        let kind = &spec()["properties"]["for"];
        assert_eq!((&kind["properties"]["group"]["default"], &kind["required"]), (&json!(""), &json!(["kind"])));
    }

    #[test]
    fn configuration_is_kept_whatever_it_is() {
        let config = &spec()["properties"]["config"];
        assert_eq!(config["x-kubernetes-preserve-unknown-fields"], true);
        assert!(config.get("additionalProperties").is_none(), "the two exclude each other");
    }

    #[test]
    fn nothing_is_in_the_schema_that_a_structural_one_must_not_have() {
        let text = reconciler_crd().to_string();
        for word in ["$ref", "\"definitions\"", "\"nullable\"", "\"anyOf\"", "\"oneOf\"", "\"uint"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}
