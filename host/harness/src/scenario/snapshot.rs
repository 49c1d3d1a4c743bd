//! Snapshots: what objects were like when somebody looked at them and found it good.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Player, differences};
use crate::lab::Broken;
use crate::yaml;

/// Where the snapshots of one scenario are, and whether they are written anew.
#[derive(Clone, Debug, Default)]
pub struct Snapshots {
    /// The files' common beginning: `snapshots/<scenario>`.
    pub files: PathBuf,
    /// They are written instead of compared.
    pub update: bool,
}

impl Snapshots {
    /// Those of a scenario's file.
    pub fn of(file: &Path, update: bool) -> Self {
        let folder = file.parent().unwrap_or(Path::new("")).join("snapshots");
        Self { files: folder.join(file.file_stem().unwrap_or_default()), update }
    }

    fn file(&self, line: usize) -> PathBuf {
        let name = self.files.file_name().unwrap_or_default().to_string_lossy();
        self.files.with_file_name(format!("{name}.{line}.yaml"))
    }
}

impl Player {
    /// Compares objects with the snapshot of the `number`th step, or writes that. In which way they are otherwise, a line
    /// each.
    pub(super) fn is_as_before(&self, names: &[String], number: usize) -> Result<Vec<String>, Broken> {
        let mut now = Vec::new();
        for name in names {
            match self.lab.object(name)? {
                Some(object) => now.push(lasting(object)),
                None => return Ok(vec![format!("{name} is not there, and is to be in the snapshot")]),
            }
        }
        let file = self.snapshots.file(number);
        if self.snapshots.update {
            let texts: Vec<String> = now.iter().map(yaml::write).collect();
            let written = std::fs::create_dir_all(file.parent().unwrap_or(Path::new("")))
                .and_then(|()| std::fs::write(&file, format!("---\n{}", texts.join("---\n"))));
            return match written {
                Ok(()) => Ok(Vec::new()),
                Err(error) => Err(Broken(format!("{} cannot be written: {error}", file.display()))),
            };
        }
        let Ok(text) = std::fs::read_to_string(&file) else {
            return Ok(vec![format!("there is no snapshot {}: innkeeper test --update writes it", file.display())]);
        };
        let before = yaml::documents(&text).map_err(|wrong| Broken(format!("{}: {wrong}", file.display())))?;
        let mut lines = Vec::new();
        for (n, name) in names.iter().enumerate() {
            let before = before.get(n).map(yaml::Node::value).unwrap_or_default();
            let all = differences(&before, &now[n], true);
            if !all.is_empty() {
                lines.push(format!("{name} is not as in {}:", file.display()));
                lines.extend(all.iter().flat_map(super::Differs::lines));
            }
        }
        Ok(lines)
    }
}

/// An object without what is another each time.
fn lasting(mut object: Value) -> Value {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata
            .retain(|name, _| matches!(name.as_str(), "name" | "namespace" | "labels" | "annotations" | "finalizers"));
        for field in ["labels", "annotations"] {
            if let Some(map) = metadata.get_mut(field).and_then(Value::as_object_mut) {
                map.retain(|name, _| !innkeeper_core::names::is_reserved(name));
            }
            if metadata.get(field).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
                metadata.remove(field);
            }
        }
    }
    for condition in object.pointer_mut("/status/conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        condition.as_object_mut().map(|condition| condition.remove("lastTransitionTime"));
    }
    object
}
