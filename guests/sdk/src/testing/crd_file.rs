//! The CRD of a guest as a file: `crds/<plural>.<group>.yaml`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// When set to `write`, the file is written instead of compared.
const VARIABLE: &str = "INNKEEPER_CRDS";

/// Fails unless the file `crds/<plural>.<group>.yaml` says what the type says. The folder `crds` is the
/// nearest one beside or above the crate; where there is none, nothing is compared.
///
/// [`guest!`](crate::guest) adds this as a test to every guest. `INNKEEPER_CRDS=write cargo test` writes
/// the files.
///
/// # Panics
/// If the file is missing or stale, or cannot be read or written.
pub fn crd_is_current(crate_folder: &str, crd: Option<&str>) {
    let above = Path::new(crate_folder).ancestors().map(|folder| folder.join("crds"));
    let (Some(crd), Some(folder)) = (crd, above.into_iter().find(|folder| folder.is_dir())) else { return };
    let (file, yaml) = file(&folder, crd);
    if std::env::var_os(VARIABLE).is_some_and(|value| value == "write") {
        fs::write(&file, yaml).unwrap_or_else(|e| panic!("{} cannot be written: {e}", file.display()));
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == yaml, "{} does not say what the type says: run `make manifests`", file.display());
}

fn file(folder: &Path, crd: &str) -> (PathBuf, String) {
    let crd: Value = serde_json::from_str(crd).expect("a CRD is JSON");
    let name = crd["metadata"]["name"].as_str().expect("a CRD has a name");
    let yaml = serde_yaml_ng::to_string(&crd).expect("JSON can be written as YAML");
    (folder.join(format!("{name}.yaml")), format!("# Generated from the Rust type: `make manifests`.\n{yaml}"))
}
