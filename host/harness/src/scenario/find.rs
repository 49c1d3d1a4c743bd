//! Scenario files and modules, found by their place.

use std::path::{Path, PathBuf};

/// A scenario's file.
pub type Found = PathBuf;

/// The scenario files of a path: itself, or every `*.yaml` in a folder `scenarios` in it or below. Folders of builds,
/// `objects` and `snapshots` are left out.
pub fn find(path: &Path) -> std::io::Result<Vec<Found>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    walk(path, path.file_name().is_some_and(|name| name == "scenarios"), &mut found)?;
    let here = found.into_iter().map(|path| path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
    let mut found: Vec<Found> = here.collect();
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, inside: bool, found: &mut Vec<Found>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !matches!(name.as_str(), "target" | "node_modules" | "objects" | "snapshots") {
                walk(&path, inside || name == "scenarios", found)?;
            }
        } else if inside && matches!(path.extension().and_then(|e| e.to_str()), Some("yaml" | "yml")) {
            found.push(path);
        }
    }
    Ok(())
}

/// The module that a scenario is about, by its place: `target/guests/NAME.wasm` in a folder above, where NAME is the
/// package whose folder `scenarios` it is in. The error says what was looked for.
pub fn module_of(file: &Path) -> Result<PathBuf, String> {
    let file = file.canonicalize().map_err(|error| format!("{}: {error}", file.display()))?;
    let Some(project) = file
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "scenarios"))
        .and_then(Path::parent)
    else {
        return Err("it is in no folder `scenarios` of a guest, so its module is not known: say `module: FILE` in it, or --module FILE".to_owned());
    };
    let name =
        package(project).unwrap_or_else(|| project.file_name().unwrap_or_default().to_string_lossy().into_owned());
    let place = PathBuf::from("target/guests").join(format!("{name}.wasm"));
    project.ancestors().map(|folder| folder.join(&place)).find(|path| path.is_file()).ok_or_else(|| {
        format!(
            "there is no {} in {} or above it: build it first (innkeeper build {0:?}), or say --module FILE",
            place.display(),
            project.display()
        )
    })
}

/// The name of the package in a folder.
fn package(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let name = text.lines().find_map(|line| line.trim().strip_prefix("name"))?;
    let name = name.trim().strip_prefix('=')?.trim().trim_matches('"');
    (!name.is_empty()).then(|| name.to_owned())
}
