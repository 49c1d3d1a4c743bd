//! Fields to set on an existing object that is not a child.

use serde::Serialize;
use serde_json::{Value, json};

use crate::bindings::reconcile_types::Contribution as Wanted;
use crate::{json, path};

/// Fields to set on an existing object that is not a child; what [`Outcome::contribute`] returns.
///
/// It names only what it sets: types of whole objects would set their other required fields too.
///
/// [`Outcome::contribute`]: crate::Outcome::contribute
pub struct Contribution {
    manifest: Value,
    take: Vec<String>,
    problems: Vec<String>,
}

impl Contribution {
    pub(crate) fn of_json(manifest: Value) -> Self {
        Self { manifest, take: Vec::new(), problems: Vec::new() }
    }

    /// The object is in this namespace, not in the one of the object being reconciled.
    pub fn in_namespace(&mut self, namespace: &str) -> &mut Self {
        self.put("metadata.namespace", json!(namespace))
    }

    /// Sets a field, such as `spec.podTemplate.image` or `spec.containers[name=app].image`.
    pub fn set(&mut self, path: &str, value: impl Serialize) -> &mut Self {
        match json::value(&value) {
            Ok(value) => self.put(path, value),
            Err(error) => {
                self.problems.push(format!("the value for {path} is no JSON: {error}"));
                self
            }
        }
    }

    /// Sets a label.
    pub fn label(&mut self, key: &str, value: &str) -> &mut Self {
        self.put(&format!("metadata.labels.{}", path::quoted(key)), json!(value))
    }

    /// Sets an annotation.
    pub fn annotation(&mut self, key: &str, value: &str) -> &mut Self {
        self.put(&format!("metadata.annotations.{}", path::quoted(key)), json!(value))
    }

    /// The field may be taken from another field manager. Elsewhere that is a conflict.
    pub fn take(&mut self, path: &str) -> &mut Self {
        self.take.push(path.to_owned());
        self
    }

    fn put(&mut self, path: &str, value: Value) -> &mut Self {
        if let Err(problem) = path::set(&mut self.manifest, path, value) {
            self.problems.push(problem);
        }
        self
    }

    pub(crate) fn wanted(mut self) -> Result<Wanted, String> {
        if let Some(problem) = self.problems.into_iter().next() {
            return Err(problem);
        }
        for path in &self.take {
            path::parse(path)?;
        }
        json::manifest(&mut self.manifest);
        Ok(Wanted { manifest: self.manifest.to_string(), take: self.take })
    }
}
