//! The CRD of a guest as a file: `crds/<plural>.<group>.yaml`.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// When set to `write`, files are written instead of compared.
const VARIABLE: &str = "INNKEEPER_CRDS";

/// Fails unless the file `crds/<plural>.<group>.yaml` says what the type says, and so the file that the
/// module carries, if it carries one (its path is relative to the crate's `src`).
///
/// The folder `crds` is the nearest one beside or above the crate; where there is none, no YAML is
/// compared. [`guest!`](crate::guest) adds this as a test to every guest. With `INNKEEPER_CRDS=write` in
/// the environment the files are written instead.
///
/// # Panics
/// If a file is missing or stale, or cannot be read or written.
pub fn crd_is_current(crate_folder: &str, crd: Option<&str>, carried: Option<&str>) {
    let Some(text) = crd else { return };
    let crate_folder = Path::new(crate_folder);
    if let Some(carried) = carried {
        same(&crate_folder.join("src").join(carried), &format!("{text}\n"));
    }
    let mut folders = crate_folder.ancestors().map(|folder| folder.join("crds"));
    let Some(folder) = folders.find(|folder| folder.is_dir()) else { return };
    let crd: Value = serde_json::from_str(text).expect("a CRD is JSON");
    let name = crd["metadata"]["name"].as_str().expect("a CRD has a name");
    let yaml = serde_yaml_ng::to_string(&crd).expect("JSON can be written as YAML");
    let file = folder.join(format!("{name}.yaml"));
    same(&file, &format!("# Generated from the Rust type: `make manifests`.\n{yaml}"));
}

/// Writes the file if it is to be written, else compares it.
fn same(file: &Path, wanted: &str) {
    if std::env::var_os(VARIABLE).is_some_and(|value| value == "write") {
        fs::write(file, wanted).unwrap_or_else(|e| panic!("{} cannot be written: {e}", file.display()));
        return;
    }
    let found = fs::read_to_string(file).unwrap_or_default();
    assert!(found == wanted, "{} does not say what the type says: run `make manifests`", file.display());
}
