//! Whether a manifest can be of its kind, and whether an object is as its kind wants it.

use innkeeper_core::resource::Address;
use serde_json::Value;

use super::refused::{Refused, Wrong};
use super::schema::{checked, fixed, mistyped, prune, ruled, typed, validated};
use super::verbs::How;
use super::{Served, Server};

impl Server {
    /// Whether a manifest has a form that the kind can have.
    pub(super) fn formed(
        &self,
        served: &Served,
        at: &Address,
        manifest: &Value,
        how: &How,
        apply: bool,
    ) -> Result<(), Refused> {
        let kind = &served.resource.kind;
        let (namespace, name) = (at.namespace.as_deref().unwrap_or_default(), &at.name);
        let no_patch = |why: String| {
            let of = format!("{namespace}/{name}; {}, Kind={}", kind.api_version(), kind.kind);
            Refused::new(500, format!("failed to create typed patch object ({of}): {why}"))
        };
        let unknown = if let Some(schema) = &served.schema {
            if let Some(why) = mistyped(manifest, schema, "").filter(|_| apply) {
                return Err(no_patch(why));
            }
            prune(&mut manifest.clone(), schema, "")
        } else {
            typed(&kind.kind, manifest).map_err(|why| {
                let what =
                    format!("{} in version \"{}\" cannot be handled as a {}", kind.kind, kind.version, kind.kind);
                Refused::new(400, format!("{what}: {why}"))
            })?
        };
        let Some(first) = unknown.first().filter(|_| how.strict) else { return Ok(()) };
        if apply {
            return Err(no_patch(format!(".{first}: field not declared in schema")));
        }
        let all: Vec<String> = unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
        Err(Refused::new(
            400,
            format!(
                "{} in version \"{}\" cannot be handled as a {}: strict decoding error: {}",
                kind.kind,
                kind.version,
                kind.kind,
                all.join(", ")
            ),
        ))
    }

    /// Whether an object is as its kind wants it.
    pub(super) fn valid(
        &mut self,
        served: &Served,
        at: &Address,
        old: Option<&Value>,
        new: &Value,
    ) -> Result<(), Refused> {
        let kind = &served.resource.kind;
        let mut wrong = checked(if served.is_built_in() { &kind.kind } else { "" }, new);
        if let Some(old) = old.filter(|_| served.is_built_in()) {
            wrong.extend(fixed(&kind.kind, old, new));
        }
        if let Some(schema) = &served.schema {
            let mut by_schema: Vec<Wrong> = Vec::new();
            validated(new, schema, "", &mut by_schema);
            // The rules are asked of what has the right form only.
            if by_schema.is_empty() {
                let mut found = (Vec::new(), Vec::new());
                ruled(new, old, schema, "", &mut found);
                by_schema = found.0;
                for unchecked in found.1.into_iter().map(|what| format!("{}: {what}", kind.kind)) {
                    if !self.unchecked.contains(&unchecked) {
                        self.unchecked.push(unchecked);
                    }
                }
            }
            wrong.extend(by_schema);
        }
        if let Some(old) = old.filter(|old| old["metadata"]["deletionTimestamp"].is_string()) {
            let has =
                |finalizer: &Value| old["metadata"]["finalizers"].as_array().is_some_and(|all| all.contains(finalizer));
            if let Some(more) = new["metadata"]["finalizers"].as_array().into_iter().flatten().find(|one| !has(one)) {
                let why = format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{more}}}"
                );
                wrong.push(Wrong::forbidden("metadata.finalizers", &why));
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Refused::invalid(&format!("{} \"{}\"", kind.group_kind(), at.name), wrong))
    }
}
